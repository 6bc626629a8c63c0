{{ config(materialized='view') }}  -- keys decoded to words where somebody reads them; the rows lie in the intermediate layer
select
    groups.holding_group_id,
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
    company.value,
    cast(company.row_count as bigint) as rows,
    {{ grade_of('company.grade_key') }} as grade,
    company.period_key,
    company.kpi_key,
    company.unit_part_key,
    company.slice_part_key
from {{ ref('int_company_values') }} as company
inner join (select distinct group_key, holding_group_id from {{ ref('int_units') }}) as groups on groups.group_key = company.voter_key
inner join {{ ref('int_peer_groups') }} as peers
    on peers.unit_part_key = company.unit_part_key and peers.slice_part_key = company.slice_part_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = company.kpi_key
inner join {{ ref('int_periods') }} as periods on periods.period_key = company.period_key
