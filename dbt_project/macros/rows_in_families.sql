{#
    For int_slices__summed: rows that count (`relation`, which calls them `counted`) in every family of cuts that fulfils
    `condition`. vendor, vendor_class, coarseness, attributed: SQL of these columns.
#}
{% macro rows_in_families(relation, condition, vendor, vendor_class, coarseness, attributed) %}
    select
        counted.period_key,
        counted.kpi_key,
        counted.unit_key,
        counted.group_key,
        counted.stage_key,
        case when families.uses_project_kind then counted.project_kind_key else 0 end as project_kind_key,
        {{ vendor }} as vendor_key,
        {{ vendor_class }} as vendor_class_key,
        counted.broken_span_key as span_key,
        case when counted.project_key > 0 and not families.uses_project_kind then 2 else 0 end + {{ coarseness }} as coarseness,
        counted.numerator,
        counted.denominator,
        {{ attributed }} as attributed_rows,
        counted.grade_key,
        counted.month_mask
    from {{ relation }}
    inner join families on {{ condition }} and (counted.project_kind_key > 0 or not families.uses_project_kind)
{% endmacro %}
