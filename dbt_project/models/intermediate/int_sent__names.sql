{{ made_by_part('submission', 'int_fingerprints__received', part='submission_seq', at_once=true) }}
-- What projects and vendors the figures of each submission name; looked up once, when it is new.
select distinct
    submission_seq,
    participant_id,
    'project' as kind,
    project_ref as name
from {{ source('raw', 'kpi_values') }}
where project_ref is not null and received_on <= (select as_of from {{ ref('stg_night') }}) and {{ changed('submission_seq') }}
union all
select distinct
    submission_seq,
    participant_id,
    'vendor' as kind,
    vendor as name
from {{ source('raw', 'kpi_values') }}
where vendor is not null and received_on <= (select as_of from {{ ref('stg_night') }}) and {{ changed('submission_seq') }}
