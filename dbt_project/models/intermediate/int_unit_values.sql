-- The value of every counted unit that is the whole of its holding group, per KPI, period and slice part. It is the same
-- in every cut that asks the same of a row, so it is computed once.
{% set sums %}
    select sums.*
    from {{ ref('int_unit_sums') }} as sums
    inner join {{ ref('int_units') }} as units on units.unit_key = sums.unit_key
    where units.is_counted and units.is_whole_group
{% endset %}
{{ covered_values(sums, 'select * from ' ~ ref('int_unit_spans'), ['period_key', 'kpi_key', 'slice_part_key', 'unit_key']) }}
