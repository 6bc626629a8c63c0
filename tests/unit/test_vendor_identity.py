"""The registry of vendors: stable ids, look-ups, decisions that hold and can be taken back, the queue, parents."""

from __future__ import annotations

import shutil
import time
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.errors import EvenhandError
from orchestration.intake.vault import Vault
from orchestration.vendors.decisions import Decision, Rulings, next_due, read_rulings, record, rulings_of
from orchestration.vendors.identity import EMPTY, Registry, resolve
from orchestration.vendors.ids import append_ids, read_ids
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.vendors.parents import parent_on, read_parents
from orchestration.vendors.queue import review_queue
from orchestration.workspace import Workspace, create_workspace

TODAY = date(2026, 6, 30)
FIRST = ("Zorvex Systems", "ZORVEX SYSTEMS INC", "Blantok", "Quillmar 12", "Ferndale Kestrels")


def ids(registry: Registry) -> dict[str, str]:
    return {spelling: row.vendor_id for spelling, row in registry.identities.items()}


def rulings(*decisions: tuple[str, str, str]) -> Rulings:
    return rulings_of(Decision(*decision) for decision in decisions)


def test_ids_stay_while_vendors_grow() -> None:
    before = resolve(FIRST, EMPTY)
    after = resolve(("Zorvex", "Blantok Ltée", "Blantok Canada", "Merrowick"), before)
    assert {s: ids(after)[s] for s in FIRST} == ids(before)
    assert ids(after)["Blantok Ltée"] == ids(before)["Blantok"]
    assert after.identities["Blantok Ltée"].vendor == "Blantok"


def test_a_look_up_never_joins_two_vendors() -> None:
    known = resolve(["Zorvex Dental Insurance"], resolve(["Zorvex Marine Insurance"], EMPTY))
    assert len(set(ids(known).values())) == 2
    after = resolve(["Zorvex"], known)
    assert len(set(ids(after).values())) == 3
    assert after.identities["Zorvex"].decision == "review"


def test_a_decision_joins_vendors_and_is_taken_back() -> None:
    machine = resolve(["Blantok", "Merrowick"], EMPTY)
    same = resolve([], machine, rulings(("same", "Merrowick", "Blantok")))
    assert len(set(ids(same).values())) == 1
    assert [merge.rule for merge in same.merges()] == ["decided"]
    assert resolve([], same, rulings(("same", "Merrowick", "Blantok"), ("different", "Blantok", "Merrowick"))) == machine
    assert ids(resolve([], same)) == ids(machine)


def test_a_decision_keeps_apart_what_the_machine_would_join() -> None:
    apart = rulings(("different", "Zorvex Inc", "Zorvex Ltd"))
    for registry in (
        resolve(["Zorvex Inc", "Zorvex Ltd"], EMPTY, apart),
        resolve(["Zorvex Ltd"], resolve(["Zorvex Inc"], EMPTY, apart), apart),
    ):
        assert len(set(ids(registry).values())) == 2
        assert not review_queue(registry, apart)


def test_a_new_spelling_comes_to_vendors_a_decision_joined() -> None:
    same = rulings(("same", "Zorvex Marine Insurance", "Zorvex Dental Insurance"))
    known = resolve(["Zorvex Dental Insurance"], resolve(["Zorvex Marine Insurance"], EMPTY, same), same)
    after = resolve(["ZORVEX DENTAL INSURANCE LTD"], known, same)
    assert len(set(ids(after).values())) == 1


def test_a_decided_name_is_the_canonical_one() -> None:
    registry = resolve(["Zorvex", "ZORVEX INC"], EMPTY, rulings(("name", "ZORVEX INC", "Zorvex Holding")))
    assert {row.vendor for row in registry.identities.values()} == {"Zorvex Holding"}
    assert {row.decision for row in registry.identities.values()} == {"merged"}


def test_decisions_are_events_and_may_not_contradict_each_other(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    record(vault, Decision("same", "b", "a"), TODAY)
    record(vault, Decision("same", "b", "c"), TODAY)
    with pytest.raises(EvenhandError, match="different vendors"):
        record(vault, Decision("different", "a", "c"), TODAY)
    record(vault, Decision("different", "b", "c"), TODAY)
    assert read_rulings(vault).same == {("a", "b")}
    assert read_rulings(vault).different == {("b", "c")}
    with pytest.raises(EvenhandError, match="both are 'a'"):
        record(vault, Decision("same", "a", "a"), TODAY)
    with pytest.raises(EvenhandError, match="allowed are same"):
        record(vault, Decision("perhaps", "a", "b"), TODAY)


def test_the_queue_asks_first_where_most_depends_on_it() -> None:
    many = [f"Thalind {suffix}" for suffix in ("Inc", "Ltd", "Corp", "GmbH", "AG", "SA")]
    registry = resolve([*many, "Thalind 2", "Thalind 2 Inc", "Thalind 2 Ltd", "Quorvane", "Quorvane 7"], EMPTY)
    queue = review_queue(registry, rulings())
    assert [{q.left, q.right} & {"Quorvane 7", "Quorvane"} for q in queue] == [set(), {"Quorvane 7", "Quorvane"}]


def test_a_look_up_takes_milliseconds() -> None:
    from orchestration.vendors.identity import Index, Placed

    words = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper")
    known = resolve([f"{a}vex{b.lower()} {c}" for a in words for b in words for c in words], EMPTY)
    placed = {s: Placed(row.founder, row.rule, row.is_doubtful, row.batch) for s, row in known.identities.items()}
    index = Index(placed, ["Aldervexelm Fir Inc"], rulings())
    started = time.perf_counter()
    hit = index.look_up("Aldervexelm Fir Inc")
    assert hit.rule == "whole"
    assert time.perf_counter() - started < 0.05


def lake_with(workspace: Workspace, feed: str, rows: dict[str, int]) -> None:
    folder = workspace.lake / feed
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table({"vendor": pa.array(list(rows), pa.string()), "submission_seq": pa.array(list(rows.values()), pa.int32())})
    pq.write_table(table, folder / f"{max(rows.values())}.parquet")


def test_identities_added_night_by_night_are_those_derived_anew(tmp_path: Path) -> None:
    workspace, _ = create_workspace(tmp_path / "home")
    path = workspace.lake / "vendor_identities" / "identities.parquet"
    resolve_lake_vendors(workspace)
    assert pq.read_table(path).num_rows == 0
    lake_with(workspace, "kpi_values", {"Zorvex Systems": 1, "Blantok": 1})
    resolve_lake_vendors(workspace)
    lake_with(workspace, "engagements", {"ZORVEX": 2, "Blantok Inc": 3, "Zorvex 9": 3})
    resolve_lake_vendors(workspace)
    by_night = path.read_bytes()
    resolve_lake_vendors(workspace, anew=True)
    assert path.read_bytes() == by_night
    rows = pq.read_table(path).to_pylist()
    assert [(row["spelling"], row["vendor"], row["decision"]) for row in rows] == [
        ("Blantok", "Blantok", "new"),
        ("Blantok Inc", "Blantok", "merged"),
        ("ZORVEX", "Zorvex Systems", "merged"),
        ("Zorvex 9", "Zorvex 9", "review"),
        ("Zorvex Systems", "Zorvex Systems", "new"),
    ]


def test_a_decision_reaches_the_lake(tmp_path: Path) -> None:
    workspace, _ = create_workspace(tmp_path / "home")
    lake_with(workspace, "kpi_values", {"Zorvex": 1, "Zorvex Inc": 1, "Blantok": 1})
    resolve_lake_vendors(workspace)
    record(Vault(workspace.vault), Decision("different", "Zorvex", "Zorvex Inc"), TODAY)
    record(Vault(workspace.vault), Decision("same", "Zorvex", "Blantok"), TODAY)
    registry = resolve_lake_vendors(workspace)
    assert ids(registry)["Zorvex"] == ids(registry)["Blantok"] != ids(registry)["Zorvex Inc"]


def test_what_differs_is_a_veto_over_nights_too() -> None:
    for first, later in (
        (("Visionaire", "Visionaire 2020"), "Visionaire 2030"),
        (("Blantok Inc (2017)", "Blantok Inc"), "Blantok Inc (2019)"),
        (("Zorvexia", "Zorvexia Canada"), "Zorvexia France"),
        (("PECHE", "Pêche"), "Péché"),
    ):
        registry = resolve([later], resolve(first, EMPTY))
        assert ids(registry)[later] not in {ids(registry)[s] for s in first}
        assert registry.identities[later].decision == "review"
        assert any(later in (doubt.left, doubt.right) for doubt in review_queue(registry, rulings()))


def test_two_of_one_batch_do_not_meet_in_a_vendor_that_exists() -> None:
    registry = resolve(["Zorvexia Canada", "Zorvexia France"], resolve(["Zorvexia"], EMPTY))
    assert ids(registry)["Zorvexia Canada"] != ids(registry)["Zorvexia France"]


@pytest.mark.parametrize(
    "batches", [[("Zeta Holdings", "Kowalski Tools", "Kowalski Tools Ltd")], [("Zeta Holdings", "Kowalski Tools"), ("Kowalski Tools Ltd",)]]
)
def test_a_decided_difference_holds_through_what_is_decided_to_be_the_same(batches: list[tuple[str, ...]]) -> None:
    decided = rulings(("same", "Zeta Holdings", "Kowalski Tools"), ("different", "Zeta Holdings", "Kowalski Tools Ltd"))
    early, late = EMPTY, EMPTY
    for batch in batches:
        early, late = resolve(batch, early, decided), resolve(batch, late)
    for registry in (early, resolve([], late, decided)):
        assert ids(registry)["Zeta Holdings"] == ids(registry)["Kowalski Tools"] != ids(registry)["Kowalski Tools Ltd"]
        assert registry.identities["Kowalski Tools Ltd"].vendor == "Kowalski Tools Ltd"


def test_a_name_never_makes_two_vendors_look_one(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    record(vault, Decision("different", "Acme Widgetronics", "Acme Widgetronics Ltd"), TODAY)
    with pytest.raises(EvenhandError, match="two vendors never have the same name"):
        record(vault, Decision("name", "Acme Widgetronics Ltd", "Acme Widgetronics"), TODAY)
    record(vault, Decision("name", "Blantok", "Blantok Group"), TODAY)
    with pytest.raises(EvenhandError, match="already the name of the vendor of 'Blantok'"):
        record(vault, Decision("name", "Merrowick", "Blantok Group"), TODAY)
    with pytest.raises(EvenhandError, match="two vendors never have the same name"):
        record(vault, Decision("different", "Blantok", "Blantok Group"), TODAY)


def test_the_last_name_given_holds() -> None:
    decided = rulings(("name", "Zorvex", "Zorvex B"), ("name", "ZORVEX INC", "Zorvex C"), ("name", "Zorvex", "Zorvex A"))
    rows = resolve(["Zorvex", "ZORVEX INC"], EMPTY, decided).identities
    assert {row.vendor for row in rows.values()} == {"Zorvex A"}


def test_a_decision_holds_from_its_day_on(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    record(vault, Decision("different", "a", "b"), date(2026, 2, 1))
    record(vault, Decision("same", "a", "b"), date(2026, 1, 1))
    assert not read_rulings(vault, date(2025, 12, 31)).groups
    assert read_rulings(vault, date(2026, 1, 31)).same == {("a", "b")}
    assert read_rulings(vault, date(2026, 2, 1)).different == read_rulings(vault).different == {("a", "b")}
    assert next_due(vault, date(2026, 1, 1)) == date(2026, 2, 1)
    record(vault, Decision("same", "c", "d"), date(2026, 3, 1))
    record(vault, Decision("different", "c", "e"), date(2026, 2, 1))
    with pytest.raises(EvenhandError, match="different vendors"):  # fine on the day itself, a contradiction from March on
        record(vault, Decision("same", "d", "e"), date(2026, 2, 1))


def test_ids_outlive_the_lake_and_an_erasure(tmp_path: Path) -> None:
    workspace, _ = create_workspace(tmp_path / "home")
    lake_with(workspace, "kpi_values", {"Zorvexia": 1, "Zorvexia Systems": 2, "Blantok": 3})
    before = ids(resolve_lake_vendors(workspace))
    assert before["Zorvexia"] == before["Zorvexia Systems"]
    book, identities = workspace.vault / "vendors" / "ids.jsonl", workspace.lake / "vendor_identities" / "identities.parquet"
    first, derived = book.read_bytes(), identities.read_bytes()
    shutil.rmtree(workspace.lake / "vendor_identities")
    resolve_lake_vendors(workspace)
    assert (book.read_bytes(), identities.read_bytes()) == (first, derived)
    shutil.rmtree(workspace.lake)
    lake_with(workspace, "kpi_values", {"Zorvexia Systems": 2, "Blantok": 3})
    after = resolve_lake_vendors(workspace)
    assert ids(after) == {s: before[s] for s in ("Zorvexia Systems", "Blantok")}
    assert after.identities["Zorvexia Systems"].vendor == "Zorvexia Systems"
    assert book.read_bytes().startswith(first)
    assert b"orvexia" not in book.read_bytes().lower()


def test_a_difference_leaves_a_third_spelling_its_id() -> None:
    before = ids(resolve(["Zorvex Inc", "Zorvex Ltd", "ZORVEX INC."], EMPTY))
    after = ids(
        resolve([], resolve(["Zorvex Inc", "Zorvex Ltd", "ZORVEX INC."], EMPTY), rulings(("different", "Zorvex Inc", "Zorvex Ltd")))
    )
    assert {s for s in before if after[s] == before[s]} == {"Zorvex Inc", "ZORVEX INC."}
    assert len(set(after.values())) == 2


def test_a_half_written_line_of_the_book_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "vendors" / "ids.jsonl"
    _, book = read_ids(path, "key").assign({"Zorvex": ["Zorvex", "ZORVEX"]})
    append_ids(path, book)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id": "v')
    _, more = read_ids(path, "key").assign({"Zorvex": ["Zorvex"], "Blantok": ["Blantok"]})
    append_ids(path, more)
    assert path.read_bytes().startswith(whole)
    assert len(read_ids(path, "key").lines) == 3


def test_parents_are_dated_and_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "parents.csv"
    path.write_text("vendor,parent,valid_from,valid_to\nZorvex,Blantok,2019-01-01,2022-06-30\nZorvex,Merrowick,2022-07-01,\n", "utf-8")
    parents = read_parents(path)
    assert parent_on(parents, "Zorvex", date(2022, 6, 30)) == "Blantok"
    assert parent_on(parents, "Zorvex", date(2026, 1, 1)) == "Merrowick"
    assert parent_on(parents, "Zorvex", date(2018, 12, 31)) is None
    path.write_text("vendor,parent,valid_from,valid_to\nZorvex,Blantok,2019-01-01,\nZorvex,Merrowick,2022-07-01,\n", "utf-8")
    with pytest.raises(EvenhandError, match="two parents on 2022-07-01"):
        read_parents(path)
    path.write_text("vendor,parent,valid_from,valid_to\nZorvex,Blantok,someday,\n", "utf-8")
    with pytest.raises(EvenhandError, match="line 2"):
        read_parents(path)
