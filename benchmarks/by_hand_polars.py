"""The same cube in Polars: enums for words, small integers for keys, lazy scans, one sum per grain.

It relies on the same promises as `by_hand.py`. Amounts are doubles here, whose sums agree with exact ones within the tolerance.
"""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl

from benchmarks.cube import COMPANY_DIMENSIONS, DIMENSIONS, LEVELS, SEEDS, command, declared_cuts

ROW_KEY = ["participant_id", "kpi_code", "period_start", "value_chain_stage", "project_ref", "vendor"]
UNIT_PERIOD = ["period", "kpi", "unit", "value_chain_stage"]
QUARTER_DAYS = (90, 91, 92, 92)


def run(lake: Path, out: Path, threads: int = 2, _memory_limit: str = "") -> float:
    """Compute every cell of `lake` and write them to `out` (Parquet). Returns the seconds it took."""
    started = time.perf_counter()
    if pl.thread_pool_size() != threads:
        raise ValueError(f"Polars runs {pl.thread_pool_size()} threads; POLARS_MAX_THREADS must say {threads}")
    units, kpis = _units(lake), _kpis()
    rows, engaged = _rows(lake, units, kpis)
    families = _families(rows, engaged, kpis)
    summed = {name: _summed(family, kpis, units) for name, family in families.items()}
    cells = [_cells(cut, dimensions, summed, units, kpis) for cut, dimensions in declared_cuts()]
    pl.concat(cells).write_parquet(out)
    return time.perf_counter() - started


def _units(lake: Path) -> pl.DataFrame:
    """Participants that count, numbered, with their group's number and attributes."""
    sectors = pl.read_csv(SEEDS / "sectors.csv")
    return (
        pl.scan_parquet(lake / "participants" / "*.parquet")
        .filter((pl.col("role") == "buyer") & pl.col("verified"))
        .rename({"industry_code": "industry"})
        .join(sectors.lazy(), on="industry", how="left")
        .select(
            "participant_id",
            pl.int_range(pl.len(), dtype=pl.UInt16).alias("unit"),
            pl.col("holding_group_id").rank("dense").cast(pl.UInt16).alias("grp"),
            *(pl.col(c).cast(pl.Categorical) for c in COMPANY_DIMENSIONS),
        )
        .collect()
    )


def _kpis() -> pl.DataFrame:
    return (
        pl.scan_csv(SEEDS / "kpi_catalogue.csv")
        .filter(~pl.col("computed"))
        .sort("code")
        .select(
            pl.col("code").alias("kpi_code"),
            pl.col("version").cast(pl.Int32).alias("kpi_version"),
            pl.int_range(pl.len(), dtype=pl.UInt8).alias("kpi"),
            pl.col("multiplier").cast(pl.Float64),
            "coverage_exempt",
            pl.col("min_base").cast(pl.Float64),
            pl.col("frequency").is_in(["quarter", "month"]).alias("quarterly"),
            pl.col("controllability").is_in(["vendor", "shared"]).alias("attributable"),
        )
        .collect()
    )


def _rows(lake: Path, units: pl.DataFrame, kpis: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Countable rows with their keys as enums and small integers, and each project's vendors."""
    engagements = pl.scan_parquet(lake / "engagements" / "*.parquet").select("project_ref", "vendor")
    sent = pl.scan_parquet(lake / "kpi_values" / "*.parquet")
    named = pl.concat([engagements.select("vendor"), sent.select("vendor")]).drop_nulls().unique().collect()["vendor"]
    vendor = pl.Enum(named.sort())
    projects = (
        pl.scan_parquet(lake / "projects" / "*.parquet")
        .select("project_ref", pl.int_range(pl.len(), dtype=pl.UInt32).alias("project"), pl.col("project_kind").cast(_enum("project_kind")))
        .collect()
    )
    resent = (
        pl.scan_parquet(lake / "submissions" / "*.parquet")
        .filter(pl.col("feed") == "kpi_values")
        .group_by("participant_id")
        .agg(pl.len())
        .filter(pl.col("len") > 1)
        .select("participant_id")
        .collect()["participant_id"]
    )
    again = pl.col("participant_id").is_in(resent.implode())
    newest = pl.concat([sent.filter(~again), sent.filter(again).sort("submission_seq").unique(ROW_KEY, keep="last")])
    until = pl.read_parquet(lake / "night" / "night.parquet")["data_until"][0]
    start = pl.col("period_start")
    rows = (
        newest.filter(pl.col("period_end") <= until)
        .join(kpis.lazy().select("kpi_code", "kpi", "min_base", "attributable"), on="kpi_code")
        .filter((pl.col("base") >= pl.col("min_base")).fill_null(True) & (pl.col("denominator") > 0).fill_null(True))
        .join(units.lazy().select("participant_id", "unit"), on="participant_id")
        .join(projects.lazy(), on="project_ref", how="left")
        .select(
            (start.dt.year().cast(pl.UInt16) * 10 + start.dt.quarter().cast(pl.UInt16)).alias("period"),
            "kpi",
            "unit",
            pl.col("value_chain_stage").cast(_enum("value_chain_stage")),
            "project",
            "project_kind",
            pl.col("vendor").cast(vendor),
            pl.col("numerator").cast(pl.Float64).alias("num"),
            pl.col("denominator").cast(pl.Float64).fill_null(1).alias("den"),
            "attributable",
        )
        .collect(engine="streaming")
    )
    engaged = engagements.join(projects.lazy(), on="project_ref").select("project", pl.col("vendor").cast(vendor)).unique().collect()
    return rows, engaged


def _enum(column: str) -> pl.Enum:
    return pl.Enum(pl.read_csv(SEEDS / f"{column}s.csv")[column])


def _families(rows: pl.DataFrame, engaged: pl.DataFrame, kpis: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Rows with how coarse they are, by what cuts ask of them; the key is the family's own dimension."""
    del kpis
    every = rows.lazy()
    has_project, has_vendor = pl.col("project").is_not_null(), pl.col("vendor").is_not_null()
    own = every.filter(has_vendor).with_columns(_coarse(has_project.cast(pl.UInt8) * 2))
    attributable = every.filter(~has_vendor & has_project & pl.col("attributable")).with_columns(_coarse(pl.lit(3))).drop("vendor")
    classes = pl.read_csv(SEEDS / "vendor_classes.csv")
    of = engaged.select("vendor").vstack(rows.select("vendor")).unique().drop_nulls()
    class_of = (
        of.with_columns(name=pl.col("vendor").cast(pl.String))
        .join(classes, left_on="name", right_on="vendor", how="left")
        .select("vendor", pl.col("vendor_class").fill_null("other vendors").cast(pl.Categorical))
    ).lazy()
    columns = [*UNIT_PERIOD, "num", "den", "coarse"]
    return {
        "": every.with_columns(_coarse(has_project.cast(pl.UInt8) * 2 + has_vendor.cast(pl.UInt8))).select(columns),
        "project_kind": every.filter(pl.col("project_kind").is_not_null())
        .with_columns(_coarse(has_vendor.cast(pl.UInt8)))
        .select(*columns, "project_kind"),
        "vendor": pl.concat([own.select(*columns, "vendor"), attributable.join(engaged.lazy(), on="project").select(*columns, "vendor")]),
        "vendor_class": pl.concat(
            [
                own.join(class_of, on="vendor").select(*columns, "vendor_class"),
                attributable.join(
                    engaged.lazy().join(class_of, on="vendor").select("project", "vendor_class").unique(), on="project"
                ).select(*columns, "vendor_class"),
            ]
        ),
    }


def _coarse(how: pl.Expr) -> pl.Expr:
    return how.cast(pl.UInt8).alias("coarse")


def _summed(family: pl.LazyFrame, kpis: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Rows summed per unit, stage and the family's own dimension, by quarter and by year, the coarsest only."""
    sums = [pl.col("num").sum(), pl.col("den").sum()]
    asked = [c for c in family.collect_schema().names() if c not in (*UNIT_PERIOD, "num", "den", "coarse")]
    keys = [*UNIT_PERIOD, *asked]
    quarters = family.group_by(*keys, "coarse").agg(*sums).collect(engine="streaming").lazy()
    year, quarter = pl.col("period") // 10 * 10, pl.col("period") % 10
    years = (
        quarters.with_columns(year.alias("period"), pl.lit(1, pl.UInt8).mul(2 ** (quarter - 1)).cast(pl.UInt8).alias("mask"))
        .group_by(*keys, "coarse")
        .agg(*sums, pl.col("mask").bitwise_or())
    )
    benchmarked = quarters.join(kpis.lazy().filter("quarterly").select("kpi"), on="kpi", how="semi").with_columns(mask=pl.lit(0, pl.UInt8))
    order = [*keys, "coarse", "num", "den", "mask"]
    periods = (
        pl.concat([benchmarked.select(order), years.select(order)])
        .join(units.lazy().select("unit", "grp"), on="unit")
        .collect(engine="streaming")
        .lazy()
    )
    of_group = ["grp" if c == "unit" else c for c in keys]
    mixed = (
        periods.group_by(of_group)
        .agg(pl.col("coarse").min().alias("coarsest"), pl.col("coarse").max())
        .filter(pl.col("coarsest") < pl.col("coarse"))
        .drop("coarse")
    )
    return (
        periods.join(mixed, on=of_group, how="left", nulls_equal=True)
        .filter(pl.col("coarsest").is_null() | (pl.col("coarse") == pl.col("coarsest")))
        .drop("coarse", "coarsest")
        .collect(engine="streaming")
    )


def _cells(cut: str, dimensions: list[str], summed: dict[str, pl.DataFrame], units: pl.DataFrame, kpis: pl.DataFrame) -> pl.DataFrame:
    """One cut's cells: one value per holding group, then quantiles over them."""
    family = next((d for d in dimensions if d in summed), "")
    attributes = [d for d in dimensions if d in COMPANY_DIMENSIONS]
    source = summed[family].lazy()
    if attributes:
        source = source.join(units.lazy().select("unit", *attributes), on="unit")
    companies = (
        source.group_by("period", "kpi", "grp", *dimensions)
        .agg(pl.col("num").sum(), pl.col("den").sum(), pl.col("mask").bitwise_or())
        .join(kpis.lazy().select("kpi", "multiplier", "coverage_exempt"), on="kpi")
        .filter((pl.col("period") % 10 > 0) | pl.col("coverage_exempt") | _is_covered())
        .with_columns((pl.col("multiplier") * pl.col("num") / pl.col("den")).alias("value"))
    )
    quantiles = [pl.col("value").quantile(level, "linear").alias(name) for name, level in LEVELS.items()]
    cells = companies.group_by("period", "kpi", *dimensions).agg(pl.len().alias("contributors"), *quantiles)
    words = [pl.col(d).cast(pl.String) if d in dimensions else pl.lit(None, pl.String).alias(d) for d in DIMENSIONS]
    return (
        cells.join(kpis.lazy().select("kpi", "kpi_code", "kpi_version"), on="kpi")
        .select(pl.lit(cut).alias("cut"), *words, "kpi_code", "kpi_version", "period", "contributors", *LEVELS)
        .collect(engine="streaming")
    )


def _is_covered() -> pl.Expr:
    """Whether the quarters in `mask` last at least three quarters of the year."""
    leap = (pl.col("period") // 10 % 4 == 0).cast(pl.Int32)
    quarters = [(pl.col("mask") // 2**n % 2).cast(pl.Int32) * (days + (leap if n == 0 else 0)) for n, days in enumerate(QUARTER_DAYS)]
    return pl.sum_horizontal(quarters) >= 0.75 * (365 + leap)


if __name__ == "__main__":
    command("by_hand_polars", run, __doc__)
