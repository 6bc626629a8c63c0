{{ config(materialized='table') }}
-- Rows that a later submission replaced, of those received by the night's date. A small table, so that whoever reads the newest
-- rows reads the lake once: of a part of a query no database knows that it is small.
with received as (
    select * from {{ source('raw', 'kpi_values') }}
    where received_on <= (select as_of from {{ ref('stg_night') }})
),

sent_again as (  -- only where a participant sent one span in two files can a row have two versions
    select
        participant_id,
        period_start,
        period_end
    from received
    group by participant_id, period_start, period_end
    having min(submission_seq) <> max(submission_seq)
),

ranked as (
    select
        received.submission_seq,
        received.submission_row,
        row_number() over (
            partition by
                received.participant_id, received.kpi_code, received.period_start, received.period_end, received.value_chain_stage,
                received.project_ref, received.vendor
            order by received.submission_seq desc
        ) as version_rank
    from received
    inner join sent_again
        on
            sent_again.participant_id = received.participant_id
            and sent_again.period_start = received.period_start
            and sent_again.period_end = received.period_end
)

select
    submission_seq,
    submission_row
from ranked
where version_rank > 1
