{# The column is the names of the dimensions whose `uses_<dimension>` is true, in the order given, joined by ' x ', or `all`. #}
{% test names_its_dimensions(model, column_name, dimensions) %}
    with named as (
        select
            {{ column_name }} as found_name,
            substr(
                {% for dimension in dimensions -%}
                case when uses_{{ dimension }} then ' x {{ dimension }}' else '' end{{ ' ||' if not loop.last }}
                {% endfor -%}
                , 4) as used_dimensions
        from {{ model }}
    )

    select *
    from named
    where found_name <> case when used_dimensions = '' then 'all' else used_dimensions end
        or found_name is null
{% endtest %}
