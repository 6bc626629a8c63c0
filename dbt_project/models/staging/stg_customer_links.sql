select
    participant_id,
    submission_seq,
    customer,
    period_start,
    period_end,
    revenue_share,
    consumer_goal_attainment,
    consumer_delight
from (
    {{ newest_version(
        source('raw', 'customer_links'),
        ['customer', 'period_start', 'period_end'],
        newest_first='submission_seq desc, submission_row desc'
    ) }}
) as newest
