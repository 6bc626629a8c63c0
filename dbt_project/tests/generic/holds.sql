{# The condition is true of every row; a condition that is unknown (NULL) does not hold. #}
{% test holds(model, condition) %}
    select *
    from {{ model }}
    where not coalesce({{ condition }}, false)
{% endtest %}
