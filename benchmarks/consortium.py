"""What a made consortium of any size sends, as Arrow tables: for measuring speed, not for telling a story. Writes nothing.

The same number of rows always gives the same tables. All rows are whole quarters inside the hard range of their KPI, so
nothing is quarantined. What the method has to work on is there: late joiners, corrections, holding groups of two, companies
that do not count, bases below the minimum, a KPI sent both with and without project and vendor, vendors known only from
engagements. Values come in pieces of whole companies, so that memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.settings import PROJECT_ROOT

COMPANIES = 5000
LEAST_ROWS_A_COMPANY = 200  # of fewer rows than a million fewer companies are made
KPIS = 60
VENDORS = 200
PROJECTS_A_COMPANY = 20
FIRST_YEAR, YEARS = 2020, 6
SEED = 20260630
PIECE_ROWS = 1_000_000

STAGES = np.array(["IL", "OP", "OL", "MS", "SV", "FI", "HR", "TD", "PR"])
KINDS = np.array(["implementation", "upgrade", "migration", "integration", "service"])
ROLES = np.array(["product", "integrator", "managed_service", "cloud", "consulting"])
INDUSTRIES = np.array(list("ABCDEFGHIJKLMNOPQRSTU"))
COUNTRIES = np.array(["AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "PL", "PT", "SE"])
SIZES = np.array(["S", "M", "L", "XL"])

LATE_COMPANIES = 6  # one company in so many joined in a later year
CORRECTING_COMPANIES = 50  # one company in so many sends a second file that corrects
CORRECTED_ROWS = 20
PAIRED_COMPANIES = 20  # one company in so many shares its holding group with the one before
ODD_COMPANIES = 100  # one in so many is a vendor, and one in so many is not verified
LATER_COMPANIES, LATER_PLACE = 10, 3  # one company in so many sends later rows, first the one at this place

LEANINGS, VALUES, LATER_VALUES, PROJECT_ROWS, ENGAGEMENT_ROWS, REGISTRY = range(6)  # each draws from a stream of its own

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """Who sends how much. Per company: the quarters it reports up to the last one, and the series it keeps in each of them.

    A series is one KPI at one stage, with or without project and vendor. The series of `cut_short` ends after `last_rows`.
    """

    rows: int
    quarters: Integers
    series: Integers
    cut_short: int
    last_rows: int

    @property
    def companies(self) -> int:
        return len(self.quarters)

    @property
    def sent(self) -> Integers:
        """Rows of each company, corrections apart."""
        sent = self.quarters * self.series
        sent[self.cut_short] -= self.quarters[self.cut_short] - self.last_rows if self.last_rows else 0
        return sent

    @property
    def correcting(self) -> Integers:
        return np.arange(0, self.companies, CORRECTING_COMPANIES)


def plan(rows: int, companies: int | None = None) -> Plan:
    """`rows` rows of kpi_values with the corrections among them. Raises `ValueError` where they are too few for two companies."""
    companies = companies or min(COMPANIES, rows // LEAST_ROWS_A_COMPANY)
    if companies < 2 or rows < companies * LEAST_ROWS_A_COMPANY // 2:
        raise ValueError(f"rows is {rows}, allowed is at least {LEAST_ROWS_A_COMPANY * 2}")
    number = np.arange(companies)
    late = number % LATE_COMPANIES == LATE_COMPANIES - 1
    quarters = 4 * np.where(late, 1 + number // LATE_COMPANIES % (YEARS - 1), YEARS)
    planned = rows - CORRECTED_ROWS * len(np.arange(0, companies, CORRECTING_COMPANIES))
    series, left = divmod(planned, int(quarters.sum()))
    filled = int(np.searchsorted(np.cumsum(quarters), left, side="right"))  # the first companies keep one series more
    last_rows = left - int(quarters[:filled].sum())
    return Plan(rows, quarters, series + (number < filled + (last_rows > 0)), filled, last_rows)


def values(made: Plan) -> Iterator[pa.Table]:
    """The rows of kpi_values in company order, in pieces of whole companies; `company` is the sender's number."""
    for first, last in _pieces(made.sent):
        company, series, nth = _keys(made, first, last)
        quarter = FIRST_YEAR * 4 + YEARS * 4 - made.quarters[company] + nth
        yield _rows(np.random.default_rng([SEED, VALUES, first]), company, series, quarter, made.companies)


def corrected(made: Plan, piece: pa.Table) -> pa.Table:
    """The first rows of the correcting companies of a piece once more, with a numerator a little lower."""
    company = piece["company"].to_numpy()
    correcting = made.correcting[np.isin(made.correcting, company)]
    chosen = (np.searchsorted(company, correcting)[:, None] + np.arange(CORRECTED_ROWS)).ravel()
    table = piece.take(pa.array(chosen, pa.int64()))
    lower = (table["numerator"].to_numpy() * 0.97).astype(np.int64)
    return table.set_column(table.schema.get_field_index("numerator"), "numerator", pa.array(lower))


def later_values(made: Plan, batch: int = 1) -> Iterator[pa.Table]:
    """One row more for every hundred, all of the newest quarter and of series that were not sent before, from a tenth of the companies:
    another one for each `batch`, from 1 to LATER_COMPANIES.
    """
    senders = np.arange((LATER_PLACE + batch - 1) % LATER_COMPANIES, made.companies, LATER_COMPANIES)
    share, left = divmod(made.rows // 100, len(senders))
    count = share + (np.arange(len(senders)) < left)
    for first, last in _pieces(count):
        company = np.repeat(senders[first:last], count[first:last])
        nth = np.concatenate([np.arange(n) for n in count[first:last]])
        quarter = np.full(len(company), (FIRST_YEAR + YEARS) * 4 - 1)
        yield _rows(np.random.default_rng([SEED, LATER_VALUES, first]), company, made.series[company] + nth, quarter, made.companies)


def _pieces(sent: Integers) -> Iterator[tuple[int, int]]:
    """From which company to before which one each piece goes."""
    place = (np.cumsum(sent) - 1) // PIECE_ROWS
    edges = [0, *(np.flatnonzero(np.diff(place)) + 1).tolist(), len(sent)]
    yield from pairwise(edges)


def _keys(made: Plan, first: int, last: int) -> tuple[Integers, Integers, Integers]:
    """Per row its company, series and place among the company's quarters, in file order."""
    sent = made.sent[first:last]
    company = np.repeat(np.arange(first, last), sent)
    nth = np.arange(len(company)) - np.repeat(np.cumsum(sent) - sent, sent)
    series, nth_quarter = np.divmod(nth, made.quarters[company])
    return company, series, nth_quarter


def _rows(random: np.random.Generator, company: Integers, series: Integers, quarter: Integers, companies: int) -> pa.Table:
    """A company has 540 pairs of KPI and stage; where it keeps more series, they name a project of their own each."""
    catalogue = _catalogue()
    paired = series % 5 == 4  # the KPI and stage of the series before, once more with project and vendor
    round_, pair = np.divmod(series - series // 5 - paired, KPIS * len(STAGES))
    kpi = (company * 7 + pair) % KPIS
    stage = (company + pair + pair // KPIS) % len(STAGES)
    kind, vendor, project = _drawn_by_series(random, company, series - paired)
    has_vendor = paired | ((round_ == 0) & (kind >= 0.6) & (kind < 0.8))
    has_project = paired | (round_ > 0) | (kind >= 0.8)
    numerator, denominator = _amounts(random, catalogue, company, kpi, companies)
    min_base = catalogue["min_base"].astype(np.int64)[kpi]
    base = np.where(min_base > 0, random.integers(15, 400, len(company)), 0)
    year, nth = np.divmod(quarter, 4)
    return pa.table(
        {
            "company": pa.array(company),
            "kpi_code": words(catalogue["code"], kpi),
            "period_start": days(year, nth * 3),
            "period_end": days(year, nth * 3 + 3, back=1),
            "value_chain_stage": words(STAGES, stage),
            "project_ref": words(project_names(), (project + round_) % PROJECTS_A_COMPANY, has_project),
            "vendor": words(_vendor_names(), vendor, has_vendor),
            "numerator": pa.array(numerator),
            "denominator": pa.array(denominator, mask=catalogue["is_plain"].astype(bool)[kpi]),
            "base": pa.array(base, mask=min_base == 0),
            "evidence_grade": words(np.array(["A", "B", "C"]), random.integers(0, 3, len(company))),
        }
    )


def _drawn_by_series(
    random: np.random.Generator, company: Integers, series: Integers
) -> tuple[npt.NDArray[np.float64], Integers, Integers]:
    """What all rows of a series share: whether it names vendor or project (0 to 1), and which. Projects follow from company and series."""
    number = np.cumsum(np.diff(company * 1_000_000 + series, prepend=-1) != 0) - 1
    count = int(number[-1]) + 1
    kind, vendor = random.random(count)[number], random.integers(0, VENDORS, count)[number]
    base = series - series // 5
    return kind, vendor, (company * 3 + base % (KPIS * len(STAGES)) * 7) % PROJECTS_A_COMPANY


def _amounts(
    random: np.random.Generator, catalogue: Mapping[str, Any], company: Integers, kpi: Integers, companies: int
) -> tuple[Integers, Integers]:
    """Numerators in ten-thousandths and whole denominators; values lie in the inner 90 % of the typical range.

    Companies differ more than quarters of one company do, so that about one row in a hundred raises a question.
    """
    leaning = np.random.default_rng([SEED, LEANINGS]).normal(0, 0.18, (companies, KPIS))[company, kpi]
    place = np.clip(0.5 + leaning + random.normal(0, 0.04, len(company)), 0.05, 0.95)
    low, high = catalogue["low"][kpi], catalogue["high"][kpi]
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithmic = low * (high / low) ** place
    value = np.where(catalogue["is_log"].astype(bool)[kpi], logarithmic, low + (high - low) * place)
    denominator = random.integers(100, 5000, len(company))
    plain = catalogue["is_plain"].astype(bool)[kpi]
    numerator = value / catalogue["multiplier"][kpi] * np.where(plain, 1, denominator)
    return np.rint(numerator * 10_000).astype(np.int64), denominator


@cache
def _catalogue() -> Mapping[str, Any]:
    """60 KPIs that participants report and that are not money, the quarterly ones first."""
    seed = PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_catalogue.csv"
    with duckdb.connect() as connection:
        return connection.execute(
            """select code, cast(multiplier as double) as multiplier, cast(typical_low as double) as low, cast(typical_high as double) as high,
                scale = 'log' as is_log, denominator = '1' as is_plain, coalesce(cast(min_base as integer), 0) as min_base
            from read_csv($1) where not computed and unit <> 'cur' order by frequency <> 'quarter', code limit $2""",
            [str(seed), KPIS],
        ).fetchnumpy()


def projects(companies: int) -> pa.Table:
    """Twenty projects of every company."""
    random = np.random.default_rng([SEED, PROJECT_ROWS])
    company, project = _company_projects(companies)
    rows = len(company)
    started = random.integers(0, YEARS * 12 - 12, rows)
    months = random.integers(3, 12, rows)
    cost = random.integers(50, 5000, rows) * 1000
    return pa.table(
        {
            "company": pa.array(company),
            "project_ref": words(project_names(), project),
            "project_kind": words(KINDS, random.integers(0, len(KINDS), rows)),
            "value_chain_stage": words(STAGES, random.integers(0, len(STAGES), rows)),
            "started_on": days(np.full(rows, FIRST_YEAR), started),
            "planned_go_live_on": days(np.full(rows, FIRST_YEAR), started + months),
            "go_live_on": days(np.full(rows, FIRST_YEAR), started + months + random.integers(0, 3, rows)),
            "status": words(np.array(["live", "closed"]), random.integers(0, 2, rows)),
            "planned_cost": pa.array(cost),
            "actual_cost": pa.array(cost + random.integers(-40, 400, rows) * 100),
            "currency": words(np.array(["EUR"]), np.zeros(rows, np.int64)),
        }
    )


def engagements(companies: int) -> pa.Table:
    """One vendor a project, and in every second project another one."""
    random = np.random.default_rng([SEED, ENGAGEMENT_ROWS])
    company, project = _company_projects(companies)
    first = random.integers(0, VENDORS, len(company))
    again = np.arange(len(company)) % 2 == 0
    order = np.argsort(np.concatenate([np.arange(len(company)), np.flatnonzero(again)]), kind="stable")
    vendor = np.concatenate([first, (first[again] + 1 + random.integers(0, VENDORS - 1, again.sum())) % VENDORS])[order]
    rows = len(order)
    return pa.table(
        {
            "company": pa.array(np.concatenate([company, company[again]])[order]),
            "project_ref": words(project_names(), np.concatenate([project, project[again]])[order]),
            "vendor": words(_vendor_names(), vendor),
            "vendor_role": words(ROLES, random.integers(0, len(ROLES), rows)),
            "annual_spend": pa.array(random.integers(5, 900, rows) * 1000),
            "currency": words(np.array(["EUR"]), np.zeros(rows, np.int64)),
        }
    )


def registry(companies: int) -> pa.Table:
    """The operator's file: every company, its holding group and attributes."""
    random = np.random.default_rng([SEED, REGISTRY])
    number = np.arange(companies)
    parent = np.where(number % PAIRED_COMPANIES == PAIRED_COMPANIES - 1, number - 1, number)
    return pa.table(
        {
            "participant_id": pa.array([company_name(n) for n in range(companies)]),
            "holding_group_id": pa.array([f"G{n:06d}" for n in parent]),
            "role": words(np.array(["buyer", "vendor"]), (number % ODD_COMPANIES == 7).astype(np.int64)),
            "industry_code": words(INDUSTRIES, random.integers(0, len(INDUSTRIES), companies)),
            "country": words(COUNTRIES, random.integers(0, len(COUNTRIES), companies)),
            "size_band": words(SIZES, random.integers(0, len(SIZES), companies)),
            "joined_on": days(np.full(companies, FIRST_YEAR - 1), random.integers(0, 24, companies)),
            "verified": words(np.array(["true", "false"]), (number % ODD_COMPANIES == 57).astype(np.int64)),
        }
    )


def company_name(number: int) -> str:
    return f"C{number:06d}"


def project_names() -> np.ndarray:
    return np.array([f"PRJ-{n:02d}" for n in range(PROJECTS_A_COMPANY)])


def _company_projects(companies: int) -> tuple[Integers, Integers]:
    return (
        np.repeat(np.arange(companies, dtype=np.int64), PROJECTS_A_COMPANY),
        np.tile(np.arange(PROJECTS_A_COMPANY, dtype=np.int64), companies),
    )


def _vendor_names() -> np.ndarray:
    return np.array([f"Vendor {n:03d}" for n in range(VENDORS)])


def words(of: np.ndarray, chosen: Integers, present: npt.NDArray[np.bool_] | None = None) -> pa.DictionaryArray:
    """The words of `of` at the places `chosen`, NULL where not `present`."""
    indices = pa.array(chosen.astype(np.int32), mask=None if present is None else ~present)
    return pa.DictionaryArray.from_arrays(indices, pa.array([str(word) for word in of]))


def days(year: Integers, month: Integers, back: int = 0) -> pa.Array:
    """The first day of the month counted from January of `year`, `back` days earlier."""
    months = ((year - 1970) * 12 + month).astype("datetime64[M]")
    return pa.array(months.astype("datetime64[D]") - back)
