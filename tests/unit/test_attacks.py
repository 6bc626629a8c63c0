"""Every attack succeeds where nothing protects, and fails against what we publish of the same companies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from orchestration.contracts import Profile, disclosure_policy
from orchestration.disclosure.audit import attacks, pairs
from orchestration.disclosure.audit.degrade import figures_to_drop
from orchestration.disclosure.audit.editions import PublishedCell, PublishedEdition
from orchestration.disclosure.audit.interval import narrowest
from orchestration.disclosure.audit.outcome import Outcome
from orchestration.disclosure.audit.programme import Programme
from orchestration.disclosure.audit.run import audit, stacked
from orchestration.disclosure.policy.cells import ALL_RULES, Reason, Rule
from orchestration.disclosure.policy.decide import decide
from tests.house import Companies, Consortium, decided, exact_cell, protected_cell, published

PUBLIC, MEMBERS = (disclosure_policy().profile(name) for name in ("public", "members"))
LIMIT = PUBLIC.narrowest_interval


def companies(count: int, low: float = 8.0, high: float = 92.0, prefix: str = "g") -> dict[str, float]:
    """So many, evenly apart, in an order that has nothing to do with their names."""
    return {
        f"{prefix}{place:03d}": float(v)
        for place, v in zip(np.random.default_rng(count).permutation(count), np.linspace(low, high, count), strict=True)
    }


def edition(*cells: PublishedCell, revision: int = 0) -> PublishedEdition:
    return PublishedEdition(f"2025-r{revision}", "2025", cells)


def pinned_ranks(cell: PublishedCell) -> list[int]:
    """The ranks whose value follows to the last digit from what is printed."""
    programme = Programme()
    start = programme.add(cell.printed)
    ranges = [programme.range_of(start + rank) for rank in range(cell.printed.groups)]
    return [rank for rank, (low, high) in enumerate(ranges) if high - low < 1e-9]


# --- Attack 2: what one cell prints --------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [5, 9, 13])
def test_exact_quartiles_of_5_9_and_13_are_companies_own_values(groups: int) -> None:
    own = companies(groups)
    ranks = pinned_ranks(exact_cell("all", own, ("p25", "p50", "p75")))
    assert ranks == [(groups - 1) // 4, (groups - 1) // 2, 3 * (groups - 1) // 4]
    ours = published(Consortium.of(all=own), PUBLIC)
    assert [cell.quantiles for cell in ours.cells] == ([("p50",)] if groups >= PUBLIC.k else [])
    assert attacks.pin(ours, LIMIT, {}).broken == ()


def test_exact_quantiles_of_five_companies_give_away_all_five() -> None:
    assert pinned_ranks(exact_cell("all", companies(5))) == [0, 1, 2, 3, 4]
    assert published(Consortium.of(all=companies(5)), PUBLIC).cells == ()


@pytest.mark.parametrize("profile", [PUBLIC, MEMBERS], ids=lambda p: p.name)
@pytest.mark.parametrize("groups", [10, 13, 20, 23, 40, 60])
def test_what_we_print_of_spread_values_pins_nobody(groups: int, profile: Profile) -> None:
    ours = published(Consortium.of(all=companies(groups)), profile)
    shares = [attacks.narrowest_share(cell.printed, cell.values, LIMIT, {}) for cell in ours.cells]
    for cell, share in zip(ours.cells, shares, strict=True):
        dropped = figures_to_drop(cell.printed, cell.quantiles, cell.values, LIMIT, {}) if share < LIMIT else frozenset()
        assert dropped is not None
        kept = cell.printed.without(frozenset(place for place, name in enumerate(cell.quantiles) if name in dropped))
        assert narrowest(kept, cell.values).width >= LIMIT - 1e-9


THREE_IN_THE_MIDDLE = {
    f"g{place:03d}": float(v) for place, v in enumerate([*np.linspace(8, 40, 9), 49.9, 50.0, 50.1, *np.linspace(60, 92, 9)])
}


def test_two_colluders_in_a_window_of_three_leave_one_company() -> None:
    values = sorted(THREE_IN_THE_MIDDLE.values())
    narrow, ours = (protected_cell("all", THREE_IN_THE_MIDDLE, p) for p in (replace(PUBLIC, window=3, tail=1), PUBLIC))
    found = narrowest(narrow.printed, narrow.values)
    assert found.width < LIMIT
    assert all(values[place] in (49.9, 50.0, 50.1) for place in found.colluders)
    assert narrowest(ours.printed, ours.values).width >= LIMIT


def test_a_cell_in_which_somebody_is_pinned_loses_the_figures_that_pin_or_all() -> None:
    dense = companies(60, 48.0, 53.0)  # quartiles less than 5 % of the range apart
    cell = protected_cell("all", dense, PUBLIC)
    assert narrowest(cell.printed, cell.values).width < LIMIT
    dropped = figures_to_drop(cell.printed, cell.quantiles, cell.values, LIMIT, {})
    assert dropped == frozenset(cell.quantiles) - {"p50"}
    top = Consortium.of(all=companies(12, 99.0, 99.9))  # a band of 5 % at the hard bound says enough of everybody above it
    pinned = protected_cell("all", top.cells["all"], replace(PUBLIC, edge_share=0.0))
    assert figures_to_drop(pinned.printed, pinned.quantiles, pinned.values, 0.6, {}) is None


def test_that_half_are_alike_would_tell_the_value_of_all_in_the_middle() -> None:
    """Why the highest band of ties that is printed begins at a fifth: quartiles leave half of the companies few places to stand."""
    values = [30.0, 35.0, 40.0, 44.0, *[74.0] * 11, 80.0, 84.0, 88.0, 90.0, 92.0, 94.0]
    own = protected_cell("all", {f"g{place:03d}": value for place, value in enumerate(values)}, PUBLIC).printed

    def narrowest_where_alike(count: int) -> float:
        hulls = [(np.inf, -np.inf)] * own.groups
        for first in range(own.groups - count + 1):
            programme = Programme()
            programme.add(own)
            programme.order(first + count - 1, first)
            if programme.is_possible():
                spans = [programme.range_of(rank) for rank in range(own.groups)]
                hulls = [(min(low, a), max(high, b)) for (low, high), (a, b) in zip(hulls, spans, strict=True)]
        return min(high - low for low, high in hulls)

    assert narrowest(own, np.sort(np.array(values)) / 100).width >= LIMIT
    assert narrowest_where_alike(11) < LIMIT
    assert narrowest_where_alike(5) >= LIMIT
    assert [low for low, _ in PUBLIC.tie_bands] == [0, 5, 20, 80]


# --- Attack 1: sums and differences of sets ------------------------------------------------------------------------------


def split(own: Companies, *sizes: int) -> list[dict[str, float]]:
    names, parts = sorted(own), []
    for size in sizes:
        parts.append({name: own[name] for name in names[:size]})
        names = names[size:]
    return parts


def exact(consortium: Consortium) -> PublishedEdition:
    return edition(*(exact_cell(name, consortium.cells[name]) for name in consortium.names()))


def test_exact_means_and_counts_of_a_cell_and_all_but_one_of_it_are_that_one() -> None:
    own = companies(30)
    most, last = split(own, 29, 1)
    total = 30 * np.mean(list(own.values())) - 29 * np.mean(list(most.values()))
    assert total == pytest.approx(next(iter(last.values())), abs=1e-9)
    consortium = Consortium.of(all=own, most=most)
    assert len(attacks.identify(exact(consortium), ()).broken) == 1
    ours = published(consortium, PUBLIC)
    assert [cell.key for cell in ours.cells] == [("all",)]
    assert attacks.identify(ours, ()).broken == ()


def test_one_suppressed_cell_without_complements_is_the_rest_of_the_others() -> None:
    own = companies(33)
    a, b, c = split(own, 18, 12, 3)
    consortium = Consortium.of(all=own, a=a, b=b, c=c)
    suppressed = Consortium.of(all=own, a=a, b=b)  # c is too small and simply left out
    assert attacks.identify(exact(suppressed), ()).broken
    ours = published(consortium, PUBLIC)
    assert [cell.key[0] for cell in ours.cells] == ["a", "all"]
    assert attacks.identify(ours, ()).broken == ()


def test_two_linked_tables_each_safe_alone_are_not_safe_together() -> None:
    own = companies(44)
    north, south = split(own, 24, 20)
    large, small = {**split(north, 20)[0], **split(south, 10)[0]}, {}
    small = {name: value for name, value in own.items() if name not in large}  # 4 in the north, 10 in the south
    both = {name: small[name] for name in south if name in small}
    consortium = Consortium.of(all=own, north=north, south=south, large=large, small=small, small_south=both)
    sets = {name: set(cell) for name, cell in consortium.cells.items()}
    assert len(sets["small"] - sets["small_south"]) == 4  # small companies of the north, by no table of one attribute alone
    ours = {cell.key[0] for cell in published(consortium, PUBLIC).cells}
    assert "small_south" not in ours
    assert {"all", "north", "south", "large", "small"} <= ours


# --- Attacks 3 and 4: editions beside one another ------------------------------------------------------------------------


def test_a_joiner_between_two_editions_is_pinned_by_exact_quantiles_and_not_by_ours() -> None:
    before = companies(13)
    after = {**before, "joiner": 71.0}
    old, new = (edition(exact_cell("all", own), revision=r) for r, own in enumerate((before, after)))
    assert pairs.revise(new, [old], LIMIT, {}).broken == (0,)
    first = Consortium.of(all=before)
    served = published(first, PUBLIC)
    ours = published(Consortium.of(all=after), PUBLIC, [(first, True)])
    assert [cell.again for cell in ours.cells] == [True]
    assert ours.cells[0].printed == served.cells[0].printed
    assert pairs.revise(ours, [served], LIMIT, {}).broken == ()
    assert attacks.identify(ours, [served]).broken == ()


def test_a_corrected_value_of_an_unchanged_set_is_pinned_by_exact_quantiles_and_not_by_ours() -> None:
    before = companies(13)
    name = sorted(before, key=before.__getitem__)[6]
    after = {**before, name: before[name] + 20}
    old, new = (edition(exact_cell("all", own), revision=r) for r, own in enumerate((before, after)))
    assert pairs.revise(new, [old], LIMIT, {}).broken == (0,)
    ours = published(Consortium.of(all=after), PUBLIC, [(Consortium.of(all=before), True)])
    assert [cell.again for cell in ours.cells] == [True]


def test_a_value_that_few_changed_since_the_period_before_is_not_published_at_all() -> None:
    before = companies(13)
    after = {**before, "joiner": 71.0}
    assert published(Consortium.of(all=after), PUBLIC, [(Consortium.of(all=before), False)]).cells == ()
    moved = {name: value + 1 for name, value in after.items()}
    assert len(published(Consortium.of(all=moved), PUBLIC, [(Consortium.of(all=before), False)]).cells) == 1


def test_two_cells_that_differ_by_one_company_are_attacked_together() -> None:
    own = companies(13)
    inner = {name: value for name, value in own.items() if name != "g006"}
    found = pairs.compare(edition(exact_cell("all", own), exact_cell("most", inner)), (), LIMIT, {})
    assert found.tried >= 1
    assert found.broken
    ours = published(Consortium.of(all=own, most=inner), PUBLIC)
    assert pairs.compare(ours, (), LIMIT, {}).broken == ()


@pytest.mark.parametrize("told_of", [(7, 5), (0, 5), (7, 0)])
def test_those_of_whom_a_share_of_zeros_tells_are_nobody_to_be_pinned_in_two_cells_either(told_of: tuple[int, int]) -> None:
    spread = companies(27, 12.0, 92.0)
    outer = {**spread, **{f"z{n}": 0.0 for n in range(7)}}
    inner = {name: outer[name] for name in [*sorted(spread)[:19], *(f"z{n}" for n in range(5))]}
    told = [replace(protected_cell(name, own, PUBLIC), printed=replace(protected_cell(name, own, PUBLIC).printed, at_low=zeros))
            for name, own, zeros in (("all", outer, told_of[0]), ("part", inner, told_of[1]))]  # fmt: skip
    found = pairs.compare(edition(*told), (), LIMIT, {})
    assert found.tried == 1
    assert found.broken == ()
    assert found.narrowest is not None
    assert LIMIT <= found.narrowest < 1


# --- Attack 7, and the policy under attack 3 -----------------------------------------------------------------------------


def test_shells_of_one_applicant_do_not_make_up_a_cell() -> None:
    shells = Consortium({"all": companies(12)}, {"all": 3})
    assert decided(shells, PUBLIC).reason.tolist() == [Reason.FEW_ESTABLISHED]
    unprotected = edition(protected_cell("all", companies(12), PUBLIC))
    assert attacks.fill_up(unprotected, PUBLIC).broken == ()
    assert attacks.fill_up(unprotected, PUBLIC, ALL_RULES - {Rule.ESTABLISHED}).broken == (0,)


def test_had_one_company_left_nothing_new_would_be_served() -> None:
    ours = edition(protected_cell("all", companies(12), PUBLIC))
    assert attacks.change_one(ours, PUBLIC).broken == ()
    assert attacks.change_one(ours, PUBLIC, ALL_RULES - {Rule.EDITIONS, Rule.DIFFERENCES}).broken == (0,)


# --- Every rule is missed when it is off ---------------------------------------------------------------------------------

TIED = {name: 50.0 if place else 60.0 for place, name in enumerate(companies(12))}
FALLEN = Consortium.of(all=companies(30), a=split(companies(30), 15)[0])
SCENARIOS: dict[Rule, Callable[[frozenset[Rule]], bool]] = {
    Rule.GROUPS: lambda rules: decided(Consortium({"all": companies(9)}, {}, is_first_period=True), PUBLIC, rules=rules).is_served.any(),
    Rule.ESTABLISHED: lambda rules: decided(Consortium({"all": companies(12)}, {"all": 9}), PUBLIC, rules=rules).is_served.any(),
    Rule.HOMOGENEITY: lambda rules: decided(Consortium.of(all=TIED), PUBLIC, rules=rules).is_served.any(),
    Rule.SPREAD: lambda rules: decided(Consortium.of(all=companies(30, 50.0, 51.0)), PUBLIC, rules=rules).is_served.any(),
    Rule.HIDDEN_STAYS_HIDDEN: lambda rules: decided(FALLEN, PUBLIC, [(Consortium.of(all=companies(30)), True)], rules).is_served[0],
    Rule.EDITIONS: lambda rules: (
        Reason.PUBLISHED
        in decided(Consortium.of(all={**companies(13), "g003": 71.0}), PUBLIC, [(Consortium.of(all=companies(13)), True)], rules).reason
    ),
    Rule.DIFFERENCES: lambda rules: bool(
        attacks.identify(published(Consortium.of(all=companies(30), most=split(companies(30), 29)[0]), PUBLIC, rules=rules), ()).broken
    ),
}
"""For each rule whether something leaves that must not."""


@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.name)
def test_a_rule_that_is_switched_off_is_missed(rule: Rule) -> None:
    assert not SCENARIOS[rule](ALL_RULES)
    assert SCENARIOS[rule](ALL_RULES - {rule})


@pytest.mark.parametrize(
    ("weaker", "own"),
    [
        pytest.param({"window": 1, "tail": 1}, companies(21), id="no smoothing"),
        pytest.param({"window": 3, "tail": 1}, THREE_IN_THE_MIDDLE, id="a window of three"),
        pytest.param({"rounding_share": 1e-9, "window": 2, "tail": 1}, companies(21), id="no rounding"),
        pytest.param({"edge_share": 0.0}, companies(14, 0.0, 1.0), id="no bands at the bounds"),
    ],
)
def test_a_weaker_estimator_is_broken_where_ours_is_not(weaker: dict[str, float], own: Companies) -> None:
    ours, other = (protected_cell("all", own, profile) for profile in (PUBLIC, replace(PUBLIC, **weaker)))
    assert narrowest(other.printed, other.values).width < LIMIT - 1e-9
    assert narrowest(ours.printed, ours.values).width >= LIMIT - 1e-9


JOINED = {**companies(13), "joiner": 71.0}
LEAKING: dict[str, tuple[PublishedEdition, tuple[PublishedEdition, ...], frozenset[Rule]]] = {
    "identification": (edition(*(protected_cell(f"{n}", split(companies(60), n)[0], PUBLIC) for n in (60, 59))), (), frozenset()),
    "interval": (edition(exact_cell("all", companies(5))), (), frozenset()),
    "change_of_one": (edition(protected_cell("all", companies(12), PUBLIC)), (), frozenset({Rule.EDITIONS, Rule.DIFFERENCES})),
    "revision": (edition(exact_cell("all", JOINED), revision=1), (edition(exact_cell("all", companies(13))),), frozenset()),
    "two_cells": (edition(exact_cell("all", JOINED), exact_cell("most", companies(13))), (), frozenset()),
    "newcomers": (edition(protected_cell("all", companies(12), PUBLIC)), (), frozenset({Rule.ESTABLISHED})),
}
"""For each claim of the audit an edition that breaks it, the editions before, and the rules that our policy would have to lack."""
ATTACKS = {
    "identification": (attacks, "identify"),
    "interval": (attacks, "pin"),
    "change_of_one": (attacks, "change_one"),
    "revision": (pairs, "revise"),
    "two_cells": (pairs, "compare"),
    "newcomers": (attacks, "fill_up"),
}


@pytest.mark.parametrize("name", LEAKING)
def test_an_audit_makes_every_attack_and_takes_back_what_it_breaks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate, served, lacking = LEAKING[name]
    monkeypatch.setattr(attacks, "decide", lambda *given: decide(*given[:4], given[4] - lacking))
    for other, (module, attack) in ATTACKS.items():
        if other != name:
            monkeypatch.setattr(module, attack, lambda *_: Outcome(1, None, ()))
    found = audit(candidate, served, PUBLIC, {})
    assert [claim.name for claim in found.claims if not claim.passed] == [name]
    assert found.broken
    assert set(LEAKING) == set(ATTACKS) == {claim.name for claim in found.claims}


def test_an_audit_says_what_was_tried_and_what_was_found() -> None:
    own = companies(30)
    broken = audit(edition(exact_cell("all", own, ("p50",)), exact_cell("most", split(own, 29)[0], ("p50",))), (), PUBLIC, {})
    assert {claim.name for claim in broken.claims if not claim.passed} >= {"identification", "interval"}
    found = audit(published(Consortium.of(all=companies(12)), PUBLIC), (), PUBLIC, {})
    assert all(claim.passed for claim in found.claims)
    assert {claim.name: claim.count for claim in found.claims} == {
        "identification": 1, "interval": 1, "change_of_one": 1, "revision": 0, "two_cells": 0, "newcomers": 1,
    }  # fmt: skip


def test_an_edition_is_attacked_beside_the_last_eight_and_all_of_its_period() -> None:
    before = ["2021-r0", *(f"{year}-Q{quarter}-r0" for year in (2022, 2023, 2024) for quarter in (1, 2, 3, 4))]
    assert stacked(before, "2021-r1") == ["2021-r0", *before[-8:]]
    assert stacked(before, "2025-r0") == before[-8:]
    assert stacked(before[:3], "2025-r0") == before[:3]
