{# The column holds every one of `values` once, and nothing else. #}
{% test exactly_these(model, column_name, values) %}
    with wanted as (
        {% for value in values -%}
        select '{{ value }}' as wanted_value{{ ' union all' if not loop.last }}
        {% endfor -%}
    ),

    found as (
        select
            {{ column_name }} as found_value,
            count(*) as times
        from {{ model }}
        group by {{ column_name }}
    )

    select
        wanted.wanted_value,
        found.found_value,
        found.times
    from wanted
    full outer join found on found.found_value = wanted.wanted_value
    where wanted.wanted_value is null or found.found_value is null or found.times <> 1
{% endtest %}
