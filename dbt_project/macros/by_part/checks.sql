{#
    In a build, data tests look at the parts of a table that were made since they last passed: dbt asks this macro what a test
    is to read. A night whose checks failed or warned leaves its parts unchecked, so that the next one looks at them again.
    `dbt test` alone looks at everything, and so do tests that rows are unique: a row of one part may repeat one of another.
#}
{% macro get_where_subquery(relation) -%}
    {%- set where, part = config.get('where', ''), part_column(relation) -%}
    {%- set conditions = [where] if where else [] -%}
    {%- if part and flags.WHICH == 'build' and not model.test_metadata.name.startswith('unique') -%}
        {%- do conditions.append(part ~ ' in (' ~ adapter.dispatch('unchecked_parts', 'evenhand')(relation) ~ ')') -%}
    {%- endif -%}
    {%- if conditions -%}
        {%- do return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as dbt_subquery') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro %}

{# The keys of the parts of a table that were made since its tests last passed. #}
{% macro duckdb__unchecked_parts(relation) -%}
    select part_key from {{ relation.incorporate(path={'identifier': relation.identifier ~ '__made'}) }} where not is_checked
{%- endmacro %}

{# The column that holds the parts' keys, where the relation is that of a model of materialization by_part. #}
{% macro part_column(relation) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.relation_name == relation | string and node.config.materialized == 'by_part' -%}
                {%- do return(node.config.part) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# At the end of a build in which nothing failed or warned: the parts it made are checked, where all tests of their table ran. #}
{% macro parts_are_checked(results) -%}
    {%- if execute and flags.WHICH == 'build' and not results | rejectattr('status', 'in', ['success', 'pass']) | list -%}
        {%- set ran, skipped, tables = results | map(attribute='node.unique_id') | list, [], [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.unique_id not in ran -%}
            {%- do skipped.append(node.attached_node) -%}
        {%- endfor -%}
        {%- for result in results if result.node.resource_type == 'model' and result.node.config.materialized == 'by_part' and result.node.unique_id not in skipped -%}
            {%- do tables.append(result.node.schema ~ '.' ~ result.node.alias) -%}
        {%- endfor -%}
        {%- if tables -%}{{ adapter.dispatch('mark_as_checked')(tables) }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__mark_as_checked(tables) -%}
    {%- for table in tables %}
        update {{ table }}__made set is_checked = true where not is_checked;
    {%- endfor -%}
{%- endmacro %}
