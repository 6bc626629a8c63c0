{{ config(materialized='view') }}  -- keys decoded to words where somebody reads them; the rows lie in the intermediate layer
select
    peers.cut,
    peers.industry,
    peers.sector,
    peers.country,
    peers.size_band,
    peers.value_chain_stage,
    peers.project_kind,
    peers.vendor,
    peers.vendor_class,
    kpis.kpi_code,
    kpis.kpi_version,
    periods.period,
    cells.contributors,
    cells.established,
    cells.new_joiners,
    cells.p10,
    cells.p25,
    cells.p50,
    cells.p75,
    cells.p90,
    cells.top1_share,
    cells.tie_share,
    cells.zero_share,
    cells.attributed_share,
    cells.grade_a_share,
    cells.grade_b_share,
    cells.grade_c_share,
    cells.period_key,
    cells.kpi_key,
    cells.unit_part_key,
    cells.slice_part_key
from {{ ref('int_cells') }} as cells
inner join {{ ref('int_peer_groups') }} as peers
    on peers.unit_part_key = cells.unit_part_key and peers.slice_part_key = cells.slice_part_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = cells.kpi_key
inner join {{ ref('int_periods') }} as periods on periods.period_key = cells.period_key
