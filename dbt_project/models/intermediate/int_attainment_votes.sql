{{ made_by_part('promise', 'int_fingerprints__counted') }}
-- One company, one vote: the median of a group's attainments in each cell. A cell is KPI, year, band of months since go-live
-- and, as its cut asks, kind of project, vendor or who promised. A project counts for every vendor engaged in it, and only
-- for KPIs that a vendor can influence.
with placed as (
    select
        attained.*,
        cuts.attainment_cut_key,
        case when cuts.uses_project_kind then attained.project_kind end as asked_project_kind,
        engaged.vendor_key,
        case when cuts.uses_promised_by then attained.promised_by end as asked_promised_by
    from {{ ref('int_attainments') }} as attained
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = attained.kpi_key
    cross join {{ ref('attainment_cuts') }} as cuts
    left join {{ ref('int_projects__vendors') }} as engaged
        on cuts.uses_vendor and kpis.is_attributable and engaged.project_key = attained.project_key
    where
        {{ changed('attained.period_key') }}
        and (attained.project_kind is not null or not cuts.uses_project_kind)
        and (engaged.vendor_key is not null or not cuts.uses_vendor)
),

votes as (
    select
        period_key,
        kpi_key,
        go_live_band_key,
        attainment_cut_key,
        asked_project_kind as project_kind,
        vendor_key,
        asked_promised_by as promised_by,
        group_key as voter_key,
        {{ exact_quantiles('attainment') }} as quantiles,
        cast(sum(case when is_rebaselined then 1.0 else 0.0 end) / count(*) as double) as rebaselined_share
    from placed
    group by period_key, kpi_key, go_live_band_key, attainment_cut_key, asked_project_kind, vendor_key, asked_promised_by, group_key
)

select
    cast(period_key as bigint) * 10000000 + dense_rank() over (
        partition by period_key
        order by
            kpi_key, go_live_band_key, attainment_cut_key,
            coalesce(project_kind, ''), coalesce(vendor_key, 0), coalesce(promised_by, '')
    ) as cell_key,
    period_key,
    kpi_key,
    go_live_band_key,
    attainment_cut_key,
    project_kind,
    vendor_key,
    promised_by,
    voter_key,
    {{ list_item('quantiles', 2) }} as value,
    rebaselined_share
from votes
