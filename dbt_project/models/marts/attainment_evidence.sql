with groups as (
    {{ counted_groups() }}
),

cells as (
    select
        votes.cell_key,
        votes.period_key,
        votes.kpi_key,
        votes.go_live_band_key,
        votes.attainment_cut_key,
        votes.project_kind,
        votes.vendor_key,
        votes.promised_by,
        cast(count(*) as integer) as contributors,
        cast(sum(case when groups.joined_on < periods.first_day then 1 else 0 end) as integer) as established,
        {{ exact_quantiles('votes.value') }} as quantiles,
        cast(sum(case when votes.value = 0 then 1.0 else 0.0 end) / count(*) as double) as zero_share,
        cast(sum(cast(votes.rebaselined_share as decimal(18, 12))) as double) / count(*) as rebaselined_share  -- exact: sums of doubles depend on their order
    from {{ ref('int_attainment_votes') }} as votes
    inner join groups on groups.group_key = votes.voter_key
    inner join {{ ref('int_periods') }} as periods on periods.period_key = votes.period_key
    group by
        votes.cell_key, votes.period_key, votes.kpi_key, votes.go_live_band_key, votes.attainment_cut_key, votes.project_kind,
        votes.vendor_key, votes.promised_by
),

tied as (
    {{ most_common_times(ref('int_attainment_votes'), 'value', ['cell_key'], ['cell_key']) }}
)

select
    cuts.cut,
    cells.project_kind,
    vendors.vendor,
    cells.promised_by,
    bands.months_since_go_live,
    kpis.kpi_code,
    kpis.kpi_version,
    periods.period,
    cells.contributors,
    cells.established,
    {% for name in ['p10', 'p25', 'p50', 'p75', 'p90'] -%}
        {{ list_item('cells.quantiles', loop.index0) }} as {{ name }},
    {% endfor -%}
    cast(coalesce(tied.most_common_times, 1) as double) / cells.contributors as tie_share,
    cells.zero_share,
    cells.rebaselined_share,
    bases.base_groups,
    bases.abandoned_share,
    bases.closed_share,
    bases.no_figure_share,
    cells.cell_key,
    cells.period_key,
    cells.kpi_key
from cells
inner join {{ ref('int_attainment_bases') }} as bases
    on
        bases.period_key = cells.period_key
        and bases.kpi_key = cells.kpi_key
        and bases.attainment_cut_key = cells.attainment_cut_key
        and bases.project_kind is not distinct from cells.project_kind
        and bases.vendor_key is not distinct from cells.vendor_key
        and bases.promised_by is not distinct from cells.promised_by
inner join {{ ref('attainment_cuts') }} as cuts on cuts.attainment_cut_key = cells.attainment_cut_key
inner join {{ ref('go_live_bands') }} as bands on bands.go_live_band_key = cells.go_live_band_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = cells.kpi_key
inner join {{ ref('int_periods') }} as periods on periods.period_key = cells.period_key
left join (select distinct vendor_key, vendor from {{ ref('int_vendors') }}) as vendors on vendors.vendor_key = cells.vendor_key
left join tied on tied.cell_key = cells.cell_key
