"""Laws of vendor identity on drawn names: order is nothing, decisions are everything, ids stay, nothing joins by itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.vendors.cluster import cluster
from orchestration.vendors.decisions import Decision, rulings_of
from orchestration.vendors.identity import EMPTY, resolve
from orchestration.vendors.normalise import parse

HEADS = ("Zorvex", "Zorvx", "Blantok", "Blantokk", "Irving", "Thalind", "University", "CQI", "Vendor")
RESTS = ("", "Systems", "Construction", "Oil", "Ottawa", "Canada", "2", "3", "(2017)", "Blantok", "of Calgary", "A", "/ Thalind")
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


@given(many, st.data())
def test_decisions_win(spellings: list[str], data: st.DataObject) -> None:
    pairs = st.tuples(st.sampled_from(["same", "different"]), st.sampled_from(spellings), st.sampled_from(spellings))
    left = data.draw(pairs.filter(lambda p: p[1] != p[2])) if len(spellings) > 1 else None
    if left is None:
        return
    rows = resolve(spellings, EMPTY, rulings_of([Decision(*left)])).identities
    assert (rows[left[1]].vendor_id == rows[left[2]].vendor_id) == (left[0] == "same")


@given(many)
def test_review_and_new_keep_their_own_name(spellings: list[str]) -> None:
    rows = resolve(spellings, EMPTY).identities
    assert all((row.decision == "merged") == (row.vendor != row.spelling) for row in rows.values())


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_any_text_has_a_place(text: str) -> None:
    assert parse(text) == parse(text)
    assert resolve([text], EMPTY).identities[text].vendor == text


@given(st.lists(st.text(max_size=12), max_size=12, unique=True))
def test_any_texts_can_be_grouped(texts: list[str]) -> None:
    assert set(cluster(texts).founders) == set(texts)
