select
    cast(row_number() over (order by valid_from, code, version) as integer) as kpi_key,
    code as kpi_code,
    version as kpi_version,
    valid_from,
    coalesce(valid_to, cast('2999-12-31' as date)) as valid_to,
    unit,
    direction,
    cast(multiplier as double) as multiplier,
    cast(min as double) as hard_low,
    cast(max as double) as hard_high,
    scale,
    cast(typical_low as double) as typical_low,
    cast(typical_high as double) as typical_high,
    frequency in ('quarter', 'month') as is_quarterly,
    aggregation,
    coverage_exempt as is_coverage_exempt,
    coalesce(min_base, 0) as min_base,
    unit = 'cur' as is_money,
    price_basis,
    controllability in ('vendor', 'shared') as is_attributable
from {{ ref('kpi_catalogue') }}
where not computed
