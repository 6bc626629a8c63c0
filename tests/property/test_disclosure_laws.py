"""Laws of the disclosure policy, for any small consortium: what no set of published cells may imply, and what may not matter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import Profile, disclosure_policy
from orchestration.disclosure.policy import differences
from orchestration.disclosure.policy.cells import ALL_RULES, Cells, Decisions, Edition, Members, Reason, Rule
from orchestration.disclosure.policy.decide import decide
from orchestration.disclosure.policy.differences import left_over
from tests.laws import examples

PROFILE = replace(disclosure_policy().profile("members"), k=3, change_guard=3)


@dataclass(frozen=True)
class Consortium:
    """A small one: cells, who is in them now, and what was served before."""

    cells: Cells
    members: Members
    served: tuple[Edition, ...]

    def decide(self, rules: frozenset[Rule] = ALL_RULES, profile: Profile = PROFILE) -> Decisions:
        return decide(self.cells, self.members, self.served, profile, rules)


def members_of(sets: list[dict[int, int]]) -> Members:
    """Each cell's groups with the digests of their values."""
    rows = [(cell, group, digest) for cell, held in enumerate(sets) for group, digest in held.items()]
    cell, group, digest = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)) if rows else (np.empty(0, np.int64),) * 3
    return Members(cell, group, digest)


@st.composite
def consortia(draw: st.DrawFn) -> Consortium:
    """Cells of a few cuts of two attributes, whole or merged, so that they are often inside one another; and editions of before."""
    groups = draw(st.integers(4, 12))
    attributes = [draw(st.lists(st.integers(0, 2), min_size=groups, max_size=groups)) for _ in range(2)]
    everyone = set(range(groups))
    classes = [{g for g in everyone if attribute[g] == value} for attribute in attributes for value in range(3)]
    crossed = [a & b for a in classes[:3] for b in classes[3:]]
    odd = draw(st.lists(st.sets(st.integers(0, groups - 1)), max_size=3))
    every = [s for s in (everyone, *classes, *crossed, *odd) if s]
    chosen = draw(st.lists(st.sampled_from(every), min_size=1, max_size=9, unique_by=frozenset))
    count = len(chosen)
    values = st.integers(0, 2)
    now = [{g: draw(values) for g in sorted(s)} for s in chosen]
    served = tuple(draw(st.lists(editions(now, groups), max_size=3)))
    numbers = st.lists(st.integers(0, 12), min_size=count, max_size=count)
    flags = st.lists(st.booleans(), min_size=count, max_size=count)
    cells = Cells(
        family=np.zeros(count, dtype=np.int64),
        established=np.array(draw(numbers), dtype=np.int64),
        most_common_times=np.array(draw(numbers), dtype=np.int64),
        printed=np.array(draw(numbers), dtype=np.int64),
        steps_apart=np.array(draw(numbers), dtype=np.float64),
        in_first_period=np.array(draw(flags)),
        hidden_before=np.array(draw(flags)),
    )
    return Consortium(cells, members_of(now), served)


@st.composite
def editions(draw: st.DrawFn, now: list[dict[int, int]], groups: int) -> Edition:
    """An edition of before: the cells of today with a few groups more or fewer and a few other values."""
    shown = [draw(st.booleans()) for _ in now]
    then: list[dict[int, int]] = []
    for held, is_shown in zip(now, shown, strict=True):
        other = dict(held)
        for group in draw(st.sets(st.integers(0, groups - 1), max_size=4)):
            if group in other and draw(st.booleans()):
                del other[group]
            else:
                other[group] = draw(st.integers(0, 4))
        then.append(other if is_shown else {})
    return Edition(draw(st.booleans()), np.array(shown), members_of(then))


def sets_of(members: Members, cells: int) -> list[frozenset[int]]:
    return [frozenset(members.group[members.cell == cell].tolist()) for cell in range(cells)]


def small_left_overs(sets: list[frozenset[int]], guard: int) -> list[tuple[int, tuple[int, ...]]]:
    """Every outer set and family of disjoint inner ones that leave 1 to guard - 1 groups, by trying all."""
    found: list[tuple[int, tuple[int, ...]]] = []
    for outer, whole in enumerate(sets):
        inner = [i for i, s in enumerate(sets) if s < whole]
        for size in range(1, len(inner) + 1):
            for family in combinations(inner, size):
                union = frozenset[int]().union(*(sets[i] for i in family))
                if len(union) == sum(len(sets[i]) for i in family) and 1 <= len(whole - union) < guard:
                    found.append((outer, family))
    return found


@settings(max_examples=examples(300), deadline=None)
@given(consortia())
def test_no_published_set_of_cells_implies_a_small_left_over(consortium: Consortium) -> None:
    decided = consortium.decide()
    sets = sets_of(consortium.members, len(consortium.cells))
    behind = [
        sets_of(consortium.served[edition].members, len(sets))[cell] if edition >= 0 else sets[cell]
        for cell, edition in enumerate(decided.edition)
    ]
    published = [s for s, is_served in zip(behind, decided.is_served, strict=True) if is_served]
    assert small_left_overs(published, PROFILE.change_guard) == []
    fresh = [s for s, reason in zip(sets, decided.reason, strict=True) if reason == Reason.PUBLISHED]
    own = [edition for edition in consortium.served if edition.same_period]
    old = [s for edition in own for s, is_shown in zip(sets_of(edition.members, len(sets)), edition.shown, strict=True) if is_shown]
    found = small_left_overs([*fresh, *old], PROFILE.change_guard)
    assert all(place >= len(fresh) for outer, family in found for place in (outer, *family))


@settings(max_examples=examples(300), deadline=None)
@given(consortia())
def test_only_cells_that_take_part_in_a_difference_are_hidden_for_it(consortium: Consortium) -> None:
    sets = sets_of(consortium.members, len(consortium.cells))
    among, cost = np.ones(len(sets), dtype=np.bool_), np.array([len(s) for s in sets], dtype=np.int64)
    hidden = left_over(consortium.cells.family, consortium.members, among, cost, PROFILE.change_guard)
    found = small_left_overs(sets, PROFILE.change_guard)
    assert {int(i) for i in np.flatnonzero(hidden)} <= {i for _, family in found for i in family}
    assert bool(hidden.any()) == bool(found)


@settings(max_examples=examples(100), deadline=None)
@given(consortia(), st.booleans())
def test_a_search_that_is_given_up_hides_more_and_never_less(consortium: Consortium, is_ruled_out: bool) -> None:
    """Where linear algebra rules nothing out and the search takes no step, every cell that might take part in a difference is hidden."""
    sets = sets_of(consortium.members, len(consortium.cells))
    among, cost = np.ones(len(sets), dtype=np.bool_), np.array([len(s) for s in sets], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(differences, "MOST_STEPS", 0)
        if not is_ruled_out:
            patched.setattr(differences, "in_few", lambda matrix, most: None)
        hidden = left_over(consortium.cells.family, consortium.members, among, cost, PROFILE.change_guard)
    assert small_left_overs([s for s, is_hidden in zip(sets, hidden, strict=True) if not is_hidden], PROFILE.change_guard) == []


@settings(max_examples=examples(200), deadline=None)
@given(consortia(), st.sets(st.sampled_from(Rule)), st.sampled_from(Rule))
def test_adding_a_rule_never_publishes_more(consortium: Consortium, some: set[Rule], another: Rule) -> None:
    fewer, more = consortium.decide(frozenset(some)), consortium.decide(frozenset({*some, another}))
    assert not (more.is_served & ~fewer.is_served).any()


@settings(max_examples=examples(200), deadline=None)
@given(consortia(), st.randoms(use_true_random=False))
def test_order_and_numbers_of_cells_groups_and_rows_do_not_matter(consortium: Consortium, random: object) -> None:
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    count = len(consortium.cells)
    place, number = rng.permutation(count), rng.permutation(20)  # of each cell and group, as they are called elsewhere

    def moved(members: Members) -> Members:
        order = rng.permutation(len(members.cell))
        return Members(place[members.cell][order], number[members.group][order], members.digest[order])

    def laid(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        other = np.empty_like(values)
        other[place] = values
        return other

    elsewhere = Consortium(
        Cells(**{name: laid(getattr(consortium.cells, name)) for name in Cells.__dataclass_fields__}),
        moved(consortium.members),
        tuple(Edition(e.same_period, laid(e.shown), moved(e.members)) for e in consortium.served),  # type: ignore[arg-type]
    )
    here, there = consortium.decide(), elsewhere.decide()
    assert (laid(here.reason) == there.reason).all()
    assert (laid(here.edition) == there.edition).all()


@settings(max_examples=examples(200), deadline=None)
@given(consortia())
def test_what_is_served_was_touched_by_enough_groups_or_none(consortium: Consortium) -> None:
    decided, count = consortium.decide(), len(consortium.cells)
    now = [values_of(consortium.members, cell) for cell in range(count)]
    for cell in np.flatnonzero(decided.reason == Reason.PUBLISHED):
        for edition in consortium.served:
            if edition.shown[cell]:
                then = values_of(edition.members, int(cell))
                other = [g for g in {*now[cell], *then} if now[cell].get(g) != then.get(g)]
                assert not 1 <= len(other) < PROFILE.change_guard
    for cell in np.flatnonzero(decided.reason == Reason.RE_SERVED):
        assert consortium.served[decided.edition[cell]].same_period
        assert consortium.served[decided.edition[cell]].shown[cell]


def values_of(members: Members, cell: int) -> dict[int, int]:
    own = members.cell == cell
    return dict(zip(members.group[own].tolist(), members.digest[own].tolist(), strict=True))
