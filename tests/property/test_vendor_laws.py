"""Laws of vendor identity on drawn names: order is nothing, decisions are everything, ids stay, nothing joins by itself."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import EvenhandError
from orchestration.vendors.cluster import NO_RULINGS, cluster, speller_of
from orchestration.vendors.decisions import Decision, Rulings, rulings_of
from orchestration.vendors.identity import EMPTY, resolve
from orchestration.vendors.match import Beside, conflict, form_of
from orchestration.vendors.normalise import parse
from tests.laws import examples

HEADS = ("Zorvex", "Zorvx", "Blantok", "Blantokk", "Irving", "Thalind", "University", "CQI", "Vendor")
RESTS = (
    "",
    "France",
    "4 Systems",
    "Systems",
    "Construction",
    "Oil",
    "Ottawa",
    "Canada",
    "2",
    "3",
    "(2017)",
    "Blantok",
    "of Calgary",
    "A",
    "/ Thalind",
)
FORMS = ("", "Inc.", "LTÉE", "Ltd", "GmbH", "o/a Merrowick")
names = st.builds(lambda *parts: " ".join(p for p in parts if p), st.sampled_from(HEADS), st.sampled_from(RESTS), st.sampled_from(FORMS))
many = st.lists(names, min_size=1, max_size=25, unique=True)


@given(many, st.randoms())
def test_the_order_of_names_does_not_matter(spellings: list[str], random: object) -> None:
    shuffled = sorted(spellings, key=lambda _: random.random())
    assert cluster(spellings) == cluster(shuffled)
    assert resolve(spellings, EMPTY) == resolve(shuffled, EMPTY)


@given(many, many)
def test_ids_stay_when_spellings_are_added(first: list[str], second: list[str]) -> None:
    before = resolve(first, EMPTY)
    after = resolve(second, before)
    assert all(after.identities[s] == row for s, row in before.identities.items())


@given(many, many)
def test_looking_up_never_joins_vendors_that_exist(first: list[str], second: list[str]) -> None:
    before, after = resolve(first, EMPTY), resolve(second, resolve(first, EMPTY))
    vendors = {row.vendor_id for row in before.identities.values()}
    assert vendors <= {row.vendor_id for row in after.identities.values()}
    assert {merge.spelling for merge in after.merges()} == {s for s, row in after.identities.items() if row.spelling != row.vendor}


decisions = st.lists(st.tuples(st.sampled_from(["same", "different"]), names, names).filter(lambda d: d[1] != d[2]), max_size=8)


def consistent(drawn: list[tuple[str, str, str]]) -> Rulings:
    """What `decide` would have taken of them, one after the other."""
    taken: list[Decision] = []
    for decision in drawn:
        with suppress(EvenhandError):
            rulings_of([*taken, Decision(*decision)])
            taken.append(Decision(*decision))
    return rulings_of(taken)


@given(st.lists(many, min_size=1, max_size=4), decisions, st.integers(0, 4))
def test_decisions_win_in_any_order_of_batches_and_decisions(
    batches: list[list[str]], drawn: list[tuple[str, str, str]], made: int
) -> None:
    rulings, registry = consistent(drawn), EMPTY
    for number, batch in enumerate([*batches, [s for _, a, b in drawn for s in (a, b)]]):
        registry = resolve(batch, registry, rulings if number >= made else NO_RULINGS)
    rows = resolve([], registry, rulings).identities
    assert all(rows[a].vendor_id == rows[b].vendor_id for a, b in rulings.same)
    assert all(rows[a].vendor_id != rows[b].vendor_id for a, b in rulings.different)


@given(st.lists(many, min_size=1, max_size=3), decisions)
def test_no_two_vendors_share_a_name_or_an_id(batches: list[list[str]], drawn: list[tuple[str, str, str]]) -> None:
    registry = EMPTY
    for batch in batches:
        registry = resolve(batch, registry, consistent(drawn))
    rows = registry.identities.values()
    assert len({row.vendor_id for row in rows}) == len({row.vendor for row in rows}) == len({row.founder for row in rows})


@given(st.lists(many, min_size=1, max_size=3))
def test_numbers_places_and_years_differ_in_no_vendor(batches: list[list[str]]) -> None:
    registry = EMPTY
    for batch in batches:
        registry = resolve(batch, registry)
    speller = speller_of([])
    besides: dict[str, list[Beside]] = {}
    for spelling, row in registry.identities.items():
        besides.setdefault(row.vendor_id, []).append(form_of(parse(spelling), speller).beside)
    assert all(conflict([a], [b]) is None for vendor in besides.values() for a in vendor for b in vendor)


@given(many)
def test_review_and_new_keep_their_own_name(spellings: list[str]) -> None:
    rows = resolve(spellings, EMPTY).identities
    assert all((row.decision == "merged") == (row.vendor != row.spelling) for row in rows.values())


@given(st.text(max_size=40))
@settings(max_examples=examples(300))
def test_any_text_has_a_place(text: str) -> None:
    assert parse(text) == parse(text)
    assert resolve([text], EMPTY).identities[text].vendor == text


@given(st.lists(st.text(max_size=12), max_size=12, unique=True))
def test_any_texts_can_be_grouped(texts: list[str]) -> None:
    assert set(cluster(texts).founders) == set(texts)
