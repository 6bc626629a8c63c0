-- How money sent in a currency over a span of days becomes EUR (METHOD 3.2): amount / rate x deflator.
-- A flow takes the average rate of its span and, where none was published on its days, the closing one; a stock takes the
-- closing rate. Constant prices are those of the base year; the year of a flow is the one its span belongs to, that of a
-- stock the year of its last day.
with price_bases as (
    select
        price_basis,
        row_number() over (order by price_basis) as price_basis_no,
        price_basis like 'stock%' as is_stock,
        price_basis like '%_constant' as is_constant
    from (select distinct price_basis from {{ ref('int_kpis') }} where is_money) as declared
),

rated as (
    select
        asked.currency,
        asked.span_key,
        asked.currency_span_key * 10 + price_bases.price_basis_no as conversion_key,
        price_bases.price_basis,
        price_bases.is_constant,
        rates.rate_days,
        rates.closing_on,
        rates.source,
        spans.period_start,
        spans.period_end,
        not price_bases.is_stock and (asked.currency = 'EUR' or rates.rate_days > 0) as is_average,
        case
            when asked.currency = 'EUR' then 1
            when not price_bases.is_stock and rates.rate_days > 0 then rates.average_rate
            else rates.closing_rate
        end as rate,
        case
            when price_bases.is_stock then cast(extract(year from spans.period_end) as integer)
            else cast(floor(years.period_key / 10) as integer)
        end as price_year
    from {{ ref('int_currency_spans') }} as asked
    cross join price_bases
    inner join {{ ref('int_spans') }} as spans on spans.span_key = asked.span_key
    inner join {{ ref('int_spans__assigned') }} as years on years.span_key = asked.span_key and years.period_kind = 'year'
    left join {{ ref('int_exchange_rates') }} as rates on rates.currency = asked.currency and rates.span_key = asked.span_key
)

select
    cast(rated.conversion_key as integer) as conversion_key,
    rated.currency,
    rated.span_key,
    rated.price_basis,
    case
        when rated.rate is null then null
        when rated.currency = 'EUR' then 'EUR'
        when rated.is_average
            then concat('ECB ', rated.currency, ' average ', cast(rated.period_start as varchar(10)), ' to ', cast(rated.period_end as varchar(10)))
        else concat('ECB ', rated.currency, ' closing ', cast(rated.closing_on as varchar(10)))
    end as rate_id,
    {{ cast_or_fail('rated.rate', 'decimal(28, 8)') }} as rate,
    case when rated.currency = 'EUR' or rated.rate is null then 0 when rated.is_average then rated.rate_days else 1 end as rate_days,
    case when rated.rate is not null then rated.source end as rate_source,
    case when rated.is_constant then deflators.deflator_id else 'current prices' end as deflator_id,
    case when rated.is_constant then deflators.deflator else cast(1 as decimal(18, 10)) end as deflator,
    case
        when rated.rate is null then 'no reference rate for its days'
        when rated.is_constant and deflators.deflator is null then 'no price index for its year'
    end as missing
from rated
left join {{ ref('int_deflators') }} as deflators on deflators.year = rated.price_year
