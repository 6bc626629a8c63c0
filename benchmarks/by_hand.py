"""The yardstick: the exact quantiles of every declared cut by hand-written SQL, straight from the lake.

Written the way somebody would who knows this data. It relies on what `consortium` promises and what the dbt project may
not assume: every row is a whole quarter, no registry row has a span of validity, no KPI is money, has a second version
or aggregates otherwise than by ratio of sums, no row withdraws another, every submission is graded A to C, and a key
comes twice only from those who sent two files. It writes one Parquet file and leaves out what `cell_evidence` has
besides contributors and quantiles, as well as the other marts.
"""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from benchmarks.cube import DIMENSIONS, LEVELS, SEEDS, command, declared_cuts


def run(lake: Path, out: Path, threads: int = 2, memory_limit: str = "4GB") -> float:
    """Compute every cell of `lake` and write them to `out` (Parquet). Returns the seconds it took."""
    started = time.perf_counter()
    limits = {"threads": threads, "memory_limit": memory_limit, "temp_directory": str(out.parent / "spill")}
    with duckdb.connect(config={**limits, "preserve_insertion_order": False}) as connection:
        connection.execute(_encoded_rows(lake))
        for family, source, coarseness, dimension in _FAMILIES:
            connection.execute(_family(family, source, coarseness, dimension))
            for grain in (family, f"{family}_without_stage"):
                connection.execute(_values(family, grain, dimension))
        union = " union all by name ".join(_cells(cut) for cut in declared_cuts())
        connection.execute(f"copy (select * from ({union})) to '{out}' (format parquet)")
    return time.perf_counter() - started


def _encoded_rows(lake: Path) -> str:
    """Countable rows with their keys as enums and small integers: table `obs`, and `vendor_rows` with attribution."""
    return f"""
        create type stage as enum (select value_chain_stage from read_csv('{SEEDS}/value_chain_stages.csv'));
        create type kind as enum (select project_kind from read_csv('{SEEDS}/project_kinds.csv'));
        create type vendor as enum (
            select vendor from read_parquet('{lake}/kpi_values/*.parquet') where vendor is not null
            union select vendor from read_parquet('{lake}/engagements/*.parquet'));
        create temp table vendor_classes as
        select name::vendor as vendor, coalesce(vendor_class, 'other vendors') as class
        from (select unnest(enum_range(null::vendor)) as name)
        left join read_csv('{SEEDS}/vendor_classes.csv', all_varchar = true) as c on c.vendor = name;

        create temp table kpi as
        select code, version, (row_number() over (order by code))::utinyint as kpi, multiplier::double as multiplier,
            coverage_exempt, min_base::integer as min_base, frequency in ('quarter', 'month') as quarterly,
            controllability in ('vendor', 'shared') as attributable
        from read_csv('{SEEDS}/kpi_catalogue.csv') where not computed;

        create temp table unit as
        select (row_number() over ())::usmallint as unit, (dense_rank() over (order by holding_group_id))::usmallint as grp,
            count(*) over (partition by holding_group_id) = 1 as alone, participant_id, industry_code as industry, sector, country, size_band
        from read_parquet('{lake}/participants/*.parquet')
        left join read_csv('{SEEDS}/sectors.csv') as s on s.industry = industry_code
        where role = 'buyer' and verified;

        create temp table project as  -- a reference is hashed together with its sender, so it is a key by itself
        select (row_number() over ())::uinteger as project, project_ref, project_kind::kind as project_kind
        from read_parquet('{lake}/projects/*.parquet');

        create temp table engaged as
        select distinct project, vendor::vendor as vendor from read_parquet('{lake}/engagements/*.parquet') join project using (project_ref);

        create temp table resent as
        select participant_id from read_parquet('{lake}/submissions/*.parquet')
        where feed = 'kpi_values' group by participant_id having count(*) > 1;

        create temp table obs as
        with sent as (
            select * from read_parquet('{lake}/kpi_values/*.parquet') anti join resent using (participant_id)
            union all by name
            select * from read_parquet('{lake}/kpi_values/*.parquet') semi join resent using (participant_id)
            qualify row_number() over (
                partition by participant_id, kpi_code, period_start, value_chain_stage, project_ref, vendor order by submission_seq desc) = 1
        )
        select year(period_start)::usmallint as year, quarter(period_start)::utinyint as quarter, kpi, unit, grp,
            value_chain_stage::stage as value_chain_stage, project, project_kind, vendor::vendor as vendor,
            numerator::decimal(18, 6) as num, coalesce(denominator, 1)::decimal(18, 6) as den
        from sent join kpi on code = kpi_code join unit using (participant_id) left join project using (project_ref)
        where period_end <= (select data_until from read_parquet('{lake}/night/night.parquet'))
            and (base is null or min_base is null or base >= min_base) and (denominator is null or denominator > 0);

        create temp table attributable as
        select obs.* from obs join kpi using (kpi) where vendor is null and project is not null and attributable;
        create temp table vendor_rows as
        select obs.*, if(project is null, 0, 2)::utinyint as coarseness from obs where vendor is not null
        union all by name
        select a.* replace (e.vendor as vendor), 3::utinyint as coarseness from attributable as a join engaged as e using (project);
        create temp table class_rows as
        select vendor_rows.*, class as vendor_class from vendor_rows join vendor_classes using (vendor) where coarseness < 3
        union all by name
        select a.*, 3::utinyint as coarseness, vendor_class
        from attributable as a
        join (select distinct project, class as vendor_class from engaged join vendor_classes using (vendor)) using (project);
    """


# Cuts that ask the same of a row share one table: name, rows, coarseness (0 = without what is not asked for), dimension.
_FAMILIES = (
    ("by_stage", "obs", "if(project is null, 0, 2) + if(vendor is null, 0, 1)", None),
    ("by_kind", "(from obs where project_kind is not null)", "if(vendor is null, 0, 1)", "project_kind"),
    ("by_vendor", "vendor_rows", "coarseness", "vendor"),
    ("by_class", "class_rows", "coarseness", "vendor_class"),
)


def _family(name: str, source: str, coarseness: str, dimension: str | None) -> str:
    """Rows summed per unit, stage and the family's own dimension, by quarter and by year, the coarsest only."""
    keys = "period, kpi, grp, value_chain_stage" + (f", {dimension}" if dimension else "")
    asked = f", {dimension}" if dimension else ""
    return f"""
        create temp table {name} as
        with quarters as (
            select year, quarter, kpi, unit, grp, value_chain_stage{asked}, ({coarseness})::utinyint as coarse, sum(num) as num, sum(den) as den
            from {source} group by all
        ),
        periods as (
            select (year * 10 + quarter)::usmallint as period, 0::utinyint as quarters, * exclude (year, quarter)
            from quarters semi join (from kpi where quarterly) using (kpi)
            union all by name
            select (year * 10)::usmallint as period, bit_or((1 << (quarter - 1))::utinyint) as quarters, kpi, unit, grp, value_chain_stage{asked}, coarse,
                sum(num) as num, sum(den) as den
            from quarters group by year, kpi, unit, grp, value_chain_stage{asked}, coarse
        ),
        mixed as (select {keys}, min(coarse) as coarsest from periods group by all having min(coarse) <> max(coarse))
        select periods.* from periods left join mixed using ({keys}) where coarsest is null or coarse = coarsest
    """


def _values(family: str, grain: str, dimension: str | None) -> str:
    """What enters cells: the value of every unit that is its whole group, and the sums of the others, whose groups depend on the cut.

    With stages a unit has one row already; without them its stages are summed once for all cuts.
    """
    keys = "period, kpi, unit, grp" + (f", {dimension}" if dimension else "")
    summed = f"select {keys}, sum(num) as num, sum(den) as den, bit_or(quarters) as quarters from {family} group by all"
    source = family if grain == family else f"({summed})"
    return f"""
        create temp table {grain}_sums as from {source} semi join (from unit where not alone) using (unit);
        create temp table {grain}_values as
        select * exclude (num, den, quarters, grp, {_OF_KPI}), multiplier * num::double / den::double as value
        from {source} semi join (from unit where alone) using (unit) join kpi using (kpi) where {_COVERED};
    """


def _cells(cut: tuple[str, list[str]]) -> str:
    """One cut's cells: one value per holding group, then quantiles over them."""
    name, dimensions = cut
    asked = "".join(f", {d}" for d in dimensions)
    family = next((f for f, _, _, d in _FAMILIES if d and d in dimensions), "by_stage")
    grain = family if "value_chain_stage" in dimensions else f"{family}_without_stage"
    words = ", ".join(f"{d}::varchar as {d}" if d in dimensions else f"null::varchar as {d}" for d in DIMENSIONS)
    quantiles = ", ".join(f"q[{n}] as {p}" for n, p in enumerate(LEVELS, start=1))
    return f"""
        select '{name}' as cut, {words}, code as kpi_code, version as kpi_version, period, contributors, {quantiles}
        from (
            select period, kpi{asked}, count(*) as contributors, quantile_cont(value, {list(LEVELS.values())}) as q
            from (
                select period, kpi{asked}, value from {grain}_values join unit using (unit)
                union all
                select period, kpi{asked}, multiplier * num::double / den::double as value
                from (
                    select period, kpi, grp{asked}, sum(num) as num, sum(den) as den, bit_or(quarters) as quarters
                    from {grain}_sums join unit using (unit, grp) group by period, kpi, grp{asked}
                ) join kpi using (kpi) where {_COVERED}
            ) group by period, kpi{asked}
        ) join kpi using (kpi)
    """


_OF_KPI = "code, version, multiplier, coverage_exempt, min_base, quarterly, attributable"
_LEAP = "if(period // 10 % 4 = 0, 1, 0)"
_COVERED = f"""(period % 10 > 0 or coverage_exempt or (quarters & 1) * (90 + {_LEAP}) + (quarters >> 1 & 1) * 91 + (quarters >> 2 & 1) * 92
    + (quarters >> 3 & 1) * 92 >= 0.75 * (365 + {_LEAP}))"""


if __name__ == "__main__":
    command("by_hand", run, __doc__)
