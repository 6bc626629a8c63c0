"""Answers that others published: disclosure rules and attacks on textbook tables."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestration.disclosure.audit.rowspace import singled_out
from orchestration.disclosure.policy.cells import Members
from orchestration.disclosure.policy.concentration import closest_estimate, is_dominated, is_estimated, largest_share
from orchestration.disclosure.policy.differences import left_over
from orchestration.settings import PROJECT_ROOT

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def cases() -> Path:
    return PROJECT_ROOT.parent / "shared" / "cases" / "disclosure"


def answers(cases: Path, name: str) -> Any:
    return json.loads((cases / name).read_text("utf-8"))


def rows_of(cases: Path, name: str) -> list[dict[str, str]]:
    with (cases / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- Dominance and the p % rule ------------------------------------------------------------------------------------------


def test_the_handbook_s_examples_of_concentration(cases: Path) -> None:
    by_id = {case["id"]: case for case in answers(cases, "case01_sdc_handbook_rules.json")["cases"]}
    two = by_id["ex2_p10_safe_but_2k_unsafe"]
    rest = two["X"] - two["x1"] - two["x2"]
    contributions = np.array([two["x1"], two["x2"], *[rest / 4] * 4])
    assert closest_estimate(contributions) == pytest.approx(two["expected_overestimate_percent_as_printed"], abs=0.05)
    assert is_estimated(contributions, two["p"]) is two["expected_p_rule_unsafe"]
    assert is_dominated(contributions, 2, two["k"]) is two["expected_2k_rule_unsafe"]
    one = by_id["ex4_1_85_dominance"]
    assert is_dominated(np.array(one["contributions"], dtype=float), one["n"], one["k"]) is one["expected_unsafe"]
    difference = by_id["ex1a_differencing"]["published"]
    assert difference["sector_total"] - difference["II"] - difference["III"] == by_id["ex1a_differencing"]["expected_recovered"]


def test_primary_cells_of_a_published_table(cases: Path) -> None:
    expected = answers(cases, "case02_sdctable_microdata1_expected.json")["primary"]
    held: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows_of(cases, "case02_sdctable_microdata1.csv"):
        for place in product((row["region"], "Total"), (row["gender"], "Total")):
            held[place].append(float(row["val"]))
    order = list(product(("Total", "A", "B", "C", "D"), ("Total", "male", "female")))
    cells = [np.array(held[place]) for place in order]

    def found(rule: dict[str, Any], values: np.ndarray) -> bool:
        if rule["rule"] == "freq":
            return 0 < len(values) <= rule["maxN"]
        if not len(values):
            return False
        if rule["rule"] == "nk":
            return is_dominated(values, rule["n"], rule["k"])
        return is_estimated(values, rule["p"] if rule["rule"] == "p" else 100 * rule["p"] / rule["q"])

    for rule in expected:
        assert [place for place, values in enumerate(cells, 1) if found(rule, values)] == rule["expected_cells"], rule["rule"]


def test_dominance_counts_holding_groups_and_not_rows(cases: Path) -> None:
    rule = answers(cases, "case06_ssb_dominance_expected.json")["cases"][0]
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows_of(cases, "case06_ssb_dominance.csv"):
        sums[row["cell"]][row["contributor"]] += float(row["num"])
    shares = [largest_share(np.array(list(sums[cell].values())), rule["n"]) / 100 for cell in sorted(sums)]
    assert shares == pytest.approx(rule["expected_top2_share"])


# --- Tables that are safe line by line, or one by one --------------------------------------------------------------------


def test_two_suppressions_in_every_line_still_give_one_cell_away(cases: Path) -> None:
    case = answers(cases, "case03_sdctable_two_per_line_trap_expected.json")
    cells = {f"{row['v1']}|{row['v2']}": float(row["freq"]) for row in rows_of(cases, "case03_sdctable_two_per_line_trap.csv")}

    def attack(suppressed: list[str]) -> set[str]:
        """What the margins say of the suppressed cells once the published ones are subtracted: a row each."""
        lines = [*{name[0] for name in cells}, *{name[-1] for name in cells}]
        rows = np.array([[line in (name[0], name[-1]) for name in suppressed] for line in sorted(lines)])
        return {suppressed[place] for (place,) in singled_out(rows, np.arange(len(suppressed)), colluders=0)}

    assert attack(case["suppressed"]) == {"w|b"}
    assert cells["w|b"] == case["expected_before"]["w|b"][0]
    assert attack([*case["suppressed"], "x|d"]) == set()


def test_two_linked_tables_each_safe_alone_leave_a_cell_of_three(cases: Path) -> None:
    case = answers(cases, "case04_sdctable_linked_tables_expected.json")
    rows = rows_of(cases, "case04_sdctable_linked_tables.csv")
    people: list[dict[str, str]] = [row for row in rows for _ in range(int(row["n"]))]
    shown = {"all": set(range(len(people)))}
    for name in ("county", "group"):
        for value in {row[name] for row in rows}:
            shown[value] = {place for place, person in enumerate(people) if person[name] == value}
    for row in rows:
        if row["region"] not in case["expected_primary"]:
            shown[row["region"]] = {place for place, person in enumerate(people) if person["region"] == row["region"]}
    names = sorted(shown)
    members = Members(
        np.array([place for place, name in enumerate(names) for _ in shown[name]]),
        np.array([person for name in names for person in sorted(shown[name])]),
        np.zeros(sum(len(s) for s in shown.values()), dtype=np.int64),
    )
    sets = np.array([[person in shown[name] for person in range(len(people))] for name in names])
    found = singled_out(sets, np.arange(len(people)))
    # small, less county-1, less N: the three of K, of whom two may collude
    assert {frozenset(people[person]["region"] for person in groups) for groups in found} == {frozenset({"K"})}
    cost = np.array([len(shown[name]) for name in names])
    hidden = left_over(np.zeros(len(names), dtype=np.int64), members, np.ones(len(names), dtype=np.bool_), cost, 4)
    assert [names[place] for place in np.flatnonzero(hidden)] == case["expected_linked_secondary"]


def test_exact_means_with_counts_that_are_a_little_off_give_the_counts_away(cases: Path) -> None:
    """Why no mean is printed beside a band of counts: the handbook's attack, by trying all counts."""
    case = answers(cases, "case10_handbook_ckm_mean_attack.json")
    counts, means, off = case["published_perturbed_counts"], case["published_exact_means"], case["max_perturbation"]
    near = {name: range(count - off, count + off + 1) for name, count in counts.items()}
    possible = [(a, b, a + b) for a, b in product(near["cell1"], near["cell2"]) if a + b in near["total"]]
    assert sorted(possible) == sorted(tuple(t) for t in case["expected_feasible_count_triples"])

    def whole(count: int, mean: float) -> bool:
        return abs(count * mean - round(count * mean)) < count * 5e-5

    fits = [t for t in possible if all(whole(n, means[name]) for n, name in zip(t, ("cell1", "cell2", "total"), strict=True))]
    adds_up = [t for t in fits if round(t[0] * means["cell1"]) + round(t[1] * means["cell2"]) == round(t[2] * means["total"])]
    assert adds_up == [tuple(case["expected_recovered"]["counts"])]
