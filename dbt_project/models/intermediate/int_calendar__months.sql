with numbers as ({{ numbers(4) }}),

months as (
    select
        cast(n as integer) as month_no,
        cast({{ dbt.dateadd('month', 'cast(n as integer)', "cast('1900-01-01' as date)") }} as date) as first_day
    from numbers
    where n < 2412  -- through 2100, the last year the intake accepts
)

select
    month_no,
    first_day,
    cast({{ dbt.dateadd('day', -1, 'cast(' ~ dbt.dateadd('month', 1, 'first_day') ~ ' as date)') }} as date) as last_day,
    cast(extract(year from first_day) as integer) as calendar_year,
    cast(floor((extract(month from first_day) + 2) / 3) as integer) as calendar_quarter
from months
