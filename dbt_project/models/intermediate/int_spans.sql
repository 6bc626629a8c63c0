-- One row per distinct span of days that rows were measured over; few, however many rows there are.
with spans as (
    select distinct
        period_start,
        period_end
    from {{ ref('int_spans__sent') }}
),

months as (
    select
        spans.period_start,
        spans.period_end,
        min(calendar.month_no) as first_month_no,
        max(calendar.month_no) as last_month_no,
        min(calendar.first_day) as first_month_starts,
        max(calendar.last_day) as last_month_ends
    from spans
    inner join {{ ref('int_calendar__months') }} as calendar
        on calendar.first_day <= spans.period_end and calendar.last_day >= spans.period_start
    group by spans.period_start, spans.period_end
)

select
    cast(row_number() over (order by period_start, period_end) as integer) as span_key,
    period_start,
    period_end,
    {{ dbt.datediff('period_start', 'period_end', 'day') }} + 1 as span_days,
    first_month_no,
    last_month_no,
    first_month_starts = period_start and last_month_ends = period_end as is_whole_months
from months
