"""The gate on the datasets beside the benchmark: clean ones pass, and every check of their own is shown failing."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from orchestration.contracts import disclosure_policy, release_contracts
from orchestration.gate import GateInput, GateResult, run_gate
from orchestration.gate.run import NOT_RUN
from tests.unit.test_gate import ARROW, CATALOGUE, EVIDENCE_COLUMNS, _write, _write_csv, red

POLICY = disclosure_policy()
PUBLIC = POLICY.profile("public")
SHARES = ("tie", "zero", "rebaselined", "abandoned", "closed", "no_figure")
TREND_EVIDENCE = {n: t for n, t in EVIDENCE_COLUMNS.items() if n not in ("p10", "p25", "p50", "p75", "p90", "top1_share")}
ATTAINMENT_EVIDENCE = {
    **dict.fromkeys(("period", "kpi_code"), pa.string()),
    "kpi_version": pa.int32(),
    **dict.fromkeys(("cut", "project_kind", "vendor", "promised_by", "months_since_go_live"), pa.string()),
    **dict.fromkeys(("contributors", "established", "base_groups"), pa.int64()),
    **dict.fromkeys((f"{name}_share" for name in SHARES), pa.float64()),
    "left_out": pa.string(),
}
BENCHMARK = {n: pa.string() for n in ("release_id", "kpi_code", "cut", *list(EVIDENCE_COLUMNS)[4:12])} | {
    "kpi_version": pa.int32(),
    "p50": pa.float64(),
}

Rows = list[dict[str, Any]]


@dataclass
class Case:
    """One dataset's candidate and what it is judged by, in memory until it is judged."""

    dataset: str
    rows: Rows
    evidence: Rows
    evidence_columns: dict[str, Any]
    beside: dict[str, tuple[Rows, dict[str, Any]]]
    cuts: tuple[str, ...] = ("all", "industry")

    def gate(self, folder: Path) -> GateResult:
        contract = release_contracts()[self.dataset]
        columns = {c.name: ARROW[c.physical_type] for c in contract.columns}
        catalogue = deepcopy(CATALOGUE)
        inputs = GateInput(
            release_id="2025-r0",
            dataset=_write(folder / "candidate.parquet", self.rows, columns),
            evidence=_write(folder / "evidence.parquet", self.evidence, self.evidence_columns),
            identities=_write(folder / "ids.parquet", [{"id": "P00098f2072"}], {"id": pa.string()}),
            catalogue=_write_csv(folder / "kpi_catalogue.csv", catalogue),
            previous_revision=None,
            previous_period=None,
            beside={name: _write(folder / f"{name}.parquet", *table) for name, table in self.beside.items()} | self._declared(folder),
        )
        return run_gate(inputs, contract, PUBLIC, POLICY)

    def _declared(self, folder: Path) -> dict[str, Path | None]:
        if self.dataset != "coverage":
            return {}
        path = folder / "cuts.csv"
        path.write_text("cut_key,cut\n" + "".join(f"{n},{cut}\n" for n, cut in enumerate(self.cuts)))
        return dict.fromkeys(("declared_benchmark", "declared_trend", "declared_attainment"), path)


def named(**values: Any) -> dict[str, Any]:
    common = {"release_id": "2025-r0", "period": "2025", "kpi_version": 1, "status": "published", "profile": "public"}
    return common | {"contributors_band": "10-14", "tie_share_band": "5-20", "zero_share_band": "0-5"} | values


def facts(row: dict[str, Any], columns: dict[str, Any]) -> dict[str, Any]:
    known = {name: row.get(name) for name in columns if name in row}
    return known | {
        "contributors": 12,
        "established": 12,
        "base_groups": 20,
        **{f"{name}_share": 0.1 for name in SHARES},
        "zero_share": 0.0,
    }


def trend_case() -> Case:
    linear = named(
        kpi_code="ADO-01", unit="%", direction="H", cut="all", earlier_period="2024", change_kind="difference", earlier_release_id="2024-r0"
    )
    linear |= {"earlier_p50": 52.0, "p50": 60.0, "cross_section_change": 8.0, "real_change": 6.0, "membership_change": 2.0}
    log = linear | {"kpi_code": "ADO-04", "unit": "days", "direction": "L", "cut": "industry", "industry": "C", "change_kind": "percent"}
    log |= {"earlier_p50": 20.0, "p50": 30.0, "cross_section_change": 50.0, "real_change": 99.5, "membership_change": -24.8}
    alone = log | {"industry": "D", "p50": None, "cross_section_change": None, "membership_change": None}
    rows = [linear, log, alone]
    latest = [{**row, "release_id": "2025-r0"} for row in rows]
    earlier = [{**row, "release_id": "2024-r0", "p50": row["earlier_p50"]} for row in rows]
    evidence = [facts(row, TREND_EVIDENCE) for row in rows]
    return Case("trend", rows, evidence, TREND_EVIDENCE, {"benchmark": (latest, BENCHMARK), "earlier_benchmark": (earlier, BENCHMARK)})


def attainment_case() -> Case:
    row = named(kpi_code="ADO-04", direction="L", cut="promised_by", promised_by="vendor", months_since_go_live="7-12", p50=0.56)
    row |= {f"{name}_share_band": "5-20" for name in SHARES if name != "zero"}
    other = row | {"months_since_go_live": "37+", "p50": None, "edge_high": "p50"}
    return Case("attainment", [row, other], [facts(r, ATTAINMENT_EVIDENCE) for r in (row, other)], ATTAINMENT_EVIDENCE, {})


def coverage_case() -> Case:
    columns = {
        c.name: ARROW[c.physical_type] for c in release_contracts()["coverage"].columns if c.name not in ("release_id", "period", "dataset")
    }
    cell = {"kpi_code": "ADO-01", "kpi_version": 1, "cut": "all"}
    attained = cell | {"months_since_go_live": "0-6"}
    own = {"release_id": "2025-r0", "period": "2025", "profile": "public"}
    served = [
        own | {"dataset": name, "status": "served"} | row for name, row in (("benchmark", cell), ("trend", cell), ("attainment", attained))
    ]
    declared = [
        own | {"dataset": name, "status": "declared", "cut": cut}
        for name in ("benchmark", "trend", "attainment")
        for cut in ("all", "industry")
    ]
    tables = {"benchmark": ([cell], columns), "trend": ([cell], columns), "attainment": ([attained], columns)}
    return Case("coverage", [*declared, *served], [], EVIDENCE_COLUMNS, tables)


CLEAN = {"trend": trend_case, "attainment": attainment_case, "coverage": coverage_case}


@pytest.mark.parametrize("dataset", CLEAN)
def test_a_clean_dataset_passes(dataset: str, tmp_path: Path) -> None:
    result = CLEAN[dataset]().gate(tmp_path)
    assert red(result) == set()
    assert not any(o.observed == NOT_RUN for o in result.outcomes)


@pytest.mark.parametrize("dataset", ["trend", "attainment"])
def test_a_dataset_that_serves_nothing_yet_passes(dataset: str, tmp_path: Path) -> None:
    case = CLEAN[dataset]()
    case.rows.clear()
    result = case.gate(tmp_path)
    assert red(result) == set()
    assert result.rows == 0


def test_an_empty_dataset_of_another_shape_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = trend_case()
    case.rows.clear()
    monkeypatch.setitem(ARROW, "DOUBLE", pa.string())
    assert "column_types" in red(case.gate(tmp_path))


def put(row: int, **values: Any) -> Callable[[Case], None]:
    return lambda case: case.rows[row].update(values)


def put_beside(table: str, **values: Any) -> Callable[[Case], None]:
    return lambda case: case.beside[table][0][0].update(values)


def put_evidence(**values: Any) -> Callable[[Case], None]:
    return lambda case: case.evidence[0].update(values)


def drop_row(case: Case) -> None:
    case.rows.pop()


def repeat_row(case: Case) -> None:
    case.rows.append(dict(case.rows[-1]))


def declare_more(case: Case) -> None:
    case.cuts = (*case.cuts, "sector")


BROKEN: list[tuple[str, str, str, Callable[[Case], None]]] = [
    ("trend", "earlier_period_is_a_year_before", "two years before", put(0, earlier_period="2023")),
    ("trend", "latest_median_is_published", "a median nobody prints", put_beside("benchmark", p50=None)),
    ("trend", "latest_median_is_published", "another cell's median", put_beside("benchmark", cut="country")),
    ("trend", "earlier_median_is_published", "another median", put_beside("earlier_benchmark", p50=51.0)),
    ("trend", "earlier_median_is_published", "another release", put(0, earlier_release_id="2024-r1")),
    ("trend", "change_kind_matches", "a difference on log scale", put(1, change_kind="difference")),
    ("trend", "cross_section_follows", "it does not", put(0, cross_section_change=9.0)),
    ("trend", "cross_section_follows", "a percentage that does not", put(1, cross_section_change=51.0)),
    ("trend", "cross_section_follows", "a change from nothing", put(2, cross_section_change=1.0)),
    ("trend", "membership_follows", "it does not", put(0, membership_change=1.0)),
    ("trend", "membership_follows", "a factor that does not", put(1, membership_change=-49.5)),
    ("trend", "real_change_in_reach", "not a number", put(0, real_change=float("nan"))),
    ("trend", "real_change_in_reach", "more than there is", put(0, real_change=101.0, membership_change=-93.0)),
    ("trend", "enough_groups", "nine groups in the panel", put_evidence(contributors=9)),
    ("attainment", "quantiles_allowed", "a median that an attack broke", put_evidence(left_out="p50")),
    ("trend", "not_homogeneous", "hardly any company changed", put_evidence(tie_share=0.9)),
    ("trend", "contributors_band_matches", "the band above", put(0, contributors_band="15-19")),
    ("trend", "tie_share_band_matches", "the band below", put(0, tie_share_band="0-5")),
    ("trend", "cell_in_evidence", "a cell without data", put(0, kpi_version=2)),
    ("trend", "no_identity", "a participant as a vendor", put(0, cut="vendor", vendor="P00098f2072")),
    ("trend", "unit_matches", "another unit", put(0, unit="days")),
    ("attainment", "numbers_in_hard_range", "more than twice", put(0, p50=2.5)),
    ("attainment", "quantiles_allowed", "quartiles of twelve groups", put(0, p25=0.4, p75=0.7)),
    ("attainment", "dimensions_match_cut", "a promise by nobody", put(0, promised_by=None)),
    ("attainment", "cell_in_evidence", "another band of months", put(0, months_since_go_live="13-24")),
    ("attainment", "enough_groups", "nine groups", put_evidence(contributors=9)),
    ("attainment", "abandoned_share_band_matches", "fewer abandoned than there are", put(0, abandoned_share_band="0-5")),
    ("attainment", "rebaselined_share_band_matches", "fewer changed than there are", put(0, rebaselined_share_band="0-5")),
    ("attainment", "closed_share_band_matches", "more closed", put(0, closed_share_band="20-50")),
    ("attainment", "no_figure_share_band_matches", "more figures", put(0, no_figure_share_band="0-5")),
    ("attainment", "direction_matches", "another direction", put(0, direction="H")),
    ("coverage", "served_are_published", "a served cell missing", drop_row),
    ("coverage", "served_are_published", "a cell nobody serves", put(-1, kpi_code="ADO-04")),
    ("coverage", "key_unique", "a cell twice", repeat_row),
    ("coverage", "cuts_are_declared", "a cut left out", declare_more),
    ("coverage", "cuts_are_declared", "a cut nobody declared", put(0, cut="country")),
    ("coverage", "declared_rows_are_cuts_only", "a cut that names a hidden cell", put(1, kpi_code="ADO-04")),
    ("coverage", "profile_matches", "another profile", put(0, profile="members")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dataset", "name", "breaks"), [pytest.param(d, n, b, id=f"{d} {n}: {what}".replace(" ", "-")) for d, n, what, b in BROKEN]
)
def test_a_check_is_red_on_bad_data(dataset: str, name: str, breaks: Callable[[Case], None], tmp_path: Path) -> None:
    case = CLEAN[dataset]()
    breaks(case)
    result = case.gate(tmp_path)
    outcome = next(o for o in result.outcomes if o.name == name)
    assert not outcome.passed
    assert outcome.violations > 0
    assert outcome.observed != NOT_RUN
