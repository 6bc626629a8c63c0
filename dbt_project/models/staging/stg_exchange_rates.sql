select
    currency,
    rate_on,
    rate,
    source
from {{ source('raw', 'exchange_rates') }}
