{{ config(materialized='table') }}
-- Rows of figures that a later submission replaced, with the day on which it was received. A small table, so that whoever reads
-- the newest rows reads the lake once: of a part of a query no database knows that it is small.
with sent_again as (  -- only where a participant sent one span in two files can a row have two versions
    select
        participant_id,
        period_start,
        period_end
    from {{ source('raw', 'kpi_values') }}
    group by participant_id, period_start, period_end
    having min(submission_seq) <> max(submission_seq)
),

versions as (
    select
        sent.submission_seq,
        sent.submission_row,
        lead(sent.received_on) over (
            partition by
                sent.participant_id, sent.kpi_code, sent.period_start, sent.period_end, sent.value_chain_stage, sent.project_ref,
                sent.vendor
            order by sent.submission_seq
        ) as replaced_on
    from {{ source('raw', 'kpi_values') }} as sent
    inner join sent_again
        on
            sent_again.participant_id = sent.participant_id
            and sent_again.period_start = sent.period_start
            and sent_again.period_end = sent.period_end
)

select
    submission_seq,
    submission_row,
    replaced_on
from versions
where replaced_on is not null
