"""The same cube in pandas: words as categories, several keys packed into one integer, file by file from the lake.

It relies on the same promises as `by_hand.py`. Amounts are doubles here, whose sums agree with exact ones within the tolerance.
Grouping by one packed integer is several times as fast as grouping by its columns, and so are quantiles of sorted values read
at their places as against `groupby(...).quantile(...)`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.cube import COMPANY_DIMENSIONS, DIMENSIONS, LEVELS, SEEDS, command, declared_cuts

ROW_KEY = ["participant_id", "kpi_code", "period_start", "value_chain_stage", "project_ref", "vendor"]
COLUMNS = [*ROW_KEY, "period_end", "submission_seq", "base", "numerator", "denominator"]
KEY_SIZES = {"period": 1 << 15, "kpi": 256, "unit": 1 << 16, "grp": 1 << 16, "coarse": 4}
DIMENSION_SIZE = 1 << 10
SUMS = ["num", "den", "quarters"]
QUARTER_DAYS = (90, 91, 92, 92)
COUNTER_BITS = 15  # `quarters` holds four counters, one a quarter, so that one sum says which quarters have rows


def run(lake: Path, out: Path, _threads: int = 1, _memory_limit: str = "") -> float:
    """Compute every cell of `lake` and write them to `out` (Parquet). Returns the seconds it took; pandas runs on one thread."""
    started = time.perf_counter()
    kpis, units = _kpis(), _units(lake)
    projects = _projects(lake)
    rows, vendors = _rows(lake, kpis, units, projects)
    words = {c: units[c].cat.categories for c in COMPANY_DIMENSIONS}
    words |= {"value_chain_stage": _seed("value_chain_stage"), "project_kind": _seed("project_kind"), "vendor": vendors}
    classes = pd.read_csv(SEEDS / "vendor_classes.csv", dtype=str).set_index("vendor")["vendor_class"]
    class_of = classes.reindex(vendors).fillna("other vendors").astype("category").cat
    words["vendor_class"] = class_of.categories
    families = {
        name: _summed(family, name, kpis, units)
        for name, family in _families(rows, _engaged(lake, projects, vendors), class_of.codes.to_numpy())
    }
    cells = [_cells(cut, dimensions, families, units, kpis, words) for cut, dimensions in declared_cuts()]
    pd.concat(cells).to_parquet(out, index=False)
    return time.perf_counter() - started


def _seed(column: str) -> pd.Index:
    return pd.Index(pd.read_csv(SEEDS / f"{column}s.csv", keep_default_na=False)[column])


def _kpis() -> pd.DataFrame:
    kpis = pd.read_csv(SEEDS / "kpi_catalogue.csv")
    kpis = kpis[~kpis["computed"]].sort_values("code", ignore_index=True)
    kpis["is_quarterly"] = kpis["frequency"].isin(["quarter", "month"])
    kpis["is_attributable"] = kpis["controllability"].isin(["vendor", "shared"])
    return kpis


def _units(lake: Path) -> pd.DataFrame:
    """Participants that count, numbered by their place, with their group's number and attributes."""
    units = pd.read_parquet(lake / "participants").rename(columns={"industry_code": "industry"})
    units = units[(units["role"] == "buyer") & units["verified"].astype(bool)]
    units = units.merge(pd.read_csv(SEEDS / "sectors.csv"), on="industry", how="left")
    units["grp"] = units["holding_group_id"].factorize()[0]
    return units.astype(dict.fromkeys(COMPANY_DIMENSIONS, "category"))


def _projects(lake: Path) -> pd.DataFrame:
    """Project kinds as numbers, by reference."""
    projects = pd.read_parquet(lake / "projects", columns=["project_ref", "project_kind"]).set_index("project_ref")
    return projects.assign(kind=_seed("project_kind").get_indexer(projects["project_kind"]))


def _rows(lake: Path, kpis: pd.DataFrame, units: pd.DataFrame, projects: pd.DataFrame) -> tuple[pd.DataFrame, pd.Index]:
    """Countable rows with their keys as small integers, -1 for none; and the vendors by number."""
    sent = pd.read_parquet(lake / "submissions", columns=["participant_id", "feed"])
    counts = sent.loc[sent["feed"] == "kpi_values", "participant_id"].value_counts()
    resent = pa.array(counts.index[counts > 1])
    until = pd.read_parquet(lake / "night")["data_until"].iloc[0]
    files = sorted((lake / "kpi_values").glob("*.parquet"))
    vendors = pd.Index(pd.unique(pd.concat([pd.read_parquet(p, columns=["vendor"])["vendor"] for p in files]).dropna())).union(
        pd.read_parquet(lake / "engagements", columns=["vendor"])["vendor"].unique()
    )
    once: list[pd.DataFrame] = []
    again: list[pd.DataFrame] = []
    for path in files:
        table = pq.read_table(
            path, columns=COLUMNS, read_dictionary=["participant_id", "kpi_code", "value_chain_stage", "project_ref", "vendor"]
        )
        is_again = pc.is_in(table["participant_id"].cast(pa.string()), resent)
        once.append(_encoded(table.filter(pc.invert(is_again)), kpis, units, projects, vendors, until))
        again.append(_encoded(table.filter(is_again), kpis, units, projects, vendors, until))
    key = ["unit", "kpi", "period", "value_chain_stage", "project", "vendor"]
    newest = pd.concat(again).sort_values("submission_seq").drop_duplicates(key, keep="last")
    rows = pd.concat([*once, newest], ignore_index=True).drop(columns="submission_seq")
    return rows[rows.pop("counts")], vendors


def _encoded(
    table: pa.Table, kpis: pd.DataFrame, units: pd.DataFrame, projects: pd.DataFrame, vendors: pd.Index, until: object
) -> pd.DataFrame:
    """Rows of one file. `counts`: whether they may, to be asked after corrections replaced what they correct."""
    number = {
        "participant_id": pd.Index(units["participant_id"]),
        "kpi_code": pd.Index(kpis["code"]),
        "value_chain_stage": _seed("value_chain_stage"),
        "project_ref": projects.index,
        "vendor": vendors,
    }
    unit, kpi, stage, project, vendor = (_numbered(table[c], index) for c, index in number.items())
    start = table["period_start"]
    base, den = (table[c].cast(pa.float64()).to_numpy() for c in ("base", "denominator"))
    too_small = base < kpis["min_base"].to_numpy()[kpi]
    return pd.DataFrame(
        {
            "period": pc.year(start).to_numpy() * 10 + pc.quarter(start).to_numpy(),
            "kpi": kpi.astype(np.int16),
            "unit": unit.astype(np.int32),
            "value_chain_stage": stage.astype(np.int8),
            "project": project.astype(np.int32),
            "project_kind": np.where(project < 0, -1, projects["kind"].to_numpy()[project]).astype(np.int8),
            "vendor": vendor.astype(np.int16),
            "num": table["numerator"].cast(pa.float64()).to_numpy(),
            "den": np.where(np.isnan(den), 1, den),
            "attributable": kpis["is_attributable"].to_numpy()[kpi],
            "submission_seq": table["submission_seq"].to_numpy(),
            "counts": (unit >= 0) & (kpi >= 0) & ~too_small & ~(den <= 0) & pc.less_equal(table["period_end"], until).to_numpy(),
        }
    )


def _numbered(column: pa.ChunkedArray, index: pd.Index) -> np.ndarray:
    """Each value's place in `index`, -1 for none: looked up once for each distinct value."""
    categories = column.to_pandas().cat
    places = np.append(index.get_indexer(categories.categories), -1)
    return places[categories.codes.to_numpy()]


def _engaged(lake: Path, projects: pd.DataFrame, vendors: pd.Index) -> pd.DataFrame:
    engaged = pd.read_parquet(lake / "engagements", columns=["project_ref", "vendor"])
    return pd.DataFrame(
        {
            "project": projects.index.get_indexer(engaged["project_ref"]).astype(np.int32),
            "vendor": vendors.get_indexer(engaged["vendor"]).astype(np.int16),
        }
    ).drop_duplicates()


def _families(rows: pd.DataFrame, engaged: pd.DataFrame, class_of: np.ndarray) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows with how coarse they are, by what cuts ask of them; the name is the family's own dimension."""
    has_project, has_vendor = rows["project"] >= 0, rows["vendor"] >= 0
    yield "", rows.assign(coarse=has_project.astype(np.int8) * 2 + has_vendor.astype(np.int8))
    yield "project_kind", rows.assign(coarse=has_vendor.astype(np.int8))[rows["project_kind"] >= 0]
    own = rows.assign(coarse=has_project.astype(np.int8) * 2)[has_vendor]
    attributable = rows[~has_vendor & has_project & rows["attributable"]].drop(columns="vendor").assign(coarse=np.int8(3))
    yield "vendor", pd.concat([own, attributable.merge(engaged, on="project")], ignore_index=True)
    classes = engaged.assign(vendor_class=class_of[engaged["vendor"]])[["project", "vendor_class"]].drop_duplicates()
    own = own.assign(vendor_class=class_of[own["vendor"]])
    yield "vendor_class", pd.concat([own, attributable.merge(classes, on="project")], ignore_index=True)


def _grouped(frame: pd.DataFrame, keys: list[str], sums: list[str]) -> pd.DataFrame:
    """`sums` summed by `keys`, which are packed into one integer and unpacked again."""
    packed = _packed(frame, keys)
    summed = frame[sums].groupby(packed, sort=False).sum()
    return summed.reset_index(drop=True).assign(**_unpacked(summed.index.to_numpy(), keys))


def _packed(frame: pd.DataFrame, keys: list[str]) -> np.ndarray:
    packed = np.zeros(len(frame), np.int64)
    for key in keys:
        packed = packed * _size(key) + frame[key].to_numpy()
    return packed


def _unpacked(packed: np.ndarray, keys: list[str]) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for key in reversed(keys):
        packed, columns[key] = np.divmod(packed, _size(key))
    return columns


def _size(key: str) -> int:
    return KEY_SIZES.get(key, DIMENSION_SIZE)


def _summed(rows: pd.DataFrame, dimension: str, kpis: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Rows summed per unit, stage and the family's own dimension, by quarter and by year, the coarsest only."""
    asked = ["value_chain_stage", *([dimension] if dimension else [])]
    quarters = _grouped(rows, ["period", "kpi", "unit", *asked, "coarse"], ["num", "den"])
    year, quarter = np.divmod(quarters["period"].to_numpy(), 10)
    years = quarters.assign(period=year * 10, quarters=np.int64(1) << (COUNTER_BITS * (quarter - 1)))
    years = _grouped(years, ["period", "kpi", "unit", *asked, "coarse"], SUMS)
    benchmarked = quarters[kpis["is_quarterly"].to_numpy()[quarters["kpi"]]].assign(quarters=0)
    periods = pd.concat([benchmarked, years], ignore_index=True)
    periods["grp"] = units["grp"].to_numpy()[periods["unit"]]
    return periods[_is_coarsest(periods, ["period", "kpi", "grp", *asked])]


def _is_coarsest(periods: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """Whether a row is as coarse as the coarsest of its group, KPI, period and slice."""
    number = pd.factorize(_packed(periods, keys))[0]
    coarse = periods["coarse"].to_numpy()
    coarsest = np.full(number.max() + 1, 9)
    np.minimum.at(coarsest, number, coarse)
    return coarse == coarsest[number]


def _cells(
    cut: str, dimensions: list[str], families: dict[str, pd.DataFrame], units: pd.DataFrame, kpis: pd.DataFrame, words: dict[str, pd.Index]
) -> pd.DataFrame:
    """One cut's cells: one value per holding group, then quantiles over them."""
    source = families[next((d for d in dimensions if d in families), "")]
    own = {d: units[d].cat.codes.to_numpy()[source["unit"]] for d in dimensions if d in COMPANY_DIMENSIONS}
    companies = _grouped(source.assign(**own), ["period", "kpi", "grp", *dimensions], SUMS)
    companies = companies[_is_covered(companies, kpis["coverage_exempt"].to_numpy()[companies["kpi"]])]
    value = kpis["multiplier"].to_numpy()[companies["kpi"]] * companies["num"].to_numpy() / companies["den"].to_numpy()
    cells = _quantiles(companies, ["period", "kpi", *dimensions], value)
    named = {d: words[d].to_numpy()[cells[d]] if d in dimensions else pd.array([None] * len(cells), dtype="string") for d in DIMENSIONS}
    codes = {"kpi_code": kpis["code"].to_numpy()[cells["kpi"]], "kpi_version": kpis["version"].to_numpy()[cells["kpi"]]}
    return cells.assign(cut=cut, **named, **codes)[["cut", *DIMENSIONS, *codes, "period", "contributors", *LEVELS]]


def _quantiles(companies: pd.DataFrame, keys: list[str], value: np.ndarray) -> pd.DataFrame:
    """Contributors and type 7 quantiles of `value` by `keys`: sorted once, then read at their places."""
    packed = _packed(companies, keys)
    order = np.lexsort((value, packed))
    packed, value = packed[order], value[order]
    first = np.flatnonzero(np.diff(packed, prepend=-1))
    count = np.diff(first, append=len(packed))
    cells = pd.DataFrame({"contributors": count})
    for name, level in LEVELS.items():
        place = level * (count - 1)
        below = np.floor(place).astype(np.int64)
        low, high = value[first + below], value[first + np.minimum(below + 1, count - 1)]
        cells[name] = low + (place - below) * (high - low)
    return cells.assign(**_unpacked(packed[first], keys))


def _is_covered(companies: pd.DataFrame, is_exempt: np.ndarray) -> np.ndarray:
    """Whether a year's rows last at least three quarters of it; a quarter's rows are whole."""
    year, quarter = np.divmod(companies["period"].to_numpy(), 10)
    leap = (year % 4 == 0).astype(np.int64)
    counters = companies["quarters"].to_numpy()
    days = sum(
        ((counters >> (COUNTER_BITS * n)) % (1 << COUNTER_BITS) > 0) * (length + (leap if n == 0 else 0))
        for n, length in enumerate(QUARTER_DAYS)
    )
    return (quarter > 0) | is_exempt | (days >= 0.75 * (365 + leap))


if __name__ == "__main__":
    command("by_hand_pandas", run, __doc__)
