{{ config(materialized='view') }}
-- Countable rows in the periods they belong to: every KPI by year, quarterly KPIs by quarter too (METHOD 3.3).
select
    spans.period_key,
    observations.kpi_key,
    observations.unit_key,
    observations.group_key,
    observations.stage_key,
    observations.project_key,
    observations.project_kind_key,
    observations.vendor_key,
    observations.spelling_key,
    observations.months_since_go_live,
    observations.span_key,
    observations.numerator,
    observations.denominator,
    {{ grade_key('submissions.grade') }} as grade_key,
    observations.submission_seq,
    observations.submission_row,
    spans.span_days,
    spans.is_masked,
    spans.month_mask
from {{ ref('int_observations') }} as observations
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = observations.kpi_key
inner join {{ ref('int_spans__assigned') }} as spans
    on spans.span_key = observations.span_key and (spans.period_kind = 'year' or kpis.is_quarterly)
inner join {{ ref('int_submissions__graded') }} as submissions on submissions.submission_seq = observations.submission_seq
where observations.excluded_because is null
