{{ made_by_part('change', 'int_fingerprints__compared') }}
-- Cells that held enough groups in both periods for their changes to be worth matching.
select
    latest.period_key,
    latest.kpi_key,
    latest.unit_part_key,
    latest.slice_part_key
from {{ ref('int_cells') }} as latest
inner join {{ ref('int_cells') }} as earlier
    on
        earlier.period_key = latest.period_key - 10
        and earlier.kpi_key = latest.kpi_key
        and earlier.unit_part_key = latest.unit_part_key
        and earlier.slice_part_key = latest.slice_part_key
where
    latest.contributors >= {{ var('smallest_panel') }}
    and earlier.contributors >= {{ var('smallest_panel') }}
    and {{ changed('latest.period_key') }}
    and {{ changed('earlier.period_key + 10') }}
