{{ config(materialized='view') }}
select
    'submission' as kind,
    cast(submissions.submission_seq as bigint) as part_key,
    night.intake_version as fingerprint
from {{ ref('stg_submissions') }} as submissions
cross join {{ ref('stg_night') }} as night
where submissions.feed = 'kpi_values'
