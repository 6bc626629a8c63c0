{{ config(materialized='view') }}
-- One company, one vote: exactly one value per holding group and cell. Keys only; the mart decodes them.
-- The value of a group of one unit is spread over its cells where somebody reads it.
with votes as {{ inlined() }} (
    {{ votes() }}
)

{{ in_each_cell('votes', ['voter_key', 'value', 'volume', 'row_count', 'attributed_rows', 'grade_key']) }}
