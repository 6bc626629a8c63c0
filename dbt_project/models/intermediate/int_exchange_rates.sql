-- The two rates of a currency over a span of days (METHOD 3.2), in units of the currency for one euro:
-- average: the mean of the reference rates published on the span's days, which must reach from near its first day to near
-- its last; closing: the last rate published on or before the span's last day. Near means days_without_rate, for the bank
-- publishes none on weekends and holidays. Sums are of exact decimals, so no order of rows changes a rate.
{% set near = var('days_without_rate') %}

with spans as (
    select
        asked.currency,
        asked.span_key,
        spans.period_start,
        spans.period_end
    from {{ ref('int_currency_spans') }} as asked
    inner join {{ ref('int_spans') }} as spans on spans.span_key = asked.span_key
    where asked.currency <> 'EUR'
),

published as (
    select
        spans.currency,
        spans.span_key,
        rates.rate_on,
        rates.rate,
        rates.source,
        rates.rate_on >= spans.period_start as is_inside,
        row_number() over (partition by spans.currency, spans.span_key order by rates.rate_on desc) as age_rank
    from spans
    inner join {{ ref('stg_exchange_rates') }} as rates
        on
            rates.currency = spans.currency
            and rates.rate_on <= spans.period_end
            and rates.rate_on >= least(
                spans.period_start, cast({{ dbt.dateadd('day', -near, 'spans.period_end') }} as date)
            )
),

averages as (
    select
        currency,
        span_key,
        cast(count(*) as integer) as rate_days,
        min(rate_on) as first_rate_on,
        max(rate_on) as last_rate_on,
        {{ cast_or_fail('cast(sum(rate) as double) / count(*)', 'decimal(28, 8)') }} as average_rate
    from published
    where is_inside
    group by currency, span_key
),

closing as (
    select
        currency,
        span_key,
        rate_on,
        rate,
        source
    from published
    where age_rank = 1
)

select
    spans.currency,
    spans.span_key,
    case
        when
            {{ dbt.datediff('spans.period_start', 'averages.first_rate_on', 'day') }} <= {{ near }}
            and {{ dbt.datediff('averages.last_rate_on', 'spans.period_end', 'day') }} <= {{ near }}
            then averages.average_rate
    end as average_rate,
    coalesce(averages.rate_days, 0) as rate_days,
    case
        when {{ dbt.datediff('closing.rate_on', 'spans.period_end', 'day') }} <= {{ near }}
            then {{ cast_or_fail('closing.rate', 'decimal(28, 8)') }}
    end as closing_rate,
    closing.rate_on as closing_on,
    closing.source
from spans
left join averages on averages.currency = spans.currency and averages.span_key = spans.span_key
left join closing on closing.currency = spans.currency and closing.span_key = spans.span_key
