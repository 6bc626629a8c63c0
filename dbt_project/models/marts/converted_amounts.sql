{{ config(materialized='view') }}
select
    submissions.submission_id,
    observations.submission_row,
    kpis.kpi_code,
    conversions.currency,
    observations.numerator as amount_eur,
    conversions.rate_id,
    conversions.deflator_id
from {{ ref('int_observations') }} as observations
inner join {{ ref('int_conversions') }} as conversions on conversions.conversion_key = observations.conversion_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = observations.kpi_key
inner join {{ ref('stg_submissions') }} as submissions on submissions.submission_seq = observations.submission_seq
where observations.conversion_key > 0 and observations.excluded_because is null
