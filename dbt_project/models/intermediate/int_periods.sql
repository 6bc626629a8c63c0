-- period_key: year * 10 + quarter, the quarter being 0 for the whole year.
with years as (
    select
        calendar_year * 10 as period_key,
        cast(calendar_year as varchar(4)) as period,
        'year' as period_kind,
        min(month_no) as first_month_no,
        min(first_day) as first_day,
        max(last_day) as last_day
    from {{ ref('int_calendar__months') }}
    group by calendar_year
),

quarters as (
    select
        calendar_year * 10 + calendar_quarter as period_key,
        concat(cast(calendar_year as varchar(4)), '-Q', cast(calendar_quarter as varchar(1))) as period,
        'quarter' as period_kind,
        min(month_no) as first_month_no,
        min(first_day) as first_day,
        max(last_day) as last_day
    from {{ ref('int_calendar__months') }}
    group by calendar_year, calendar_quarter
),

both_kinds as (
    select * from years
    union all
    select * from quarters
)

select
    period_key,
    period,
    period_kind,
    first_month_no,
    first_day,
    last_day,
    {{ dbt.datediff('first_day', 'last_day', 'day') }} + 1 as period_days
from both_kinds
