"""Decisions on the rows of a dataset: what leaves its table, what is served again, and what attacks take back; and the gate's view of them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import Profile, disclosure_policy
from orchestration.disclosure.audit.run import SAYS, Claim, audit_of, audit_text, made_claim
from orchestration.disclosure.deciding import Past, Table, again_table, settle
from orchestration.disclosure.policy.cells import Reason
from orchestration.gate import audit_outcomes
from orchestration.gate.attacks import CLAIMS

PUBLIC, MEMBERS = (disclosure_policy().profile(name) for name in ("public", "members"))
KEY = ("kpi_code", "kpi_version", "cut", "vendor")
Cell = tuple[str, str | None]


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(
        "create table prepared (period_key integer, kpi_code varchar, kpi_version integer, cut varchar, vendor varchar, p50 double, established integer, "
        "most_common_times integer, printed integer, steps_apart double, in_first_period boolean)"
    )
    con.execute(
        "create table members (kpi_code varchar, kpi_version integer, cut varchar, vendor varchar, holding_group_id varchar, value double)"
    )
    return con


def add(con: duckdb.DuckDBPyConnection, cell: Cell, groups: dict[str, float], *, period_key: int = 20250) -> None:
    con.execute("insert into prepared values (?, 'K', 1, ?, ?, 50, ?, 1, 1, 0, false)", [period_key, *cell, len(groups)])
    con.executemany("insert into members values ('K', 1, ?, ?, ?, ?)", [(*cell, group, value) for group, value in groups.items()])


def ledger(folder: Path, name: str, cells: dict[Cell, dict[str, float]], *, same_period: bool) -> Past:
    """An edition that was served."""
    rows = ", ".join(
        f"('K', 1, '{cut}', {repr(v) if v else 'null'}, '{g}', {x})" for (cut, v), held in cells.items() for g, x in held.items()
    )
    path = folder / f"{name}.parquet"
    duckdb.sql(f"copy (select * from (values {rows}) as t(kpi_code, kpi_version, cut, vendor, holding_group_id, value)) to '{path}'")
    return Past(name, same_period, folder, {"benchmark": path})


def decide(con: duckdb.DuckDBPyConnection, *past: Past) -> dict[Cell, Reason]:
    settled = settle(con, Table("benchmark", "prepared", KEY, "select * from members", 20250), past, PUBLIC)
    assert settled.differing == 0
    names = con.execute("select cut, vendor from asked order by place").fetchall()
    return {(cut, vendor): Reason(code) for (cut, vendor), code in zip(names, settled.decisions.reason.tolist(), strict=True)}


def left(con: duckdb.DuckDBPyConnection) -> list[Cell]:
    return con.execute("select cut, vendor from prepared order by all").fetchall()


def of(count: int, first: int = 0) -> dict[str, float]:
    return {f"G{place:02d}": float(place) for place in range(first, first + count)}


def test_what_the_policy_hides_leaves_the_table_and_nothing_else_does(con: duckdb.DuckDBPyConnection) -> None:
    add(con, ("all", None), of(30))
    add(con, ("vendor", "Alpha"), of(28))  # all but two
    add(con, ("vendor", "Beta"), of(9))
    add(con, ("all", None), of(30), period_key=20240)  # another period's row
    con.execute("delete from members where rowid >= 30 + 28 + 9")
    assert decide(con) == {("all", None): Reason.PUBLISHED, ("vendor", "Alpha"): Reason.LEFT_OVER, ("vendor", "Beta"): Reason.FEW_GROUPS}
    assert con.execute("select period_key, cut from prepared order by all").fetchall() == [(20240, "all"), (20250, "all")]


def test_few_changes_since_an_earlier_revision_serve_it_again(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    add(con, ("all", None), of(30))
    add(con, ("vendor", "Alpha"), of(20))
    add(con, ("vendor", "Beta"), of(12, 18))
    then = {
        ("all", None): of(29),
        ("vendor", "Alpha"): {**of(20), "G00": 7.5},
        ("vendor", "Beta"): {g: v + 1 for g, v in of(12, 18).items()},
    }
    earlier = ledger(tmp_path, "2025-r0", then, same_period=True)
    assert decide(con, earlier) == {
        ("all", None): Reason.RE_SERVED,  # a joiner
        ("vendor", "Alpha"): Reason.RE_SERVED,  # a corrected value
        ("vendor", "Beta"): Reason.PUBLISHED,  # twelve of them
    }
    assert left(con) == [("vendor", "Beta")]
    again = con.execute(f"select cut, vendor, release_id from {again_table('benchmark')} order by all").fetchall()
    assert again == [("all", None, "2025-r0"), ("vendor", "Alpha", "2025-r0")]


def test_a_cell_that_the_revision_before_did_not_show_stays_hidden(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    add(con, ("all", None), of(30))
    add(con, ("vendor", "Alpha"), of(20))
    earlier = ledger(tmp_path, "2025-r0", {("all", None): of(30)}, same_period=True)
    assert decide(con, earlier)["vendor", "Alpha"] == Reason.HIDDEN_BEFORE
    assert left(con) == [("all", None)]


def test_few_changes_since_the_period_before_hide_the_cell(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    add(con, ("all", None), of(30))
    before = ledger(tmp_path, "2024-r0", {("all", None): of(29)}, same_period=False)
    assert decide(con, before) == {("all", None): Reason.FEW_TOUCHED}
    assert left(con) == []


# --- The gate on what attacks found --------------------------------------------------------------------------------------


def claims(*, broken: int = 0, **counts: int) -> list[Claim]:
    found = [made_claim(name, counts.get(name, 40), 0) for name in SAYS if name != "interval"]
    return [Claim("interval", "Nobody is pinned.", "cells", counts.get("interval", 12), broken, 0.08, 0.05), *found]


def write(folder: Path, text: str) -> Path:
    (folder / "audit.json").write_text(text)
    return folder / "audit.json"


def own(
    release_id: str = "2025-r0",
    profile: Profile = PUBLIC,
    beside: tuple[str, ...] = ("2024-r0",),
    content: str = "c" * 64,
    catalogue: bytes = b"K",
    tables: str = "t",
) -> dict[str, object]:
    return audit_of(release_id, profile, dict.fromkeys(beside, tables), content, catalogue)


def test_the_gate_asks_for_every_claim_there_is() -> None:
    assert set(CLAIMS) == set(SAYS)


def test_every_claim_of_an_audit_is_a_check(tmp_path: Path) -> None:
    path = write(tmp_path, audit_text(own(), claims(revision=0, two_cells=0)))
    outcomes = audit_outcomes(path, own())
    assert {o.name for o in outcomes} == {"audit.attacked", *(f"audit.{name}" for name in SAYS)}
    assert all(o.passed and o.severity == "error" for o in outcomes)
    assert outcomes[1].observed == "12 cells: 0 broken; the narrowest interval found is 8 % of the typical range"
    assert outcomes[1].limit == "at least 5 % of the typical range"
    assert json.loads(path.read_text())["passed"] is True


@pytest.mark.parametrize(
    ("spoil", "red"),
    [
        pytest.param(lambda path: path.unlink(), ["audit.attacked"], id="no audit"),
        pytest.param(lambda path: path.write_text("{"), ["audit.attacked"], id="no such file"),
        pytest.param(lambda path: write(path.parent, audit_text(own(content="d" * 64), claims())), ["audit.attacked"], id="of other rows"),
        pytest.param(lambda path: write(path.parent, audit_text(own("2025-r1"), claims())), ["audit.attacked"], id="of another release"),
        pytest.param(lambda path: write(path.parent, audit_text(own(profile=MEMBERS), claims())), ["audit.attacked"], id="under another profile"),
        pytest.param(lambda path: write(path.parent, audit_text(own(beside=()), claims())), ["audit.attacked"], id="beside fewer editions"),
        pytest.param(lambda path: write(path.parent, audit_text(own(tables="u"), claims())), ["audit.attacked"], id="beside another version of one"),
        pytest.param(lambda path: write(path.parent, audit_text(own(catalogue=b"L"), claims())), ["audit.attacked"], id="read with another catalogue"),
        pytest.param(lambda path: write(path.parent, audit_text(own(), [])), ["audit.attacked"], id="of nothing"),
        pytest.param(lambda path: write(path.parent, audit_text(own(), claims()[:-1])), ["audit.attacked"], id="an attack is missing"),
        pytest.param(lambda path: write(path.parent, audit_text(own(), claims(rebuild=0))), ["audit.attacked"], id="an attack tried nothing"),
        pytest.param(lambda path: write(path.parent, audit_text(own(), claims(broken=2))), ["audit.interval"], id="broken"),
    ],
)  # fmt: skip
def test_a_candidate_that_was_not_attacked_or_did_not_withstand_is_refused(tmp_path: Path, spoil: object, red: list[str]) -> None:
    path = write(tmp_path, audit_text(own(), claims()))
    spoil(path)  # type: ignore[operator]
    assert [o.name for o in audit_outcomes(path, own()) if not o.passed] == red
