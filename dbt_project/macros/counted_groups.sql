{# Holding groups that may stand in a benchmark, and the day their first participant joined: what "established" is judged by. #}
{% macro counted_groups() %}
    select
        group_key,
        min(joined_on) as joined_on
    from {{ ref('int_units') }}
    where is_counted
    group by group_key
{% endmacro %}
