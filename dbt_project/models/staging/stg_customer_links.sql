-- Ids are hashed as they are spelled alike, so that one file may name a customer twice: its last row of the newest file holds.
with received as (
    select
        links.*,
        row_number() over (
            partition by links.participant_id, links.customer, links.period_start, links.period_end
            order by links.submission_seq desc, links.submission_row desc
        ) as version_rank
    from {{ source('raw', 'customer_links') }} as links
    where links.received_on <= (select as_of from {{ ref('stg_night') }})
)

select
    participant_id,
    submission_seq,
    customer,
    period_start,
    period_end,
    revenue_share,
    consumer_goal_attainment,
    consumer_delight
from received
where version_rank = 1
