{#
    The first version of each row of a frozen feed, among what was received by the night's as-of date (INTERFACE: the
    first of a key stands, later ones are kept as re-baselines).
    relation: a source; keys: its key columns; value: the column whose changes are counted. Rows keep all their columns
    and get `latest_value` and `rebaselines`, the number of later versions that changed `value`: sending the same value
    again promises nothing new.
#}
{% macro first_version(relation, keys, value) %}
    select * from (
        select
            changes.*,
            sum(is_change) over (partition by participant_id{% for key in keys %}, {{ key }}{% endfor %}) as rebaselines
        from (
            select
                received.*,
                row_number() over by_receipt as version_rank,
                first_value({{ value }}) over by_receipt_backwards as latest_value,
                case when {{ value }} <> lag({{ value }}) over by_receipt then 1 else 0 end as is_change
            from {{ relation }} as received
            where received_on <= (select as_of from {{ ref('stg_night') }})
            window
                by_receipt as (partition by participant_id{% for key in keys %}, {{ key }}{% endfor %} order by submission_seq),
                by_receipt_backwards as (partition by participant_id{% for key in keys %}, {{ key }}{% endfor %} order by submission_seq desc)
        ) as changes
    ) as versions
    where version_rank = 1
{% endmacro %}
