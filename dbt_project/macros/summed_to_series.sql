{# Rows of placed observations summed to their series; spans that are no whole months stay apart by span_key. #}
{% macro summed_to_series(relation, series) %}
    select
        {{ series | join(', ') }},
        group_key,
        project_kind_key,
        case when is_masked then 0 else span_key end as span_key,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(*) as row_count,
        max(grade) as grade,
        bit_or(month_mask) as month_mask,
        sum(bit_count(month_mask)) as masked_months
    from {{ relation }}
    group by {{ series | join(', ') }}, group_key, project_kind_key, case when is_masked then 0 else span_key end
{% endmacro %}
