-- One row per distinct span of days that rows were measured over; few, however many rows there are.
-- Keys follow the order of receipt, so that a new span moves no other's.
with spans as (
    select
        period_start,
        period_end,
        min(submission_seq) as first_seq
    from {{ ref('int_sent__spans') }}
    group by period_start, period_end
),

months as (
    select
        spans.period_start,
        spans.period_end,
        spans.first_seq,
        min(calendar.month_no) as first_month_no,
        max(calendar.month_no) as last_month_no,
        min(calendar.first_day) as first_month_starts,
        max(calendar.last_day) as last_month_ends
    from spans
    inner join {{ ref('int_calendar__months') }} as calendar
        on calendar.first_day <= spans.period_end and calendar.last_day >= spans.period_start
    group by spans.period_start, spans.period_end, spans.first_seq
)

select
    cast(row_number() over (order by first_seq, period_start, period_end) as integer) as span_key,
    period_start,
    period_end,
    {{ dbt.datediff('period_start', 'period_end', 'day') }} + 1 as span_days,
    first_month_no,
    last_month_no,
    first_month_starts = period_start and last_month_ends = period_end as is_whole_months
from months
