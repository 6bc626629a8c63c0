-- The periods a span belongs to (METHOD 3.3): the calendar year that holds most of its days and, for spans of at most
-- 100 days, the quarter that holds most of its days; ties go to the earlier.
-- month_mask: bit i stands for the i-th month counted from 12 months before the period; only where the span consists of
-- whole months that fit, else is_masked is false and coverage is counted day by day.
with touched as (
    select
        spans.span_key,
        periods.period_key,
        periods.period_kind,
        periods.first_day,
        periods.first_month_no,
        {{ dbt.datediff('greatest(spans.period_start, periods.first_day)', 'least(spans.period_end, periods.last_day)', 'day') }}         + 1 as days_inside
    from {{ ref('int_spans') }} as spans
    inner join {{ ref('int_periods') }} as periods
        on periods.first_day <= spans.period_end and periods.last_day >= spans.period_start
    where periods.period_kind = 'year' or spans.span_days <= 100
),

ranked as (
    select
        touched.*,
        row_number() over (partition by span_key, period_kind order by days_inside desc, first_day) as choice
    from touched
),

chosen as (
    select
        ranked.period_key,
        ranked.period_kind,
        ranked.first_month_no - 12 as mask_starts_at,
        spans.*
    from ranked
    inner join {{ ref('int_spans') }} as spans on spans.span_key = ranked.span_key
    where ranked.choice = 1
),

masks as (
    select
        chosen.span_key,
        chosen.period_key,
        sum(cast(power(2, calendar.month_no - chosen.mask_starts_at) as bigint)) as month_mask
    from chosen
    inner join {{ ref('int_calendar__months') }} as calendar
        on calendar.month_no between chosen.first_month_no and chosen.last_month_no
    where
        chosen.is_whole_months
        and chosen.first_month_no >= chosen.mask_starts_at
        and chosen.last_month_no - chosen.mask_starts_at <= 47
    group by chosen.span_key, chosen.period_key
)

select
    chosen.span_key,
    chosen.period_key,
    chosen.period_kind,
    coalesce(
        max(case when chosen.period_kind = 'quarter' then chosen.period_key end) over (partition by chosen.span_key), chosen.period_key
    ) as home_key,
    chosen.period_start,
    chosen.period_end,
    chosen.span_days,
    masks.month_mask is not null as is_masked,
    cast(coalesce(masks.month_mask, 0) as bigint) as month_mask
from chosen
left join masks on masks.span_key = chosen.span_key and masks.period_key = chosen.period_key
