{{ made_by_part('period', 'int_fingerprints__counted') }}
-- One row per unit, KPI, period and slice part: a unit's rows summed over what the slice does not ask for, and the value they
-- give; NULL where they do not last long enough. The value is the same in every cut that asks the same of a row, so it is
-- computed once.
{% set sums %}
    select
        slices.period_key,
        slices.kpi_key,
        slices.unit_key,
        {{ asked_slice_part('slices') }} as slice_part_key,
        sum(slices.numerator) as numerator,
        sum(slices.denominator) as denominator,
        cast(sum(slices.row_count) as integer) as row_count,
        cast(sum(slices.attributed_rows) as integer) as attributed_rows,
        max(slices.grade_key) as grade_key,
        bit_or(slices.month_mask) as month_mask,
        max(slices.span_key) > 0 as has_broken_months
    from {{ ref('int_slices__summed') }} as slices
    {{ slice_grains('slices') }}
    where {{ changed('slices.period_key') }}
    group by slices.period_key, slices.kpi_key, slices.unit_key, {{ asked_slice_part('slices') }}
{% endset %}
{% set spans %}
    select *
    from {{ ref('int_unit_spans') }}
    where {{ changed('period_key') }}
{% endset %}
{{ with_values(sums, spans, ['period_key', 'kpi_key', 'slice_part_key', 'unit_key']) }}
