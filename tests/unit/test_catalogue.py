"""The KPI catalogue: complete, in words and ranges that hold, and held to what was published."""

from __future__ import annotations

import csv
import math
from collections import Counter
from datetime import date, timedelta
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from orchestration.errors import EvenhandError
from orchestration.release.catalogue import CATALOGUE, MEANING, changed_meaning, refuse_changed_meaning
from orchestration.release.money import PRICE_INDEX
from orchestration.warehouse import DBT_PROJECT

SEED = DBT_PROJECT / "seeds" / "kpi_catalogue.csv"
MAY_BE_EMPTY = {"valid_to", "answer_scale", "min_base", "price_basis", "money_driver", "default_stage"}
ALLOWED = {
    "unit": {"%", "pp", "points", "ratio", "count", "score", "cur", "days", "months", "h", "min", "h/FP", "per 100 FP", "per month"},
    "multiplier": {"1", "100"},
    "direction": {"H", "L", "N"},
    "scale": {"linear", "log"},
    "answer_scale": {"", "0-10", "1-5", "1-7"},
    "frequency": {"year", "quarter", "month"},
    "aggregation": {"ratio_of_sums", "sum", "mean"},
    "coverage_exempt": {"true", "false"},
    "computed": {"true", "false"},
    "price_basis": {"", "flow", "stock", "flow_constant", "stock_constant"},
    "money_driver": {
        *("", "annual fees", "contract value", "cost of standstill", "licence fees", "process cost", "project budget"),
        *("promised benefit", "sales", "staff time", "support cost", "switching cost"),
    },
    "module": {"core", "extended", "public_sector"},
    "controllability": {"buyer", "vendor", "shared", "market"},
    "phase": {
        *("need", "business_case", "vendor_selection", "contract", "delivery", "go_live"),
        *("adoption", "operate", "support", "updates", "renewal", "migration"),
    },
    "default_stage": {"", "IL", "OP", "OL", "MS", "SV", "FI", "HR", "TD", "PR"},
}
UNEXPLAINED = ("ARR", "NRR", "SLA", "PV ", "CPI", "EVM", "KPI", "FTE", "MTRS", "MTTR", "PDR", ">=", "<=", " vs ", "(FY)", "abs(")
CONFUSED = {
    "SVC-04": {"SVC-09", "SVC-11", "VEN-02"},
    "DEL-02": {"DEL-12"},
    "DEL-12": {"DEL-02"},
    "ADO-01": {"ADO-02"},
    "ADO-02": {"ADO-01"},
    "SVC-01": {"SVC-13"},
    "SVC-13": {"SVC-01"},
    "SVC-09": {"SVC-11", "SVC-04"},
    "SVC-11": {"SVC-09"},
    "VEN-02": {"SVC-04"},
}


def catalogue() -> list[dict[str, str]]:
    with SEED.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


# --- Complete ------------------------------------------------------------------------------------------------------------------


def test_there_are_the_89_kpis_and_22_of_them_are_core() -> None:
    rows = [row for row in catalogue() if row["valid_to"] == ""]
    assert len({row["code"] for row in rows}) == len(rows) == 89
    assert Counter(row["module"] for row in rows) == {"core": 22, "extended": 58, "public_sector": 9}


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: f"{row['code']}-{row['version']}")
def test_every_column_is_filled_with_what_is_allowed(row: dict[str, str]) -> None:
    assert [name for name, text in row.items() if not text and name not in MAY_BE_EMPTY] == []
    assert {name: row[name] for name, values in ALLOWED.items() if row[name] not in values} == {}
    assert all(text == " ".join(text.split()) for text in row.values())
    # Money has a price basis and nothing else has; a share or balance of answers is times 100, a mean of them is not.
    assert (row["unit"] == "cur") == (row["price_basis"] != "")
    assert (row["multiplier"] == "100") == (row["unit"] == "%" or row["code"] == "EXP-01")
    # Who is asked about answers on a scale, and how many answers count at least; others need a minimum only by choice.
    assert (row["answer_scale"] != "") == (row["code"][:3] == "EXP" or row["code"] in ("NED-05", "NED-06"))
    assert row["answer_scale"] == "" or row["computed"] == "true" or int(row["min_base"]) >= 20
    # A KPI without a better side has no gap, and so nothing that closing it would be worth.
    assert row["direction"] != "N" or row["money_driver"] == ""


def test_versions_of_a_kpi_follow_each_other_without_a_gap() -> None:
    rows = sorted(catalogue(), key=lambda row: (row["code"], int(row["version"])))
    for code, group in groupby(rows, key=lambda row: row["code"]):
        versions = list(group)
        assert [int(row["version"]) for row in versions] == list(range(1, len(versions) + 1)), code
        assert versions[-1]["valid_to"] == "", code
        for earlier, later in pairwise(versions):
            assert date.fromisoformat(later["valid_from"]) == date.fromisoformat(earlier["valid_to"]) + timedelta(days=1), code


# --- Ranges --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: f"{row['code']}-{row['version']}")
def test_ranges_are_ranges(row: dict[str, str]) -> None:
    low, typical_low, typical_high, high = (float(row[name]) for name in ("min", "typical_low", "typical_high", "max"))
    assert low <= typical_low < typical_high <= high
    assert row["scale"] == "linear" or (typical_low > 0 and math.log10(typical_high / typical_low) >= 1)


def test_hard_ranges_end_where_a_value_is_impossible() -> None:
    ranges = {row["code"]: (float(row["min"]), float(row["max"])) for row in catalogue()}
    assert ranges["EXP-01"] == (-100, 100)  # all detractors, all promoters
    assert ranges["EXP-03"] == (1, 7)
    assert ranges["EXP-05"] == (1, 5)
    assert ranges["NED-05"] == (0, 20)  # 0 + 0, and 10 + (10 - 0)
    assert ranges["SVC-13"] == (0, 31 * 24 * 60)  # a month of 31 days, and one without standstill
    assert ranges["SVC-01"] == ranges["ADO-01"] == ranges["SVC-04"] == ranges["REN-02"] == (0, 100)
    # One amount over another that it does not contain may be more than all of it, and what can be left over may be negative.
    for code in ("BEN-01", "DEL-01", "DEL-03", "NED-03", "REN-01", "SRC-03", "SRC-08", "SRC-11", "UPD-02"):
        assert ranges[code][1] > 100, code
    assert max(ranges[code][0] for code in ("BEN-01", "BEN-03", "BEN-08", "BEN-09")) < 0
    # Days between two steps may be none.
    assert {ranges[code][0] for code in ("NED-01", "REN-06", "SRC-01", "SRC-10", "ADO-04", "BEN-07")} == {0}


# --- Words ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: f"{row['code']}-{row['version']}")
def test_a_definition_is_a_sentence_for_readers_who_are_no_specialists(row: dict[str, str]) -> None:
    text = row["definition"]
    assert 10 <= len(text.split()) <= 45
    assert text[0].isupper()
    assert text.endswith(".")
    assert [word for word in UNEXPLAINED if word in text] == []
    assert row["name"].lower() != text.lower().rstrip(".")
    assert row["numerator"] != row["denominator"]
    assert len(row["numerator"]) > len("days")


def test_no_two_definitions_or_names_are_the_same() -> None:
    rows = catalogue()
    for column in ("definition", "name"):
        texts = Counter((row[column].lower(), row["version"]) for row in rows)
        assert max(texts.values()) == 1, column


def test_kpis_that_are_easily_confused_name_each_other() -> None:
    definitions = {row["code"]: row["definition"] for row in catalogue()}
    for code, others in CONFUSED.items():
        assert {other for other in others if other in definitions[code]} == others, code


def test_figures_at_constant_prices_name_the_base_year() -> None:
    """Another base year changes every such figure; since the definition names it, that needs a new version."""
    with PRICE_INDEX.open(encoding="utf-8", newline="") as handle:
        (base,) = [row["year"] for row in csv.DictReader(handle) if row["is_base"] == "true"]
    for row in catalogue():
        assert (f"at {base} prices" in row["definition"]) == row["price_basis"].endswith("_constant"), row["code"]


# --- Held to what was published ------------------------------------------------------------------------------------------------

PUBLISHED = {
    ("A-01", "1"): dict.fromkeys(MEANING, "as it was") | {"multiplier": "100", "name": "A", "max": "100", "valid_to": ""},
    ("B-01", "1"): dict.fromkeys(MEANING, "as it was") | {"multiplier": "1", "name": "B", "max": "100", "valid_to": ""},
}


@pytest.mark.parametrize("column", MEANING)
def test_another_meaning_of_a_published_version_is_seen(column: str) -> None:
    now = {**PUBLISHED, ("A-01", "1"): {**PUBLISHED["A-01", "1"], column: "77"}}
    assert changed_meaning(PUBLISHED, now) == {("A-01", "1"): (column,)}


@pytest.mark.parametrize(
    "change", [{"name": "A, mended"}, {"max": "200"}, {"valid_to": "2026-12-31"}, {"definition": " as  it was "}, {"multiplier": "100.0"}]
)
def test_what_is_no_change_of_meaning_passes(change: dict[str, str]) -> None:
    assert changed_meaning(PUBLISHED, {**PUBLISHED, ("A-01", "1"): {**PUBLISHED["A-01", "1"], **change}}) == {}


def test_a_new_version_beside_the_closed_one_passes_and_a_lost_one_does_not() -> None:
    new = {("A-01", "2"): {**PUBLISHED["A-01", "1"], "definition": "another"}}
    assert changed_meaning(PUBLISHED, PUBLISHED | new) == {}
    assert changed_meaning(PUBLISHED, new | {("B-01", "1"): PUBLISHED["B-01", "1"]}) == {("A-01", "1"): ()}


def test_a_column_that_the_release_did_not_have_yet_cannot_have_changed() -> None:
    older = {key: {name: text for name, text in row.items() if name != "price_basis"} for key, row in PUBLISHED.items()}
    assert changed_meaning(older, PUBLISHED) == {}


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """Two releases made with today's catalogue, an unfinished one and the pointer."""
    for name in ("2024-r0", "2025-r0"):
        (tmp_path / "releases" / name).mkdir(parents=True)
        (tmp_path / "releases" / name / CATALOGUE).write_bytes(SEED.read_bytes())
    (tmp_path / "releases" / ".staging-2025-r1").mkdir()
    (tmp_path / "releases" / ".staging-2025-r1" / CATALOGUE).write_text("code,version\nX-01,1\n")
    (tmp_path / "releases" / "current").write_text("2025-r0\n")
    return tmp_path / "releases"


def rewritten(folder: Path, kpi: str, **change: str) -> Path:
    rows = [{**row, **change} if row["code"] == kpi else row for row in catalogue()]
    path = folder.parent / CATALOGUE
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_catalogue_as_it_was_published_is_accepted(releases: Path) -> None:
    refuse_changed_meaning(releases, SEED)
    refuse_changed_meaning(releases, rewritten(releases, "ADO-01", name="Use", max="120", source="another"))
    refuse_changed_meaning(releases / "nothing", SEED)


def test_a_changed_definition_is_refused_in_one_sentence(releases: Path) -> None:
    with pytest.raises(EvenhandError) as error:
        refuse_changed_meaning(releases, rewritten(releases, "ADO-01", definition="Something else.", unit="pp"))
    assert str(error.value) == (
        "KPI ADO-01: version 1 was published in 2024-r0 and now has another definition, unit: give the row its old meaning back, "
        "close it with valid_to, and add the new one as version 2 from the day after. Nothing was published."
    )


def test_a_lost_kpi_is_refused(releases: Path) -> None:
    with pytest.raises(EvenhandError, match=r"KPI ADO-01: version 1 was published in 2024-r0 and now is gone"):
        refuse_changed_meaning(releases, rewritten(releases, "ADO-01", code="ADO-99"))
