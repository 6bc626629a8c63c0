{# Of the rows with the same `by`, no two hold on one day. first_day, last_day: columns, both inclusive and never NULL. #}
{% test no_overlap(model, by, first_day, last_day) %}
    with in_order as (
        select
            {{ by }},
            {{ first_day }} as starts_on,
            {{ last_day }} as ends_on,
            lag({{ last_day }}) over (partition by {{ by }} order by {{ first_day }}, {{ last_day }}) as previous_ends_on
        from {{ model }}
    )

    select *
    from in_order
    where previous_ends_on >= starts_on
{% endtest %}
