-- What one euro of a year is worth at the prices of the base year (METHOD 3.2): index of the base year / index of the year.
-- A year that has no index yet takes that of the last year that has one, for at most years_without_index years; the id says so.
with bounds as (
    select
        min(year) as first_year,
        max(year) as last_year,
        max(case when is_base then year end) as base_year,
        max(case when is_base then price_index end) as base_index
    from {{ ref('price_index') }}
),

years as (
    select distinct calendar_year as year
    from {{ ref('int_calendar__months') }}
)

select
    years.year,
    concat(
        indexes.series, ' ', cast(indexes.year as varchar(4)), ' to ', cast(bounds.base_year as varchar(4)),
        case when years.year > bounds.last_year then concat(', for ', cast(years.year as varchar(4))) else '' end
    ) as deflator_id,
    {{ cast_or_fail('cast(bounds.base_index as double) / cast(indexes.price_index as double)', 'decimal(18, 10)') }} as deflator
from years
cross join bounds
inner join {{ ref('price_index') }} as indexes on indexes.year = least(years.year, bounds.last_year)
where years.year between bounds.first_year and bounds.last_year + {{ var('years_without_index') }}
