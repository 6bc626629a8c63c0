"""The demo consortium is what its truth file says, recounted here from the files alone."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import TypeVar

import pytest

from orchestration.contracts import PROJECT_ROOT, intake_contracts
from orchestration.demo import PlantedTruth, Truth, make_consortium, truth_json

Fields = dict[str, str]
Key = TypeVar("Key")
STAGES = {"IL", "OP", "OL", "MS", "SV", "FI", "HR", "TD", "PR"}
FORMS = {"number": r"-?\d+(\.\d+)?", "integer": r"-?\d+(\.0)?", "date": r"\d{4}-\d\d-\d\d"}
NUMBERS = ("numerator", "denominator", "target", "base", "months_since_go_live")


@dataclass(frozen=True)
class Made:
    """One made landing folder, read once."""

    landing: Path
    truth: Truth
    registry: dict[str, Fields]
    sheets: dict[str, dict[str, list[list[str]]]]
    broken: dict[str, dict[str, Counter[str]]]
    values: list[Fields]
    projects: list[Fields]
    engagements: list[Fields]
    engaged: dict[str, list[str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    landing = tmp_path_factory.mktemp("landing")
    truth = make_consortium(landing)
    registry = {row["participant_id"]: row for row in _records(landing / "participants.csv")}
    sheets = {feed: _sheets(landing, feed, truth) for feed in ("kpi_values", "projects", "engagements")}
    counting = {p for p, row in registry.items() if row["role"] == "buyer" and row["verified"] == "true"}
    fates = {feed: {p: _fates(feed, rows) for p, rows in own.items()} for feed, own in sheets.items()}
    broken = {feed: {p: Counter(f for f in found if f) for p, found in own.items()} for feed, own in fates.items()}
    clean = {feed: [*_clean_rows(feed, sheets[feed], fates[feed], counting)] for feed in sheets}
    engaged = defaultdict[str, list[str]](list)
    for row in clean["engagements"]:
        engaged[row["project_ref"]].append(row["vendor"])
    return Made(landing, truth, registry, sheets, broken, clean["kpi_values"], clean["projects"], clean["engagements"], engaged)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(made: Made, tmp_path: Path) -> None:
    again = make_consortium(tmp_path / "again")
    other = make_consortium(tmp_path / "other", seed=7)
    assert _digests(tmp_path / "again") == _digests(made.landing)
    assert truth_json(again) == truth_json(made.truth)
    assert _digests(tmp_path / "other") != _digests(made.landing)
    assert other.seed == 7


def test_every_reported_kpi_stage_and_vendor_occurs(made: Made) -> None:
    assert {row["kpi_code"] for row in made.values} == {code for code, k in _catalogue().items() if k["computed"] == "false"}
    assert {row["value_chain_stage"] for row in made.values} == STAGES
    assert {row["vendor"] for row in made.engagements} == set(made.truth.vendors)
    assert len(made.truth.vendors) == 25


def test_every_kind_and_status_of_project_occurs(made: Made) -> None:
    contract = intake_contracts()["projects"]
    for column in ("project_kind", "status", "value_chain_stage"):
        assert {row[column] for row in made.projects} == set(contract.column(column).allowed)
    per_company = Counter(row["participant_id"] for row in made.projects)
    assert max(per_company.values()) == 8
    assert 4 < mean(per_company.values()) < 6


def test_vendor_work_is_spread_and_planted_vendors_can_be_published(made: Made) -> None:
    per_project = Counter(row["project_ref"] for row in made.engagements)
    assert set(per_project.values()) == {1, 2, 3}
    companies = defaultdict[tuple[str, int], set[str]](set)
    for row in _of(made, "DEL-01"):
        companies[_planted_vendor(made, row), _year(row)].add(row["participant_id"])
    assert min(len(ids) for ids in companies.values()) >= 12


def test_sizes_are_what_a_quick_night_can_carry(made: Made) -> None:
    counted = {entry.feed: entry for entry in made.truth.rows}
    assert 40_000 <= counted["kpi_values"].rows <= 70_000
    for feed, sheets in made.sheets.items():
        assert (counted[feed].files, counted[feed].rows) == (len(sheets), sum(map(len, sheets.values())))


def test_core_kpis_come_from_nearly_all_extended_ones_from_some(made: Made) -> None:
    senders = defaultdict[str, set[str]](set)
    for row in made.values:
        senders[row["kpi_code"]].add(row["participant_id"])
    by_module = defaultdict[str, list[int]](list)
    for code, ids in senders.items():
        by_module[_catalogue()[code]["module"]].append(len(ids))
    assert min(by_module["core"]) > 150
    assert min(by_module["extended"]) > 20
    assert max(by_module["extended"]) < 135
    public = [p for code, ids in senders.items() if _catalogue()[code]["module"] == "public_sector" for p in ids]
    assert mean(made.registry[p]["industry_code"] in "OPQ" for p in public) > 0.7


def test_the_registry_says_what_the_census_says(made: Made) -> None:
    census, rows = made.truth.census, made.registry.values()
    assert len(made.registry) == census.participants == 201
    assert dict(census.industries) == Counter(row["industry_code"] for row in rows)
    assert len(census.industries) == 12
    assert dict(census.roles) == {"buyer": 199, "operator": 1, "vendor": 1}
    assert set(census.unverified) == {row["participant_id"] for row in rows if row["verified"] == "false"}
    dated = Counter(row["participant_id"] for row in _records(made.landing / "participants.csv"))
    assert sorted(p for p, count in dated.items() if count == 2) == sorted(census.changed_entries)
    assert all(p.startswith("DEMO-") for p in made.registry)


def test_joiners_send_nothing_from_before_they_joined(made: Made) -> None:
    joined = {p: date.fromisoformat(day) for p, day in made.truth.census.joined_during}
    starts = [(row["participant_id"], date.fromisoformat(row["period_start"])) for row in made.values]
    gaps = [(joined[p] - start).days for p, start in starts if p in joined]
    assert len(joined) == 41
    assert max(gaps) <= 31


def test_dirt_is_exactly_what_the_truth_counts(made: Made) -> None:
    for feed, broken in made.broken.items():
        told = {entry.rule: entry.rows for entry in made.truth.dirt if entry.feed == feed}
        assert told == dict(sum(broken.values(), Counter[str]()))


def test_dirt_is_small_and_no_good_file_is_half_bad(made: Made) -> None:
    assert 0.005 <= made.truth.dirt_share <= 0.01
    for feed, sheets in made.sheets.items():
        assert max(made.broken[feed][p].total() / len(rows) for p, rows in sheets.items()) < 0.25


def test_rejected_files_are_broken_as_told(made: Made) -> None:
    semicolon, empty, misspelt = (made.landing / entry.file for entry in made.truth.rejected_files)
    assert semicolon.read_text("utf-8").startswith("kpi_code;period_start;")
    assert empty.read_bytes() == b""
    assert misspelt.read_text("utf-8").splitlines()[0].endswith(",evidence_grad")


def test_only_the_told_companies_mix_rows_with_and_without_a_project(made: Made) -> None:
    grains = defaultdict[tuple[str, str, str], set[bool]](set)
    for row in made.values:
        grains[row["participant_id"], row["kpi_code"], row["value_chain_stage"]].add(bool(row["project_ref"]))
    mixed = {key for key, kinds in grains.items() if len(kinds) == 2}
    told = {(m.participant_id, m.kpi_code, m.value_chain_stage) for m in made.truth.mixed_grain}
    assert mixed == told
    assert 3 <= len(told) <= 8


def test_survey_bases_are_mostly_but_not_always_enough(made: Made) -> None:
    enough = [
        int(row["base"]) >= int(_catalogue()[row["kpi_code"]]["min_base"])
        for row in made.values
        if _catalogue()[row["kpi_code"]]["min_base"]
    ]
    assert 0.94 < mean(enough) < 0.995


def test_clean_values_lie_around_the_typical_range(made: Made) -> None:
    by_code = defaultdict[str, list[float]](list)
    for row in made.values:
        if _catalogue()[row["kpi_code"]]["unit"] != "cur":
            by_code[row["kpi_code"]].append(_value(row))
    for code, values in by_code.items():
        low, high = float(_catalogue()[code]["typical_low"]), float(_catalogue()[code]["typical_high"])
        assert low <= median(values) <= high, code
        assert mean(low <= v <= high for v in values) > 0.9, code
        assert len(set(values)) > 10, code


def test_the_truth_file_is_sorted_labelled_json(made: Made) -> None:
    document = json.loads(truth_json(made.truth))
    assert document["label"].startswith("MADE DATA")
    assert list(document) == sorted(document)
    assert {"0-6", "7-12", "13-24", "25-36", "37+"} == {p["months_since_go_live"] for p in document["promises"]}
    assert {p["kpi_code"] for p in document["promises"]} <= {row["kpi_code"] for row in made.values if row["project_ref"]}


def test_every_planted_truth_can_be_found_again(made: Made) -> None:
    assert {truth.name for truth in made.truth.planted} == set(STATISTICS)
    missed = {
        truth.name: (truth.interval_low, found, truth.interval_high)
        for truth in made.truth.planted
        if not truth.interval_low <= (found := STATISTICS[truth.name](made, truth)) <= truth.interval_high
    }
    assert missed == {}


def test_kinds_of_truth_cover_what_a_benchmark_must_tell(made: Made) -> None:
    wanted = {
        "vendor_effect", "stage_effect", "trend", "no_change", "membership_change", "promise_gap", "target_gap",
        "industry_effect", "size_effect",
    }  # fmt: skip
    assert wanted <= {truth.kind for truth in made.truth.planted}


def _cost_effect(made: Made, truth: PlantedTruth) -> float:
    values = defaultdict[str, list[float]](list)
    for row in _of(made, "DEL-01"):
        values[_planted_vendor(made, row)].append(_value(row))
    return median(values[truth.value]) - median(values[""])


def _use_effect(made: Made, truth: PlantedTruth) -> float:
    by_project = defaultdict[tuple[str, str], list[float]](list)
    for row in _of(made, "ADO-01"):
        if row["project_ref"]:
            by_project[_planted_vendor(made, row), row["project_ref"]].append(_value(row))
    means = [(vendor, mean(values)) for (vendor, _), values in by_project.items()]
    return median(v for vendor, v in means if vendor == truth.value) - median(v for vendor, v in means if vendor == "")


def _stage_effect(made: Made, truth: PlantedTruth) -> float:
    by_cell = _ratios(_of(made, truth.kpi_code), lambda r: (r["participant_id"], r["value_chain_stage"], str(_year(r))))
    at_stage = [v for key, v in by_cell.items() if key[1] == truth.value]
    return median(at_stage) - median(v for key, v in by_cell.items() if key[1] != truth.value)


def _matched_change(made: Made, truth: PlantedTruth) -> float:
    scale = math.log10 if truth.scale == "log10" else float
    yearly = _yearly(made, truth.kpi_code)
    return median(scale(v) - scale(yearly[p, year - 1]) for (p, year), v in yearly.items() if (p, year - 1) in yearly)


def _joiners_effect(made: Made, truth: PlantedTruth) -> float:
    joiners = {p for p, _ in made.truth.census.joined_during}
    latest = [(p in joiners, math.log10(v)) for (p, year), v in _yearly(made, truth.kpi_code).items() if year == 2025]
    return median(v for joined, v in latest if joined) - median(v for joined, v in latest if not joined)


def _cross_section_change(made: Made, truth: PlantedTruth) -> float:
    by_year = defaultdict[int, list[float]](list)
    for (_, year), value in _yearly(made, truth.kpi_code).items():
        by_year[year].append(value)
    return math.log10(median(by_year[2025])) - math.log10(median(by_year[2023]))


def _company_effect(column: str, reference: set[str] | None = None) -> Callable[[Made, PlantedTruth], float]:
    def statistic(made: Made, truth: PlantedTruth) -> float:
        scale = math.log10 if truth.scale == "log10" else float
        pairs = [(made.registry[p][column], scale(v)) for (p, _), v in _yearly(made, truth.kpi_code).items()]
        others = [v for value, v in pairs if value != truth.value and (reference is None or value in reference)]
        return median(v for value, v in pairs if value == truth.value) - median(others)

    return statistic


def _slip(made: Made, _: PlantedTruth) -> float:
    return median((date.fromisoformat(p["go_live_on"]) - date.fromisoformat(p["planned_go_live_on"])).days for p in _live(made))


def _overruns(made: Made) -> list[float]:
    unplanted = [p for p in _live(made) if _planted_vendor(made, p) == ""]
    return [100 * (float(p["actual_cost"]) / float(p["planned_cost"]) - 1) for p in unplanted]


def _tie_share(made: Made, _: PlantedTruth) -> float:
    return mean(overrun == 0 for overrun in _overruns(made))


def _overrun_where_not_tied(made: Made, _: PlantedTruth) -> float:
    return median(overrun for overrun in _overruns(made) if overrun != 0)


def _target_ratio(made: Made, truth: PlantedTruth) -> float:
    pairs = [(_value(row), float(row["target"])) for row in _of(made, truth.kpi_code)]
    lower_is_better = _catalogue()[truth.kpi_code]["direction"] == "L"
    return median(target / value if lower_is_better else value / target for value, target in pairs)


STATISTICS: dict[str, Callable[[Made, PlantedTruth], float]] = {
    "vendor_better_cost": _cost_effect,
    "vendor_worse_cost": _cost_effect,
    "vendor_better_use": _use_effect,
    "vendor_worse_use": _use_effect,
    "stage_hr_satisfaction": _stage_effect,
    "trend_within_sla": _matched_change,
    "restore_no_real_change": _matched_change,
    "restore_joiners_better": _joiners_effect,
    "restore_cross_section_moves": _cross_section_change,
    "go_live_slip": _slip,
    "cost_ties_at_zero": _tie_share,
    "cost_overrun_where_not_on_budget": _overrun_where_not_tied,
    "target_missed_exp_04": _target_ratio,
    "target_missed_ben_01": _target_ratio,
    "target_missed_ren_05": _target_ratio,
    "industry_finance_spend": _company_effect("industry_code"),
    "industry_public_tracking": _company_effect("industry_code"),
    "size_xl_sourcing": _company_effect("size_band", {"M", "L"}),
    "size_s_sourcing": _company_effect("size_band", {"M", "L"}),
}


def _of(made: Made, kpi_code: str) -> list[Fields]:
    """Rows of one KPI with a figure and a sufficient base."""
    min_base = float(_catalogue()[kpi_code]["min_base"] or 0)
    return [r for r in made.values if r["kpi_code"] == kpi_code and float(r["base"] or min_base) >= min_base]


def _yearly(made: Made, kpi_code: str) -> dict[tuple[str, int], float]:
    return _ratios(_of(made, kpi_code), lambda row: (row["participant_id"], _year(row)))


def _ratios(rows: Iterable[Fields], key: Callable[[Fields], Key]) -> dict[Key, float]:
    """Ratio of sums by key, times the multiplier."""
    sums = defaultdict[Key, list[float]](lambda: [0.0, 0.0, 1.0])
    for row in rows:
        total = sums[key(row)]
        total[0] += float(row["numerator"])
        total[1] += float(row["denominator"] or 1)
        total[2] = float(_catalogue()[row["kpi_code"]]["multiplier"])
    return {k: multiplier * top / bottom for k, (top, bottom, multiplier) in sums.items()}


def _year(row: Fields) -> int:
    start, end = date.fromisoformat(row["period_start"]), date.fromisoformat(row["period_end"])
    return (start + (end - start) / 2).year


def _live(made: Made) -> list[Fields]:
    return [p for p in made.projects if p["status"] in ("live", "closed")]


def _planted_vendor(made: Made, row: Fields) -> str:
    """Return the planted vendor engaged in the row's project, or empty."""
    planted = {truth.value for truth in made.truth.planted if truth.dimension == "vendor"}
    return next((v for v in made.engaged.get(row["project_ref"], ()) if v in planted), "")


@cache
def _catalogue() -> dict[str, Fields]:
    return {row["code"]: row for row in _records(PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_catalogue.csv")}


def _records(path: Path) -> list[Fields]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _digests(landing: Path) -> dict[str, str]:
    files = sorted(path for path in landing.rglob("*") if path.is_file())
    return {str(path.relative_to(landing)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _sheets(landing: Path, feed: str, truth: Truth) -> dict[str, list[list[str]]]:
    """Read the data rows of each good file of a feed, by participant."""
    rejected = {entry.file for entry in truth.rejected_files}
    paths = [p for p in sorted(landing.glob(f"*/{feed}*.csv")) if str(p.relative_to(landing)) not in rejected]
    sheets: dict[str, list[list[str]]] = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        assert tuple(header) == intake_contracts()[feed].column_names
        sheets[path.parent.name] = rows
    return sheets


def _clean_rows(feed: str, sheets: dict[str, list[list[str]]], fates: dict[str, list[str | None]], counting: set[str]) -> Iterator[Fields]:
    for participant_id in sorted(counting & set(sheets)):
        for row, fate in zip(sheets[participant_id], fates[participant_id], strict=True):
            if fate is None:
                yield {"participant_id": participant_id, **_fields(feed, row)}


def _fates(feed: str, rows: list[list[str]]) -> list[str | None]:
    """For each row the one rule it breaks, or nothing. Fails where a row breaks two."""
    columns, key = intake_contracts()[feed].column_names, intake_contracts()[feed].key
    contents = defaultdict[tuple[str, ...], set[tuple[str, ...]]](set)
    typed = [{column: _typed(column, text) for column, text in _fields(feed, row).items()} for row in rows]
    for row in typed:
        contents[tuple(row[c] for c in key)].add(tuple(row[c] for c in columns))
    seen: set[tuple[str, ...]] = set()
    fates: list[str | None] = []
    for row, same in zip(rows, typed, strict=True):
        found = _column_rules(feed, row) or _row_rules(feed, _fields(feed, row))
        if len(contents[tuple(same[c] for c in key)]) > 1:
            found = ["contradicting_key"]
        elif tuple(same.values()) in seen:
            found = ["identical_copy"]
        seen.add(tuple(same.values()))
        assert len(found) <= 1, (row, found)
        fates.append(found[0] if found else None)
    return fates


def _fields(feed: str, row: list[str]) -> Fields:
    return dict(zip(intake_contracts()[feed].column_names, row, strict=False))


def _typed(column: str, text: str) -> str:
    return f"{float(text):.6f}" if column in NUMBERS and re.fullmatch(r"-?[0-9.]+", text) else text


def _column_rules(feed: str, row: list[str]) -> list[str]:
    contract = intake_contracts()[feed]
    found = ["fields"] * (len(row) != len(contract.columns))
    for column, text in zip(contract.columns, row, strict=False):
        found += ["required"] * (column.required and text == "")
        if text == "":
            continue
        if not re.fullmatch(FORMS.get(column.logical_type, ".*"), text):
            found.append("type")
        elif column.logical_type in ("number", "integer") and column.minimum is not None:
            found += ["range"] * (float(text) < float(column.minimum))
        found += ["allowed_values"] * bool(column.allowed and text not in column.allowed)
        found += ["pattern"] * bool(column.pattern and not re.match(column.pattern, text))
    return found


def _row_rules(feed: str, row: Fields) -> list[str]:
    if feed == "projects":
        return ["currency_with_cost"] * (not row["currency"])
    if feed == "engagements":
        return ["currency_with_spend"] * (not row["currency"])
    kpi = _catalogue().get(row["kpi_code"])
    if kpi is None:
        return ["known_kpi"]
    found = ["period_order"] * (row["period_end"] < row["period_start"])
    found += ["not_computed_kpi"] * (kpi["computed"] == "true")
    found += ["denominator_given"] * (row["denominator"] == "" and kpi["denominator"] != "1")
    found += ["currency_given"] * (kpi["unit"] == "cur" and row["currency"] == "")
    return found + _number_rules(kpi, float(row["numerator"]), float(row["denominator"] or 1))


def _number_rules(kpi: Fields, numerator: float, denominator: float) -> list[str]:
    if denominator == 0:
        return ["denominator_not_zero"] * (numerator != 0)
    value = round(float(kpi["multiplier"]) * numerator / denominator, 9)
    outside = kpi["unit"] != "cur" and not float(kpi["min"]) <= value <= float(kpi["max"])
    return ["denominator_not_negative"] * (denominator < 0) + ["hard_range"] * outside


def _value(row: Fields) -> float:
    return float(_catalogue()[row["kpi_code"]]["multiplier"]) * float(row["numerator"]) / float(row["denominator"] or 1)
