{{ made_by_part('promise', 'int_fingerprints__counted') }}
-- What became of a promise, by the time since the project went live: in each year and band, the project's newest figure
-- against the promise in force. One row per project, KPI, year, band and promising party (METHOD 7).
-- The newest figure: the rows that end last; of those the longest; where some have no vendor, those only (the coarsest).
-- The promise in force: the last one due by the end of the figure, or else the one due next; made before the project went
-- live or before the days measured began, so that nobody promises what is known already.
with promised as (
    select
        project_key,
        kpi_key,
        min(go_live_on) as go_live_on
    from {{ ref('int_promises') }}
    group by project_key, kpi_key
),

figures as (
    select
        placed.period_key,
        placed.kpi_key,
        placed.project_key,
        placed.group_key,
        placed.vendor_key,
        placed.numerator,
        placed.denominator,
        placed.span_days,
        spans.period_start,
        spans.period_end,
        promised.go_live_on,
        coalesce(placed.months_since_go_live, {{ complete_months('promised.go_live_on', 'spans.period_end') }}) as months
    from {{ ref('int_observations__placed') }} as placed
    inner join promised on promised.project_key = placed.project_key and promised.kpi_key = placed.kpi_key
    inner join {{ ref('int_spans') }} as spans on spans.span_key = placed.span_key
    inner join {{ ref('int_units') }} as units on units.unit_key = placed.unit_key and units.is_counted
    where placed.period_key % 10 = 0 and {{ changed('placed.period_key') }}  -- years only: the bands are the time that matters here
),

ranked as (
    select
        figures.*,
        bands.go_live_band_key,
        rank() over (
            partition by figures.period_key, figures.kpi_key, figures.project_key, bands.go_live_band_key
            order by figures.period_end desc, figures.span_days desc, case when figures.vendor_key = 0 then 0 else 1 end
        ) as place
    from figures
    inner join {{ ref('go_live_bands') }} as bands on figures.months between bands.first_month and bands.last_month
),

newest as (
    select
        ranked.period_key,
        ranked.kpi_key,
        ranked.project_key,
        ranked.group_key,
        ranked.go_live_band_key,
        ranked.period_start,
        ranked.period_end,
        ranked.go_live_on,
        {{ company_value('sum(ranked.numerator)', 'sum(ranked.denominator)', 'kpis.multiplier', 'kpis.aggregation') }} as achieved
    from ranked
    inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = ranked.kpi_key
    where ranked.place = 1
    group by
        ranked.period_key, ranked.kpi_key, ranked.project_key, ranked.group_key, ranked.go_live_band_key,
        ranked.period_start, ranked.period_end, ranked.go_live_on, kpis.multiplier, kpis.aggregation
),

held as (
    select
        newest.*,
        promises.promised_by,
        promises.rebaselines,
        promises.project_kind,
        case
            when promises.direction = 'H' then newest.achieved / promises.promised_value
            when newest.achieved > 0 then promises.promised_value / newest.achieved
        end as attainment,
        row_number() over (
            partition by newest.period_key, newest.kpi_key, newest.project_key, newest.go_live_band_key, promises.promised_by
            order by
                case when promises.due_on <= newest.period_end then 0 else 1 end,
                abs({{ dbt.datediff('promises.due_on', 'newest.period_end', 'day') }})
        ) as place
    from newest
    inner join {{ ref('int_promises') }} as promises
        on promises.project_key = newest.project_key and promises.kpi_key = newest.kpi_key
    where promises.promised_on <= greatest(newest.period_start, coalesce(newest.go_live_on, newest.period_start))
)

select
    period_key,
    kpi_key,
    project_key,
    project_kind,
    group_key,
    go_live_band_key,
    promised_by,
    rebaselines > 0 as is_rebaselined,
    attainment
from held
where place = 1 and attainment is not null
