{{ made_by_part('submission', 'int_fingerprints__received', part='submission_seq', at_once=true) }}
-- What spans and currencies each submission sent; looked up once, when it is new.
select distinct
    submission_seq,
    participant_id,
    period_start,
    period_end,
    currency
from {{ source('raw', 'kpi_values') }}
where received_on <= (select as_of from {{ ref('stg_night') }}) and {{ changed('submission_seq') }}
