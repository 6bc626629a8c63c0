"""A made consortium of any size as landing files (INTERFACE formats): for measuring speed, not for telling a story.

The same number of rows always gives the same bytes. All rows are whole quarters inside the hard range of their KPI, so
nothing is quarantined. What the method has to work on is there: corrections, holding groups of two, companies that do
not count, bases below the minimum, a KPI sent both with and without project and vendor, vendors known only from
engagements.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.settings import PROJECT_ROOT

ROWS = 2_000_000
ROWS_A_COMPANY = 400
KPIS = 60
VENDORS = 200
PROJECTS_A_COMPANY = 20
FIRST_YEAR, YEARS = 2020, 6
SEED = 20260630

STAGES = np.array(["IL", "OP", "OL", "MS", "SV", "FI", "HR", "TD", "PR"])
KINDS = np.array(["implementation", "upgrade", "migration", "integration", "service"])
ROLES = np.array(["product", "integrator", "managed_service", "cloud", "consulting"])
INDUSTRIES = np.array(list("ABCDEFGHIJKLMNOPQRSTU"))
COUNTRIES = np.array(["AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "PL", "PT", "SE"])
SIZES = np.array(["S", "M", "L", "XL"])

CORRECTING_COMPANIES = 50  # one company in so many sends a second file that corrects
CORRECTED_ROWS = 20
PAIRED_COMPANIES = 20  # one company in so many shares its holding group with the one before
ODD_COMPANIES = 100  # one in so many is a vendor, and one in so many is not verified

UNLIKE_SERIES = 180  # the least common multiple of KPIs and stages

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Made:
    """What was written: companies, kpi_values rows (corrections among them) and files."""

    companies: int
    rows: int
    files: int


@dataclass(frozen=True)
class _Plan:
    """Who sends how much: per company the years it reports up to the last one, and the series it keeps in them."""

    years: Integers
    series: Integers


def generate(landing: Path, rows: int = ROWS) -> Made:
    """Write the registry and every company's files into `landing`, exactly `rows` rows of kpi_values."""
    random = np.random.Generator(np.random.PCG64(SEED))
    companies = round(rows / ROWS_A_COMPANY)
    if companies < 2:
        raise ValueError(f"rows is {rows}, allowed is at least {ROWS_A_COMPANY * 2}")
    correcting = np.arange(0, companies - 1, CORRECTING_COMPANIES)
    corrections = CORRECTED_ROWS * len(correcting)
    landing.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        catalogue = _catalogue(connection)
        values = _kpi_values(random, _plan(companies), catalogue, rows - corrections)
        companies = int(values["company"][-1].as_py()) + 1
        (landing / "participants.csv").write_bytes(_as_csv(connection, _registry(random, companies), landing))
        files = 1 + _write_feed(connection, values, landing, "kpi_values.csv")
        files += _write_feed(connection, _corrected(values, correcting), landing, "kpi_values__corrections.csv")
        files += _write_feed(connection, _projects(random, companies), landing, "projects.csv")
        files += _write_feed(connection, _engagements(random, companies), landing, "engagements.csv")
    return Made(companies, rows, files)


def generate_feed(landing: Path, declared: Path, files: int, rows_a_file: int, faulty_each: int) -> Made:
    """`files` companies with one kpi_values file of about `rows_a_file` rows each in `landing`; registry and projects in `declared`.

    Every `faulty_each`-th row names a stage that does not exist, so that something is quarantined.
    """
    random = np.random.Generator(np.random.PCG64(SEED))
    declared.mkdir(parents=True, exist_ok=True)
    landing.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        values = _kpi_values(random, _plan(files + files // 100, rows_a_file), _catalogue(connection), files * rows_a_file)
        companies = int(values["company"][-1].as_py()) + 1
        stages = values["value_chain_stage"].combine_chunks()
        faulty = pa.array(np.arange(len(values)) % faulty_each == faulty_each - 1)
        values = values.set_column(
            values.column_names.index("value_chain_stage"), "value_chain_stage", pc.if_else(faulty, "XX", stages.cast(pa.string()))
        )
        (declared / "participants.csv").write_bytes(_as_csv(connection, _registry(random, companies), declared))
        _write_feed(connection, _projects(random, companies), declared, "projects.csv")
        return Made(companies, len(values), _write_feed(connection, values, landing, "kpi_values.csv"))


def _plan(companies: int, rows_a_company: int = ROWS_A_COMPANY) -> _Plan:
    """One company more than needed, since series are whole: the last rows are cut off."""
    years = 1 + np.arange(companies + 1, dtype=np.int64) % YEARS
    return _Plan(years, np.rint(rows_a_company / (4 * years)).astype(np.int64))


def _catalogue(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Any]:
    """60 KPIs that participants report and that are not money, the quarterly ones first."""
    seed = PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_catalogue.csv"
    return connection.execute(
        """select code, cast(multiplier as double) as multiplier, cast(typical_low as double) as low, cast(typical_high as double) as high,
            scale = 'log' as is_log, denominator = '1' as is_plain, coalesce(cast(min_base as integer), 0) as min_base
        from read_csv($1) where not computed and unit <> 'cur' order by frequency <> 'quarter', code limit $2""",
        [str(seed), KPIS],
    ).fetchnumpy()


def _kpi_values(random: np.random.Generator, plan: _Plan, catalogue: Mapping[str, Any], rows: int) -> pa.Table:
    company, series, quarter = _keys(plan, rows)
    paired = series % 5 == 4  # the KPI and stage of the series before, once more with project and vendor
    base_series = series - paired
    kpi = (company * 7 + base_series) % KPIS  # with the stage, unlike for 9 * 180 series of a company
    stage = (company + base_series + base_series // UNLIKE_SERIES) % len(STAGES)
    first_of_series = np.flatnonzero(np.diff(company * 1000 + series, prepend=-1))
    number = np.repeat(np.arange(len(first_of_series)), np.diff(first_of_series, append=rows))
    kind = random.random(len(first_of_series))[number]
    has_vendor, has_project = paired | ((kind >= 0.6) & (kind < 0.8)), paired | (kind >= 0.8)
    vendor = random.integers(0, VENDORS, len(first_of_series))[number]
    project = random.integers(0, PROJECTS_A_COMPANY, len(first_of_series))[number]
    numerator, denominator = _amounts(random, catalogue, company, kpi)
    min_base = catalogue["min_base"].astype(np.int64)[kpi]
    base = np.where(min_base > 0, random.integers(15, 400, rows), 0)
    year, nth = np.divmod(quarter, 4)
    return pa.table(
        {
            "company": pa.array(company),
            "kpi_code": _words(catalogue["code"], kpi),
            "period_start": _days(year, nth * 3),
            "period_end": _days(year, nth * 3 + 3, back=1),
            "value_chain_stage": _words(STAGES, stage),
            "project_ref": _words(_project_names(), project, has_project),
            "vendor": _words(_vendor_names(), vendor, has_vendor),
            "numerator": pa.array(numerator),
            "denominator": pa.array(denominator, mask=catalogue["is_plain"].astype(bool)[kpi]),
            "base": pa.array(base, mask=min_base == 0),
            "evidence_grade": _words(np.array(["A", "B", "C"]), random.integers(0, 3, rows)),
        }
    )


def _keys(plan: _Plan, rows: int) -> tuple[Integers, Integers, Integers]:
    """Per row its company, series and quarter (years since year 0 times 4), in file order."""
    quarters = 4 * plan.years
    per_company = quarters * plan.series
    company = np.repeat(np.arange(len(plan.years), dtype=np.int64), per_company)[:rows]
    nth = np.arange(rows, dtype=np.int64) - (np.cumsum(per_company) - per_company)[company]
    series, nth_quarter = np.divmod(nth, quarters[company])
    return company, series, (FIRST_YEAR + YEARS - plan.years[company]) * 4 + nth_quarter


def _amounts(random: np.random.Generator, catalogue: Mapping[str, Any], company: Integers, kpi: Integers) -> tuple[Integers, Integers]:
    """Numerators in ten-thousandths and whole denominators; values lie in the inner 90 % of the typical range."""
    leaning = random.normal(0, 0.12, company[-1] + 1)[company]
    place = np.clip(0.5 + leaning + random.normal(0, 0.15, len(company)), 0.05, 0.95)
    low, high = catalogue["low"][kpi], catalogue["high"][kpi]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithmic = low * (high / low) ** place
    value = np.where(catalogue["is_log"].astype(bool)[kpi], logarithmic, low + (high - low) * place)
    denominator = random.integers(100, 5000, len(company))
    plain = catalogue["is_plain"].astype(bool)[kpi]
    numerator = value / catalogue["multiplier"][kpi] * np.where(plain, 1, denominator)
    return np.rint(numerator * 10_000).astype(np.int64), denominator


def _corrected(values: pa.Table, correcting: Integers) -> pa.Table:
    """The first rows of some companies once more, with a numerator a little lower."""
    company = values["company"].to_numpy()
    starts = np.searchsorted(company, correcting)
    chosen = (starts[:, None] + np.arange(CORRECTED_ROWS)).ravel()
    table = values.take(pa.array(chosen))
    lower = (table["numerator"].to_numpy() * 0.97).astype(np.int64)
    return table.set_column(table.schema.get_field_index("numerator"), "numerator", pa.array(lower))


def _projects(random: np.random.Generator, companies: int) -> pa.Table:
    company, project = _company_projects(companies)
    rows = len(company)
    started = random.integers(0, YEARS * 12 - 12, rows)
    months = random.integers(3, 12, rows)
    cost = random.integers(50, 5000, rows) * 1000
    return pa.table(
        {
            "company": pa.array(company),
            "project_ref": _words(_project_names(), project),
            "project_kind": _words(KINDS, random.integers(0, len(KINDS), rows)),
            "value_chain_stage": _words(STAGES, random.integers(0, len(STAGES), rows)),
            "started_on": _days(np.full(rows, FIRST_YEAR), started),
            "planned_go_live_on": _days(np.full(rows, FIRST_YEAR), started + months),
            "go_live_on": _days(np.full(rows, FIRST_YEAR), started + months + random.integers(0, 3, rows)),
            "status": _words(np.array(["live", "closed"]), random.integers(0, 2, rows)),
            "planned_cost": pa.array(cost),
            "actual_cost": pa.array(cost + random.integers(-40, 400, rows) * 100),
            "currency": _words(np.array(["EUR"]), np.zeros(rows, np.int64)),
        }
    )


def _engagements(random: np.random.Generator, companies: int) -> pa.Table:
    """One vendor a project, and in every second project another one."""
    company, project = _company_projects(companies)
    first = random.integers(0, VENDORS, len(company))
    again = np.arange(len(company)) % 2 == 0
    order = np.argsort(np.concatenate([np.arange(len(company)), np.flatnonzero(again)]), kind="stable")
    vendor = np.concatenate([first, (first[again] + 1 + random.integers(0, VENDORS - 1, again.sum())) % VENDORS])[order]
    rows = len(order)
    return pa.table(
        {
            "company": pa.array(np.concatenate([company, company[again]])[order]),
            "project_ref": _words(_project_names(), np.concatenate([project, project[again]])[order]),
            "vendor": _words(_vendor_names(), vendor),
            "vendor_role": _words(ROLES, random.integers(0, len(ROLES), rows)),
            "annual_spend": pa.array(random.integers(5, 900, rows) * 1000),
            "currency": _words(np.array(["EUR"]), np.zeros(rows, np.int64)),
        }
    )


def _registry(random: np.random.Generator, companies: int) -> pa.Table:
    number = np.arange(companies)
    parent = np.where(number % PAIRED_COMPANIES == PAIRED_COMPANIES - 1, number - 1, number)
    return pa.table(
        {
            "participant_id": pa.array([company_name(n) for n in range(companies)]),
            "holding_group_id": pa.array([f"G{n:06d}" for n in parent]),
            "role": _words(np.array(["buyer", "vendor"]), (number % ODD_COMPANIES == 7).astype(np.int64)),
            "industry_code": _words(INDUSTRIES, random.integers(0, len(INDUSTRIES), companies)),
            "country": _words(COUNTRIES, random.integers(0, len(COUNTRIES), companies)),
            "size_band": _words(SIZES, random.integers(0, len(SIZES), companies)),
            "joined_on": _days(np.full(companies, FIRST_YEAR - 1), random.integers(0, 24, companies)),
            "verified": _words(np.array(["true", "false"]), (number % ODD_COMPANIES == 57).astype(np.int64)),
        }
    )


def company_name(number: int) -> str:
    return f"C{number:06d}"


def _company_projects(companies: int) -> tuple[Integers, Integers]:
    return (
        np.repeat(np.arange(companies, dtype=np.int64), PROJECTS_A_COMPANY),
        np.tile(np.arange(PROJECTS_A_COMPANY, dtype=np.int64), companies),
    )


def _project_names() -> np.ndarray:
    return np.array([f"PRJ-{n:02d}" for n in range(PROJECTS_A_COMPANY)])


def _vendor_names() -> np.ndarray:
    return np.array([f"Vendor {n:03d}" for n in range(VENDORS)])


def _words(words: np.ndarray, chosen: Integers, present: npt.NDArray[np.bool_] | None = None) -> pa.DictionaryArray:
    indices = pa.array(chosen.astype(np.int32), mask=None if present is None else ~present)
    return pa.DictionaryArray.from_arrays(indices, pa.array([str(word) for word in words]))


def _days(year: Integers, month: Integers, back: int = 0) -> pa.Array:
    """The first day of the month counted from January of `year`, `back` days earlier."""
    months = ((year - 1970) * 12 + month).astype("datetime64[M]")
    return pa.array(months.astype("datetime64[D]") - back)


def _write_feed(connection: duckdb.DuckDBPyConnection, table: pa.Table, landing: Path, name: str) -> int:
    """One file per company; `table` lies in company order. Returns the number of files."""
    company = table["company"].to_numpy()
    starts = np.flatnonzero(np.diff(company, prepend=-1))
    content = _as_csv(connection, table.drop_columns("company"), landing)
    header_ends = content.index(b"\n") + 1
    line_ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n")) + 1
    firsts, lasts = line_ends[starts], line_ends[np.append(starts[1:], len(company))]
    for number, first, last in zip(company[starts].tolist(), firsts.tolist(), lasts.tolist(), strict=True):
        folder = landing / company_name(number)
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content[:header_ends] + content[first:last])
    return len(starts)


def _as_csv(connection: duckdb.DuckDBPyConnection, table: pa.Table, landing: Path) -> bytes:
    beside = landing / "all.part"
    columns = ", ".join(f"cast({c} as decimal(18, 0)) * 0.0001 as {c}" if c == "numerator" else c for c in table.column_names)
    connection.register("made", table)
    connection.execute(f"copy (select {columns} from made) to '{beside}' (format csv, header true)")
    content = beside.read_bytes()
    beside.unlink()
    return content


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("landing", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    print(json.dumps(asdict(generate(given.landing, given.rows))))
