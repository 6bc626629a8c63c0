{# Every value lies in [min_value, max_value]; a missing value is no violation, NaN is one. #}
{% test between(model, column_name, min_value, max_value) %}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} is not null
        and not coalesce({{ column_name }} between {{ min_value }} and {{ max_value }}, false)
{% endtest %}
