{{ made_by_part('promise', 'int_fingerprints__counted') }}
-- What the attainments of a year stand on: the projects that something was promised for by its last day, whatever became of
-- them. Shares are averaged over companies, so that one company with many projects does not set them. No band of months: a
-- project that was abandoned never went live. The status of a project is the newest one known.
with years as (
    select distinct
        votes.period_key,
        periods.last_day
    from {{ ref('int_attainment_votes') }} as votes
    inner join {{ ref('int_periods') }} as periods on periods.period_key = votes.period_key
    where {{ changed('votes.period_key') }}
),

promised as (
    select
        years.period_key,
        promises.kpi_key,
        promises.project_key,
        promises.project_kind,
        promises.promised_by,
        units.group_key,
        promises.is_abandoned,
        promises.is_closed
    from years
    inner join {{ ref('int_promises') }} as promises on promises.promised_on <= years.last_day
    inner join {{ ref('int_units') }} as units
        on
            units.participant_id = promises.participant_id
            and units.is_counted
            and years.last_day between units.valid_from and units.valid_to
),

attained as (
    select
        project_key,
        kpi_key,
        min(period_key) as first_period_key
    from {{ ref('int_attainments') }}
    group by project_key, kpi_key
),

placed as (  -- one row per project and cell
    select distinct
        promised.period_key,
        promised.kpi_key,
        cuts.attainment_cut_key,
        case when cuts.uses_project_kind then promised.project_kind end as project_kind,
        engaged.vendor_key,
        case when cuts.uses_promised_by then promised.promised_by end as promised_by,
        promised.group_key,
        promised.project_key,
        promised.is_abandoned,
        promised.is_closed,
        coalesce(attained.first_period_key > promised.period_key, true) as has_no_figure
    from promised
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = promised.kpi_key
    cross join {{ ref('attainment_cuts') }} as cuts
    left join {{ ref('int_projects__vendors') }} as engaged
        on cuts.uses_vendor and kpis.is_attributable and engaged.project_key = promised.project_key
    left join attained on attained.project_key = promised.project_key and attained.kpi_key = promised.kpi_key
    where
        (promised.project_kind is not null or not cuts.uses_project_kind)
        and (engaged.vendor_key is not null or not cuts.uses_vendor)
),

companies as (
    select
        period_key, kpi_key, attainment_cut_key, project_kind, vendor_key, promised_by, group_key,
        sum(case when is_abandoned then 1.0 else 0.0 end) / count(*) as abandoned_share,
        sum(case when is_closed then 1.0 else 0.0 end) / count(*) as closed_share,
        sum(case when has_no_figure then 1.0 else 0.0 end) / count(*) as no_figure_share
    from placed
    group by period_key, kpi_key, attainment_cut_key, project_kind, vendor_key, promised_by, group_key
)

select
    period_key,
    kpi_key,
    attainment_cut_key,
    project_kind,
    vendor_key,
    promised_by,
    cast(count(*) as integer) as base_groups,
    cast(sum(cast(abandoned_share as decimal(18, 12))) as double) / count(*) as abandoned_share,
    cast(sum(cast(closed_share as decimal(18, 12))) as double) / count(*) as closed_share,
    cast(sum(cast(no_figure_share as decimal(18, 12))) as double) / count(*) as no_figure_share
from companies
group by period_key, kpi_key, attainment_cut_key, project_kind, vendor_key, promised_by
