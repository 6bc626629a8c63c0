{{ made_by_part('period', 'int_fingerprints__counted') }}
-- The value of every unit that is the whole of its holding group, or of its participant, per KPI, period and slice part. It
-- is the same in every cut that asks the same of a row, so it is computed once.
{% set sums %}
    select sums.*
    from {{ ref('int_unit_sums') }} as sums
    inner join {{ ref('int_units') }} as units on units.unit_key = sums.unit_key
    where (units.is_whole_group or units.is_whole_participant) and {{ changed('sums.period_key') }}
{% endset %}
{% set spans %}
    select *
    from {{ ref('int_unit_spans') }}
    where {{ changed('period_key') }}
{% endset %}
{{ covered_values(sums, spans, ['period_key', 'kpi_key', 'slice_part_key', 'unit_key']) }}
