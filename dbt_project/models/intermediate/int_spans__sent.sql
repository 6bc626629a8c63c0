-- The one look at all rows that spans and currencies need; few combinations come of it, however many rows there are.
select distinct
    period_start,
    period_end,
    currency
from {{ ref('stg_kpi_values') }}
