{{ config(materialized='view') }}  -- keys decoded to words where somebody reads them; the rows lie in the intermediate layer
-- cross_section_change = real_change + membership_change, on the scale of the KPI.
select
    cells.cut,
    cells.industry,
    cells.sector,
    cells.country,
    cells.size_band,
    cells.value_chain_stage,
    cells.project_kind,
    cells.vendor,
    cells.vendor_class,
    cells.kpi_code,
    cells.kpi_version,
    cells.period,
    earlier.period as earlier_period,
    matched.contributors,
    matched.established,
    cells.contributors as cell_contributors,
    earlier.contributors as earlier_cell_contributors,
    earlier.p50 as earlier_p50,
    cells.p50,
    {{ working_scale('cells.p50', 'kpis') }} - {{ working_scale('earlier.p50', 'kpis') }} as cross_section_change,
    matched.real_change,
    {{ working_scale('cells.p50', 'kpis') }} - {{ working_scale('earlier.p50', 'kpis') }} - matched.real_change as membership_change,
    matched.tie_share,
    matched.zero_share,
    matched.period_key,
    matched.kpi_key,
    matched.unit_part_key,
    matched.slice_part_key
from {{ ref('int_matched_cells') }} as matched
inner join {{ ref('cell_evidence') }} as cells
    on
        cells.period_key = matched.period_key
        and cells.kpi_key = matched.kpi_key
        and cells.unit_part_key = matched.unit_part_key
        and cells.slice_part_key = matched.slice_part_key
inner join {{ ref('cell_evidence') }} as earlier
    on
        earlier.period_key = matched.period_key - 10
        and earlier.kpi_key = matched.kpi_key
        and earlier.unit_part_key = matched.unit_part_key
        and earlier.slice_part_key = matched.slice_part_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = matched.kpi_key
