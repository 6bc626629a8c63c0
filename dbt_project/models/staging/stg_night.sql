select
    as_of,
    data_until
from {{ source('raw', 'night') }}
