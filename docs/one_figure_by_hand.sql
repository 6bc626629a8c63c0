-- One published figure by hand: the median and quartiles of EXP-02 (satisfied users) over all companies in one year, from
-- the lake alone, without a dbt model. Run it in the workspace, for instance with
--
--     .venv/bin/python -c "import duckdb; duckdb.sql(open('docs/one_figure_by_hand.sql').read()).show()"
--
-- from a folder that holds `lake/`, and hold it against the row of `benchmark.csv` with kpi_code EXP-02 and cut `all`.
-- It says what METHOD says, for a KPI that makes it short: a ratio in percent on linear scale, sent by quarters, without
-- project or vendor, with a minimum base of 30. The year is the one in `asked`.
with asked as (
    select 2025 as year, 'EXP-02' as kpi_code, 100 as multiplier, 30 as least_base, 5 as window_width, 1.0 as step
),

days_of_year as (
    select make_date(year, 1, 1) as first_day, make_date(year, 12, 31) as last_day, asked.* from asked
),

-- The newest version of each row: a later file with the same key supersedes it; an empty numerator withdraws it.
versions as (
    select
        rows.*,
        row_number() over (
            partition by participant_id, rows.kpi_code, period_start, period_end, value_chain_stage, project_ref, vendor
            order by submission_seq desc
        ) as place
    from read_parquet('lake/kpi_values/*.parquet') as rows
    semi join asked on asked.kpi_code = rows.kpi_code
),

-- What counts: rows of the year, from submissions of grade A to C, of verified buyers, with enough answers.
newest_registry as (
    select * from read_parquet('lake/participants/*.parquet')
    qualify submission_seq = max(submission_seq) over ()
),

counted as (
    select
        registry.holding_group_id,
        versions.period_start,
        versions.period_end,
        versions.numerator,
        versions.denominator
    from versions
    inner join days_of_year as d on versions.period_start >= d.first_day and versions.period_end <= d.last_day
    inner join read_parquet('lake/submissions/*.parquet') as submissions using (submission_seq)
    inner join newest_registry as registry
        on
            registry.participant_id = versions.participant_id
            and versions.period_end between coalesce(registry.valid_from, date '0001-01-01') and coalesce(registry.valid_to, date '9999-12-31')
    where
        versions.place = 1
        and versions.numerator is not null
        and versions.denominator > 0
        and coalesce(versions.base, d.least_base) >= d.least_base
        and submissions.grade in ('A', 'B', 'C')
        and registry.role = 'buyer'
        and registry.verified
),

-- One company, one vote: a holding group's sums, divided last, where its rows cover 75 % of the year's days.
covered as (
    select holding_group_id, sum(date_diff('day', period_start, period_end) + 1) as covered_days
    from (select distinct holding_group_id, period_start, period_end from counted) as spans
    group by holding_group_id
),

company_values as (
    select
        holding_group_id,
        any_value(multiplier) * cast(sum(numerator) as double) / cast(sum(denominator) as double) as value
    from counted
    inner join covered using (holding_group_id)
    cross join days_of_year
    where covered_days >= 0.75 * (date_diff('day', first_day, last_day) + 1)
    group by holding_group_id
),

-- Published is not the exact quantile but the average of the values around its position h = (n - 1) p + 1, each weighted by
-- how much of [h - w/2, h + w/2) its rank's unit cell covers, rounded to the step.
ranked as (
    select value, row_number() over (order by value) as rank, count(*) over () as n from company_values
),

positions as (
    select quantile, p, (n - 1) * p + 1 as h, n
    from (values ('p25', 0.25), ('p50', 0.5), ('p75', 0.75)) as quantiles (quantile, p)
    cross join (select count(*) as n from company_values) as counted_groups
)

select
    positions.quantile,
    any_value(positions.n) as groups,
    any_value(quantile_cont.exact) as exact,
    step * round(sum(
        ranked.value * greatest(0, least(h + window_width / 2, ranked.rank + 0.5) - greatest(h - window_width / 2, ranked.rank - 0.5))
    ) / any_value(window_width) / step) as published
from positions
cross join ranked
cross join asked
inner join (
    select
        quantile,
        case quantile when 'p25' then quantile_cont(value, 0.25) when 'p50' then quantile_cont(value, 0.5) else quantile_cont(value, 0.75) end as exact
    from company_values
    cross join (values ('p25'), ('p50'), ('p75')) as names (quantile)
    group by quantile
) as quantile_cont using (quantile)
group by positions.quantile, step
order by positions.quantile
