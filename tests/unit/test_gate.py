"""The gate on small candidates: a clean one passes, and every check is shown failing on data that breaks its rule."""

from __future__ import annotations

import csv
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.contracts import RowRule, disclosure_policy, release_contracts
from orchestration.errors import EvenhandError
from orchestration.gate import CheckOutcome, GateInput, GateResult, checks_page, run_gate
from orchestration.gate.run import NOT_RUN, run_checks
from orchestration.gate.suite import gate_checks

CONTRACT = release_contracts()["benchmark"]
POLICY = disclosure_policy()
PUBLIC = POLICY.profile("public")
ARROW = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}
EVIDENCE_COLUMNS = {
    **dict.fromkeys(("period", "kpi_code"), pa.string()),
    "kpi_version": pa.int32(),
    **dict.fromkeys(("cut", "industry", "sector", "country", "size_band", "value_chain_stage"), pa.string()),
    **dict.fromkeys(("project_kind", "vendor", "vendor_class"), pa.string()),
    **dict.fromkeys(("contributors", "established"), pa.int64()),
    **dict.fromkeys(("p10", "p25", "p50", "p75", "p90", "top1_share", "tie_share", "zero_share"), pa.float64()),
    **dict.fromkeys(("grade_a_share", "grade_b_share", "grade_c_share"), pa.float64()),
    "left_out": pa.string(),
}
CATALOGUE = [
    {"code": "ADO-01", "version": "1", "unit": "%", "direction": "H", "min": "0", "max": "100", "scale": "linear"},
    {"code": "ADO-04", "version": "1", "unit": "days", "direction": "L", "min": "0", "max": "730", "scale": "log"},
]
FULL, QUARTILES, MEDIAN, VENDOR, RESERVED = range(5)

Rows = list[dict[str, Any]]


@dataclass
class Case:
    """A candidate and everything it is judged by, still in memory so that a test can break one thing."""

    rows: Rows
    evidence: Rows
    previous_revision: Rows | None
    previous_period: Rows | None
    identities: list[str] = field(default_factory=lambda: ["P00098f2072", "G00098f2072"])
    catalogue: Rows = field(default_factory=lambda: deepcopy(CATALOGUE))
    types: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    def inputs(self, folder: Path) -> GateInput:
        return GateInput(
            release_id="2025-r1",
            dataset=self._benchmark(folder / "benchmark.parquet", self.rows),
            evidence=_write(folder / "evidence.parquet", self.evidence, EVIDENCE_COLUMNS),
            identities=_write(folder / "ids.parquet", [{"id": i} for i in self.identities], {"id": pa.string()}),
            catalogue=_write_csv(folder / "kpi_catalogue.csv", self.catalogue),
            previous_revision=self._previous(folder / "revision.parquet", self.previous_revision),
            previous_period=self._previous(folder / "period.parquet", self.previous_period),
        )

    def gate(self, folder: Path) -> GateResult:
        return run_gate(self.inputs(folder), CONTRACT, PUBLIC, POLICY)

    def _benchmark(self, path: Path, rows: Rows) -> Path:
        columns = {c.name: ARROW[c.physical_type] for c in CONTRACT.columns if c.name not in self.dropped}
        return _write(path, rows, {**columns, **self.types})

    def _previous(self, path: Path, rows: Rows | None) -> Path | None:
        columns = {c.name: ARROW[c.physical_type] for c in CONTRACT.columns}
        return None if rows is None else _write(path, rows, columns)


def _write(path: Path, rows: Rows, columns: dict[str, Any]) -> Path:
    arrays = [pa.array([row.get(name) for row in rows], type=kind) for name, kind in columns.items()]
    pq.write_table(pa.Table.from_arrays(arrays, names=list(columns)), path)
    return path


def _write_csv(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(CATALOGUE[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _row(cut: str, band: str, **values: Any) -> dict[str, Any]:
    return {
        "release_id": "2025-r1",
        "period": "2025",
        "kpi_code": "ADO-01",
        "kpi_version": 1,
        "unit": "%",
        "direction": "H",
        "cut": cut,
        "contributors_band": band,
        "tie_share_band": "5-20",
        "zero_share_band": "0-5",
        "status": "published",
        "profile": "public",
        **values,
    }


def _evidence(row: dict[str, Any], contributors: int, **values: Any) -> dict[str, Any]:
    known = {name: row.get(name) for name in EVIDENCE_COLUMNS if name in row and not name.startswith("p")}
    facts = {"contributors": contributors, "established": contributors, "tie_share": 0.05, "zero_share": 0.0}
    facts |= {"grade_a_share": 0.6, "grade_b_share": 0.3, "grade_c_share": 0.1}
    return {**known, "period": row["period"], **facts, **values}


def clean() -> Case:
    grades = {"grade_a_band": "50-80", "grade_b_band": "20-50", "grade_c_band": "5-20"}
    rows = [
        _row("all", "50-99", p10=35.0, p25=50.0, p50=62.0, p75=80.0, edge_high="p90", p50_low=58.0, p50_high=66.0, **grades),
        _row("industry", "20-29", industry="C", edge_low="p25", p50=12.0, p75=30.0, **grades),
        _row(
            "sector x size_band",
            "10-14",
            sector="manufacturing",
            size_band="L",
            kpi_code="ADO-04",
            unit="days",
            direction="L",
            p50=21.5,
        ),
        _row("vendor", "10-14", vendor="Harbour Systems", p50=44.0, attributed="20-50"),
        _row("country", "15-19", country="CA", p50=51.0, status="re-served"),
    ]
    hidden = _row("industry", "8-9", industry="D")
    counts = (60, 21, 12, 14, 9)
    evidence = [_evidence(row, n) for row, n in zip(rows, counts, strict=True)] + [_evidence(hidden, 4)]
    revision = [{**row, "release_id": "2025-r0", "status": "published"} for row in rows]
    period = [{**row, "release_id": "2024-r1", "period": "2024"} for row in rows]
    return Case(rows, evidence, revision, period)


def outcome(result: GateResult, name: str) -> CheckOutcome:
    return next(o for o in result.outcomes if o.name == name)


def red(result: GateResult) -> set[str]:
    return {o.name for o in result.outcomes if not o.passed}


@pytest.fixture(scope="module")
def clean_result(tmp_path_factory: pytest.TempPathFactory) -> GateResult:
    return clean().gate(tmp_path_factory.mktemp("clean"))


def test_a_clean_candidate_passes(clean_result: GateResult) -> None:
    assert red(clean_result) == set()
    assert clean_result.passed
    assert (clean_result.release_id, clean_result.profile, clean_result.rows) == ("2025-r1", "public", 5)


def test_outcomes_carry_figures(clean_result: GateResult) -> None:
    assert outcome(clean_result, "quantiles_ordered").rows == 5
    assert outcome(clean_result, "quantiles_allowed").rows == 4
    assert outcome(clean_result, "revision_rows").observed == "5 rows, 5 before"
    assert outcome(clean_result, "direction.allowed").limit == "one of H, L, N"


def test_sizes_of_private_inputs_are_not_told(tmp_path: Path) -> None:
    case = clean()
    case.identities = [f"P{number:010}" for number in range(777)]
    case.evidence += [_evidence(_row("vendor", "8-9", vendor=f"Hidden {number}"), 3) for number in range(544)]
    result = case.gate(tmp_path)
    assert result.passed
    assert not re.search(r"777|544|550", str(result))


def set_cell(index: int, **values: Any) -> Callable[[Case], None]:
    return lambda case: case.rows[index].update(values)


def set_evidence(index: int, **values: Any) -> Callable[[Case], None]:
    return lambda case: case.evidence[index].update(values)


def _repeat_row(case: Case) -> None:
    case.rows.append(deepcopy(case.rows[FULL]))


def _repeat_evidence(case: Case) -> None:
    case.evidence.append(deepcopy(case.evidence[-1]))


def _repeat_catalogue(case: Case) -> None:
    case.catalogue.append({**case.catalogue[0], "unit": "days"})


def _unknown_dimension_value(case: Case) -> None:
    case.rows[QUARTILES]["industry"] = "Z"


def _extra_column(name: str) -> Callable[[Case], None]:
    return lambda case: case.types.update({name: pa.float64()})


def _rows_lost(case: Case) -> None:
    assert case.previous_revision is not None
    case.previous_revision += [{**row, "size_band": band} for row in case.previous_revision for band in ("S", "M")]


def _cells_swapped(case: Case) -> None:
    assert case.previous_revision is not None
    for row in case.previous_revision[:2]:
        row["kpi_code"] = "ADO-04"


def _period_rows_lost(case: Case) -> None:
    assert case.previous_period is not None
    case.previous_period += [{**row, "size_band": band} for row in case.previous_period for band in ("S", "M")]


def _period_cells_swapped(case: Case) -> None:
    assert case.previous_period is not None
    for row in case.previous_period[:3]:
        row["kpi_version"] = 7


def _not_in_revision(case: Case) -> None:
    assert case.previous_revision is not None
    case.previous_revision[VENDOR]["vendor"] = "Quayside"


BROKEN: list[tuple[str, str, Callable[[Case], None]]] = [
    ("columns", "a column too many", _extra_column("note")),
    ("columns", "a column too few", lambda case: setattr(case, "dropped", ("attributed",))),
    ("column_types", "text for a number", lambda case: case.types.update(kpi_version=pa.int64())),
    ("identities_listed", "nobody to look for", lambda case: case.identities.clear()),
    ("evidence_unique", "two facts on one cell", _repeat_evidence),
    ("catalogue_unique", "two units of one KPI", _repeat_catalogue),
    ("rows_present", "an empty table", lambda case: case.rows.clear()),
    ("key_unique", "the same cell twice", _repeat_row),
    ("forbidden_columns", "an exact count", _extra_column("contributors")),
    ("forbidden_columns", "a mean", _extra_column("p50_mean")),
    ("forbidden_columns", "the maximum in disguise", _extra_column("p100")),
    ("no_identity", "a participant as a vendor", set_cell(VENDOR, vendor="P00098f2072")),
    ("no_identity", "a group inside a text", set_cell(VENDOR, vendor="Harbour (G00098f2072)")),
    ("release_id_matches", "another release", set_cell(FULL, release_id="2025-r0")),
    ("period_matches", "another period", set_cell(FULL, period="2024")),
    ("profile_matches", "another profile", set_cell(FULL, profile="members")),
    ("kpi_in_catalogue", "an unknown KPI", set_cell(FULL, kpi_code="XXX-99")),
    ("kpi_in_catalogue", "an unknown version", set_cell(FULL, kpi_version=2)),
    ("unit_matches", "another unit", set_cell(FULL, unit="points")),
    ("direction_matches", "another direction", set_cell(FULL, direction="L")),
    ("dimensions_match_cut", "a dimension too many", set_cell(FULL, country="CA")),
    ("dimensions_match_cut", "a dimension too few", set_cell(QUARTILES, industry=None)),
    ("dimensions_match_cut", "a blank dimension", set_cell(QUARTILES, industry="")),
    ("dimensions_match_cut", "dimensions in another order", set_cell(MEDIAN, cut="size_band x sector")),
    ("dimensions_match_cut", "a segment nobody named", set_cell(FULL, segment="founders")),
    ("dimensions_match_cut", "a role nobody named", set_cell(VENDOR, vendor_role="cloud")),
    ("attributed_band", "attribution without a vendor", set_cell(FULL, attributed="20-50")),
    ("attributed_band", "an undeclared band", set_cell(VENDOR, attributed="20-30")),
    ("quantiles_ordered", "falling numbers", set_cell(FULL, p25=63.0)),
    ("quantiles_ordered", "a lower band after a number", set_cell(QUARTILES, p25=10.0, p75=None, edge_low="p75")),
    ("quantiles_ordered", "an upper band before a number", set_cell(FULL, p90=99.0, p75=None, edge_high="p75")),
    ("quantile_printed_once", "a number and a band", set_cell(FULL, p90=97.0)),
    ("quantile_printed_once", "both bands", set_cell(FULL, edge_low="p90")),
    ("edge_lists_in_order", "a list out of order", set_cell(FULL, p75=None, edge_high="p90,p75")),
    ("edge_lists_in_order", "a list that repeats", set_cell(FULL, edge_high="p90,p90")),
    ("numbers_in_hard_range", "above the hard range", set_cell(FULL, p75=100.5)),
    ("numbers_in_hard_range", "below it on a log scale", set_cell(MEDIAN, p50=-1.0)),
    ("numbers_in_hard_range", "not a number", set_cell(FULL, p75=float("nan"))),
    ("numbers_in_hard_range", "infinite", set_cell(FULL, p10=float("-inf"))),
    ("quantiles_allowed", "quartiles too early", set_cell(VENDOR, p25=30.0, p75=50.0)),
    ("quantiles_allowed", "a band too early", set_cell(VENDOR, edge_high="p75")),
    ("quantiles_allowed", "quartiles missing", set_cell(QUARTILES, edge_low=None, p75=None)),
    ("quantiles_allowed", "one quartile missing", set_cell(QUARTILES, p75=None)),
    ("quantiles_allowed", "quartiles that an attack broke", set_evidence(QUARTILES, left_out="p25,p75")),
    ("quantiles_allowed", "quartiles at n = 22", set_evidence(QUARTILES, contributors=22)),
    ("median_interval_complete", "one end only", set_cell(FULL, p50_low=None)),
    ("median_interval_ordered", "the median outside", set_cell(FULL, p50_low=63.0)),
    ("median_interval_ordered", "ends swapped around a band", set_cell(FULL, p50=None, p50_low=70.0)),
    ("median_interval_in_range", "an end beyond the range", set_cell(FULL, p50_high=101.0)),
    ("median_interval_allowed", "windows that meet", set_evidence(FULL, contributors=50)),
    *(
        (f"{quartile}_interval_{what}", how, breaks)
        for quartile, p, low, high in (("lower_quartile", "p25", 45.0, 55.0), ("upper_quartile", "p75", 70.0, 85.0))
        for what, how, breaks in (
            ("complete", "one end only", set_cell(FULL, **{f"{p}_low": low})),
            ("ordered", "the quartile outside", set_cell(FULL, **{f"{p}_low": 91.0, f"{p}_high": 92.0})),
            ("in_range", "an end beyond the range", set_cell(FULL, **{f"{p}_low": low, f"{p}_high": 101.0})),
            ("allowed", "too few groups", set_cell(FULL, **{f"{p}_low": low, f"{p}_high": high})),
        )
    ),
    *((f"grade_{g}_band_matches", "another band", set_cell(FULL, **{f"grade_{g}_band": "80-100"})) for g in "abc"),
    *((f"grade_{g}_band_matches", "a small cell", set_cell(MEDIAN, **{f"grade_{g}_band": "5-20"})) for g in "abc"),
    *((f"grade_{g}_band_matches", "a band withheld", set_cell(QUARTILES, **{f"grade_{g}_band": None})) for g in "abc"),
    ("cell_in_evidence", "a cell without data", _unknown_dimension_value),
    ("cell_in_evidence", "a segment the evidence does not know", set_cell(FULL, segment="founders")),
    ("enough_groups", "nine groups", set_evidence(MEDIAN, contributors=9)),
    ("enough_groups", "an unknown number of groups", set_evidence(MEDIAN, contributors=None)),
    ("enough_established", "nine established groups", set_evidence(MEDIAN, established=9)),
    ("contributors_band_matches", "the band below", set_cell(FULL, contributors_band="30-49")),
    ("not_homogeneous", "one value at four in five", set_evidence(MEDIAN, tie_share=0.8)),
    ("tie_share_band_matches", "the band below", set_cell(FULL, tie_share_band="0-5")),
    ("zero_share_band_matches", "the band above", set_cell(FULL, zero_share_band="5-20")),
    ("reserved_unchanged", "a re-served row that changed", set_cell(RESERVED, p50=51.5)),
    ("reserved_unchanged", "nothing to re-serve", lambda case: setattr(case, "previous_revision", None)),
    ("hidden_stays_hidden", "a cell hidden before", _not_in_revision),
    ("revision_rows", "two thirds of the rows gone", _rows_lost),
    ("revision_coverage", "two cells in five exchanged", _cells_swapped),
    ("period_rows", "two thirds of the rows gone", _period_rows_lost),
    ("period_coverage", "three cells in five exchanged", _period_cells_swapped),
]


@pytest.mark.parametrize(("name", "breaks"), [pytest.param(n, b, id=f"{n}: {what}".replace(" ", "-")) for n, what, b in BROKEN])
def test_a_check_is_red_on_bad_data(name: str, breaks: Callable[[Case], None], tmp_path: Path) -> None:
    case = clean()
    breaks(case)
    inputs = case.inputs(tmp_path)
    checks = tuple(check for check in gate_checks(inputs, CONTRACT, PUBLIC, POLICY) if check.name == name)
    _, (failed,) = run_checks(inputs, checks, CONTRACT, PUBLIC)
    assert not failed.passed
    assert failed.violations > 0
    assert failed.observed != NOT_RUN


@pytest.mark.parametrize(("kind", "value"), [("required", None), ("allowed", "nonsense"), ("pattern", "nonsense")])
def test_every_declared_property_of_a_column_is_red_on_bad_data(kind: str, value: str | None, tmp_path: Path) -> None:
    names = {name for name in contract_check_names() if name.endswith(f".{kind}")}
    case = clean()
    for name in names:
        case.rows[FULL][name.partition(".")[0]] = value
    result = case.gate(tmp_path)
    assert names <= red(result)
    assert {outcome(result, name).violations for name in names} == {1}


def test_every_check_of_the_suite_has_been_shown_red(tmp_path: Path) -> None:
    shown = {name for name, _, _ in BROKEN} | contract_check_names()
    assert {check.name for check in gate_checks(clean().inputs(tmp_path), CONTRACT, PUBLIC, POLICY)} == shown


def contract_check_names() -> set[str]:
    kinds = {"required": lambda c: c.required, "allowed": lambda c: c.allowed, "pattern": lambda c: c.pattern}
    return {f"{c.name}.{kind}" for c in CONTRACT.columns for kind, declares in kinds.items() if declares(c)}


def test_range_length_and_row_rules_of_a_contract_are_checked(tmp_path: Path) -> None:
    columns = tuple(
        replace(c, minimum=40, maximum=60) if c.name == "p50" else replace(c, max_length=3) if c.name == "sector" else c
        for c in CONTRACT.columns
    )
    rule = RowRule(
        "median_below_quartile",
        "p50",
        "r.p50 < r.p75 - 18 and r.unit <> '{:x} :y' and 1::INTEGER = 1",
        "p50 well below p75",
    )
    contract = replace(CONTRACT, columns=columns, rules=(rule,))
    result = run_gate(clean().inputs(tmp_path), contract, PUBLIC, POLICY)
    assert red(result) == {"p50.range", "sector.length", "rule.median_below_quartile"}
    assert outcome(result, "p50.range").violations == 3
    assert outcome(result, "p50.range").limit == "40 to 60"


def test_all_but_one_alike_is_homogeneous_below_the_share_too(tmp_path: Path) -> None:
    case = clean()
    case.rows[MEDIAN]["tie_share_band"] = "80-100"
    case.evidence[MEDIAN]["tie_share"] = 11 / 12
    result = run_gate(case.inputs(tmp_path), CONTRACT, replace(PUBLIC, homogeneity_share=0.99), POLICY)
    assert red(result) == {"not_homogeneous"}


def test_a_red_warning_stops_nothing(tmp_path: Path) -> None:
    case = clean()
    _period_rows_lost(case)
    result = case.gate(tmp_path)
    assert red(result) == {"period_rows", "period_coverage"}
    assert result.passed
    assert {o.name for o in result.warnings} == red(result)


def test_an_edition_published_before_a_column_was_added_can_be_compared_with(tmp_path: Path) -> None:
    inputs = clean().inputs(tmp_path)
    assert inputs.previous_revision is not None
    older = pq.read_table(inputs.previous_revision).drop_columns(["p25_low", "p25_high", "grade_c_band"])
    pq.write_table(older, inputs.previous_revision)
    assert red(run_gate(inputs, CONTRACT, PUBLIC, POLICY)) == set()


def test_a_first_release_has_nothing_to_compare_with(tmp_path: Path) -> None:
    case = clean()
    case.previous_revision = case.previous_period = None
    del case.rows[RESERVED]
    case.evidence[MEDIAN]["established"] = 0
    result = case.gate(tmp_path)
    assert red(result) == set()
    assert outcome(result, "revision_rows").observed == "no previous revision"
    assert outcome(result, "period_coverage").observed == "no previous period"


def test_words_the_contract_declares_are_no_identities(tmp_path: Path) -> None:
    case = clean()
    case.identities = ["100", "2025", "published"]
    assert red(case.gate(tmp_path)) == set()


def test_a_check_that_cannot_run_has_failed(tmp_path: Path) -> None:
    case = clean()
    case.dropped = ("edge_low",)
    result = case.gate(tmp_path)
    assert {"columns", "edge_low.pattern", "quantiles_allowed", "no_identity"} - red(result) == {"no_identity"}
    assert outcome(result, "quantiles_allowed").observed == NOT_RUN
    assert outcome(result, "edge_low.pattern").observed == NOT_RUN
    assert outcome(result, "columns").observed == "missing: edge_low; undeclared: 0"


def test_a_verdict_that_great_expectations_does_not_share_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(court: object, relations: list[str]) -> dict[str, int | None]:
        return {relation: {"cells": 1, "texts": None}.get(relation, 0) for relation in relations}

    from orchestration.gate import engine

    monkeypatch.setattr(engine, "_validated", deaf)
    result = clean().gate(tmp_path)
    not_run = {o.name for o in result.outcomes if o.observed == NOT_RUN}
    assert red(result) == not_run
    assert {"quantiles_ordered", "no_identity"} <= not_run
    assert not {"columns", "enough_groups"} & not_run


def test_violations_of_one_candidate_are_forgotten_at_the_next(tmp_path: Path) -> None:
    broken, other = clean(), clean()
    _repeat_row(broken)
    (tmp_path / "other").mkdir()
    assert "key_unique" in red(broken.gate(tmp_path))
    assert red(other.gate(tmp_path / "other")) == set()


def test_columns_in_another_order_are_told_from_undeclared_ones(tmp_path: Path) -> None:
    inputs = clean().inputs(tmp_path)
    table = pq.read_table(inputs.dataset)
    names = table.column_names
    pq.write_table(table.select([names[1], names[0], *names[2:]]), inputs.dataset)
    columns = outcome(run_gate(inputs, CONTRACT, PUBLIC, POLICY), "columns")
    assert (columns.passed, columns.violations, columns.observed) == (False, 2, "in another order")


def test_a_file_that_is_no_table_fails_every_check_that_needs_it(tmp_path: Path) -> None:
    inputs = clean().inputs(tmp_path)
    inputs.dataset.write_text("not Parquet")
    result = run_gate(inputs, CONTRACT, PUBLIC, POLICY)
    assert {o.name for o in result.outcomes if o.passed} == {"identities_listed", "evidence_unique", "catalogue_unique"}
    assert result.rows == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    inputs = clean().inputs(tmp_path)
    inputs.evidence.unlink()
    with pytest.raises(EvenhandError, match=r"evidence \(.*evidence.parquet\)"):
        run_gate(inputs, CONTRACT, PUBLIC, POLICY)


def test_nothing_private_and_nothing_hostile_reaches_the_outcomes_or_the_page(tmp_path: Path) -> None:
    case = clean()
    hostile = "<script>alert(1)</script>"
    case.rows[VENDOR].update(vendor=f"{hostile} P00098f2072", unit=hostile, cut=hostile, status=hostile)
    case.evidence[MEDIAN]["contributors"] = 7
    case.types.update({f"{hostile} P00098f2072": pa.float64()})
    result = case.gate(tmp_path)
    page = checks_page(result)
    assert not result.passed
    for secret in ("<script", "script&gt;", "P00098f2072"):
        assert secret not in page
        assert secret not in str(result)
    assert outcome(result, "enough_groups").observed == "2 of 4"


def test_the_same_candidate_gives_the_same_result(clean_result: GateResult, tmp_path: Path) -> None:
    again = clean().gate(tmp_path)
    assert again == clean_result
    assert checks_page(again) == checks_page(clean_result)


def test_a_folder_named_like_a_pattern_or_a_partition_is_read_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "release_id=[2025]" / "what?*"
    folder.mkdir(parents=True)
    assert red(clean().gate(folder)) == set()


def test_nothing_is_written_printed_or_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    case_folder, working, home = tmp_path / "case", tmp_path / "cwd", tmp_path / "home"
    for folder in (case_folder, working, home):
        folder.mkdir()
    monkeypatch.chdir(working)
    monkeypatch.setenv("HOME", str(home))
    sent: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: sent.append(address))
    case = clean()
    inputs = case.inputs(case_folder)
    before = sorted(tmp_path.rglob("*"))
    run_gate(inputs, CONTRACT, PUBLIC, POLICY)
    assert sorted(tmp_path.rglob("*")) == before
    assert capfd.readouterr() == ("", "")
    assert sent == []


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    code = "import sys, orchestration.gate; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
