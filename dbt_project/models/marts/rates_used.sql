with used as (
    select
        conversion_key,
        count(*) as rows
    from {{ ref('int_observations') }}
    where conversion_key > 0 and excluded_because is null
    group by conversion_key
)

select
    conversions.rate_id,
    conversions.deflator_id,
    conversions.currency,
    spans.period_start,
    spans.period_end,
    conversions.price_basis,
    conversions.rate,
    conversions.rate_days,
    conversions.rate_source,
    conversions.deflator,
    used.rows
from used
inner join {{ ref('int_conversions') }} as conversions on conversions.conversion_key = used.conversion_key
inner join {{ ref('int_spans') }} as spans on spans.span_key = conversions.span_key
