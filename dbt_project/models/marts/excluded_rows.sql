{{ config(materialized='view') }}
select
    submissions.submission_id,
    observations.submission_row,
    kpis.kpi_code,
    observations.excluded_because
from {{ ref('int_observations') }} as observations
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = observations.kpi_key
inner join {{ ref('stg_submissions') }} as submissions on submissions.submission_seq = observations.submission_seq
where observations.excluded_because is not null
