{#
    The model has as many rows as `relation` (those of it that fulfil `relation_condition`), or exactly `rows`.
    `condition` narrows the model itself. Cheap, and it shows a join that lost or doubled rows.
#}
{% test row_count_equals(model, relation=none, rows=none, condition='true', relation_condition='true') %}
    with counted as (
        select count(*) as found_rows
        from {{ model }}
        where {{ condition }}
    ),

    wanted as (
        {% if relation is none %}
        select {{ rows }} as wanted_rows
        {% else %}
        select count(*) as wanted_rows
        from {{ relation }}
        where {{ relation_condition }}
        {% endif %}
    )

    select
        counted.found_rows,
        wanted.wanted_rows
    from counted
    cross join wanted
    where counted.found_rows <> wanted.wanted_rows
{% endtest %}
