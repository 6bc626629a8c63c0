{#
    The newest version of each row of a feed, among what was received by the night's as-of date (INTERFACE: a later
    file with the same key supersedes the row).
    relation: a source; keys: its key columns. Rows keep all their columns.
#}
{% macro newest_version(relation, keys) %}
    select * from (
        select
            received.*,
            row_number() over (
                partition by participant_id{% for key in keys %}, {{ key }}{% endfor %}
                order by submission_seq desc
            ) as version_rank
        from {{ relation }} as received
        where received_on <= (select as_of from {{ ref('stg_night') }})
    ) as versions
    where version_rank = 1
{% endmacro %}
