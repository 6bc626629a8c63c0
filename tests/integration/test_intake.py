"""Files as they land, on a workspace of their own: every one gets a receipt, nothing is lost, the good ones go on."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import printable
from orchestration.intake.deriving import restore_lake
from orchestration.intake.receipts import read_receipt
from orchestration.intake.taking import IntakeSummary, take_in
from orchestration.intake.validate import validate_file
from orchestration.intake.vault import Vault, file_digest
from orchestration.settings import Settings, load_settings
from orchestration.workspace import Workspace
from tests.conftest import contents, new_workspace

NIGHT, NEXT_NIGHT = date(2024, 5, 2), date(2024, 5, 3)
REGISTRY_HEADER = "participant_id,holding_group_id,role,industry_code,country,size_band,joined_on,verified\n"
KPI_HEADER = "kpi_code,period_start,period_end,value_chain_stage,project_ref,numerator,denominator\n"
GOOD = KPI_HEADER + "ADO-01,2024-01-01,2024-03-31,OP,Apollo,7,10\nADO-01,2024-01-01,2024-03-31,IL,,8,10\n"
MESSY = (
    KPI_HEADER + "ADO-01,2024-01-01,2024-03-31,OP,Apollo,7,10\n"
    "ADO-01,2024-01-01,2024-03-31,OP,Apollo,7.0,10\n"
    "\n"
    "ADO-01,2024-01-01,2024-03-31,IL,,800,10\n"
    "ADO-01,2024-1-1,2024-03-31,IL\n"
    "ADO-02,2024-01-01,2024-12-31,TD,Hermes,1,4\n"
    "ADO-02,2024-01-01,2024-12-31,TD,Zeus,1,4\n"
    "ADO-02,2024-01-01,2024-12-31,TD,Zeus,2,4\n"
    "ADO-03,2024-01-01,2024-12-31,OL,Apollo,1,4\n"
    "ADO-03,2024-01-01,2024-12-31,SV,Apollo,1,4\n"
)


HUGE = "P1/kpi_values__g_huge.csv"  # a hole: it takes no place on the disk


class House:
    """A workspace with the participants P1 and P2 registered, and short words for what tests do in it."""

    def __init__(self, home: Path) -> None:
        self.workspace: Workspace = new_workspace(home)
        self.settings: Settings = load_settings(home, environ={})
        self.vault = Vault(self.workspace.vault)

    def land(self, name: str, content: str | bytes = GOOD) -> Path:
        path = self.workspace.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def register(self, *participants: str) -> None:
        rows = "".join(f"{p},G-{p},buyer,C,CH,L,2024-01-01,true\n" for p in participants)
        self.land("participants.csv", REGISTRY_HEADER + rows)

    def night(self, as_of: date = NIGHT, settings: Settings | None = None) -> IntakeSummary:
        return take_in(self.workspace, settings or self.settings, as_of)

    def waiting(self) -> set[str]:
        return {p.relative_to(self.workspace.landing).as_posix() for p in self.workspace.landing.rglob("*") if not p.is_dir()}

    def submissions(self) -> list[dict[str, Any]]:
        return [s for event in self.vault.events("taken_in") for s in event["submissions"]]

    def receipts(self) -> dict[str, dict[str, Any]]:
        """The newest receipt of every file by its name in landing."""
        return {s["name"]: read_receipt(self.vault.submission(s["submission_id"])) for s in self.submissions()}

    def originals(self) -> list[bytes]:
        return [(self.vault.submission(s["submission_id"]) / s["original"]).read_bytes() for s in self.submissions()]

    def rows(self, query: str, feed: str = "kpi_values") -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(query.replace("LAKE", f"read_parquet('{self.workspace.lake / feed}/*.parquet')")).fetchall()

    def figures(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select participant_id, kpi_code, value_chain_stage, cast(numerator as double), submission_seq, submission_row from LAKE order by all"
        )

    def evenhand(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(arguments), env={"EVENHAND_HOME": str(self.workspace.home)})
        assert result.exception is None or isinstance(result.exception, SystemExit | EvenhandError)
        return result.exit_code, result.output


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path / "home")
    house.register("P1", "P2")
    return house


@pytest.fixture(scope="module")
def bad_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, dict[str, bytes]]:
    """A night on which two participants send all that can go wrong, between good files. With it what was sent, by name."""
    house = House(tmp_path_factory.mktemp("bad night") / "home")
    house.register("P1", "P2")
    for name, content in {
        "Nobody/kpi_values.csv": GOOD,
        "P1/figures.csv": GOOD,
        "P1/projects.csv": "project_ref,project_kind,value_chain_stage\nApollo,upgrade,OP\n",
        "P1/engagements.csv": "project_ref,vendor,vendor_role,remark\nApollo,Acme,cloud,x\n",
        "P1/kpi_values__a_good.csv": GOOD,
        "P1/kpi_values__b_bars.csv": GOOD.replace(",", "|"),
        "P1/kpi_values__c_empty.csv": "",
        "P1/kpi_values__d_binary.csv": b"PK\x03\x04\x00\x00" * 40,
        "P1/kpi_values__e_open_quote.csv": GOOD + 'ADO-01,2024-01-01,2024-03-31,"OP,,1,2\n',
        "P1/kpi_values__f_half_bad.csv": KPI_HEADER + "X,2024-01-01,2024-03-31,OP,,7,10\n",
        "P1/kpi_values.xls": b"\xd0\xcf\x11\xe0",
        "P1/participants.csv": REGISTRY_HEADER,
        "P1/nested/kpi_values.csv": GOOD + "ADO-01,2024-01-01,2024-03-31,FI,,8,10\n",
        "P1/" + os.fsdecode(b"kpi_values__\xff\x1b[2J.csv"): GOOD + "ADO-01,2024-01-01,2024-03-31,OL,,8,10\n",
        "P1/kpi_values__z.csv.part": GOOD[:40],
        "P2/kpi_values.csv": GOOD,
        "kpi_values.csv": GOOD,
    }.items():
        house.land(name, content)
    os.truncate(house.land(HUGE), Settings().max_file_bytes + 1)
    (house.workspace.landing / "P1" / "kpi_values__h_link.csv").symlink_to(house.workspace.home / ".env")
    sent = {
        p.relative_to(house.workspace.landing).as_posix(): os.fsencode(p.readlink()) if p.is_symlink() else p.read_bytes()
        for p in house.workspace.landing.rglob("*")
        if (p.is_symlink() or p.is_file()) and p.stat().st_size < 1 << 20
    }
    house.night()
    return house, sent


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Nobody/kpi_values.csv", "The folder 'Nobody' belongs to no participant of the registry"),
        ("P1/figures.csv", "The feed 'figures' is unknown."),
        ("P1/projects.csv", "Required columns are missing: status."),
        ("P1/engagements.csv", "The column 'remark' is unknown."),
        ("P1/kpi_values__b_bars.csv", "The columns are separated by vertical bars"),
        ("P1/kpi_values__c_empty.csv", "The file is empty"),
        ("P1/kpi_values__d_binary.csv", "The file is not UTF-8 text"),
        ("P1/kpi_values__e_open_quote.csv", "check its quotation marks"),
        ("P1/kpi_values__f_half_bad.csv", "More than half of the rows are bad (1 of 1)"),
        (HUGE, "The file has 536,870,913 bytes, allowed are at most 536,870,912"),
        ("P1/kpi_values__h_link.csv", "The entry is a link, not a file"),
        ("P1/kpi_values.xls", "The file ends in '.xls': allowed are .csv"),
        ("P1/participants.csv", "The feed participants is sent in landing itself"),
        ("P1/nested/kpi_values.csv", "The file lies in a folder inside the participant's folder"),
        ("kpi_values.csv", "The feed kpi_values is sent in a participant's own folder"),
    ],
)
def test_what_is_rejected_has_a_receipt_with_one_sentence_which_status_shows(
    bad_night: tuple[House, dict[str, bytes]], name: str, words: str
) -> None:
    house, _ = bad_night
    receipt = house.receipts()[name]
    assert receipt["verdict"] == "rejected"
    assert words in receipt["sentence"]
    assert "\n" not in receipt["sentence"]
    assert "Traceback" not in json.dumps(receipt)
    assert receipt["rows_accepted"] == receipt["rows_collapsed"] == 0
    assert receipt["grade"] is None
    code, shown = house.evenhand("status")
    assert code == 0
    assert f"{receipt['submission_id']}  {name}: {receipt['sentence']}" in shown
    code, shown = house.evenhand("status", receipt["submission_id"])
    assert (code, receipt["sentence"] in shown) == (0, True)


def test_the_good_files_of_a_bad_night_go_on(bad_night: tuple[House, dict[str, bytes]]) -> None:
    house, _ = bad_night
    accepted = {name for name, receipt in house.receipts().items() if receipt["verdict"] == "accepted"}
    assert accepted == {"participants.csv", "P1/kpi_values__a_good.csv", "P1/kpi_values__\ufffd\ufffd[2J.csv", "P2/kpi_values.csv"}
    assert house.rows("select participant_id, count(*) from LAKE group by all order by all") == [("P1", 5), ("P2", 2)]


def test_an_unfinished_file_is_left_alone_and_everything_else_has_left_landing(bad_night: tuple[House, dict[str, bytes]]) -> None:
    house, _ = bad_night
    assert house.waiting() == {"P1/kpi_values__z.csv.part"}


def test_every_byte_sent_is_kept(bad_night: tuple[House, dict[str, bytes]]) -> None:
    house, sent = bad_night
    kept = {s["name"]: house.vault.submission(s["submission_id"]) / s["original"] for s in house.submissions()}
    huge = kept.pop(HUGE).stat()
    assert (huge.st_size, huge.st_blocks * 512 < 1 << 20) == (Settings().max_file_bytes + 1, True)
    finished = {printable(name): content for name, content in sent.items() if not name.endswith(".part")}
    assert {name: path.read_bytes() for name, path in kept.items()} == finished
    receipts = house.receipts()
    assert {name: receipts[name]["sha256"] for name in finished} == {n: hashlib.sha256(c).hexdigest() for n, c in finished.items()}


def test_a_receipt_tells_of_no_other_participant(bad_night: tuple[House, dict[str, bytes]]) -> None:
    house, _ = bad_night
    for submission in house.submissions():
        text = (house.vault.submission(submission["submission_id"]) / "receipt.json").read_text("utf-8")
        others = {"P1", "P2", "G-P1", "G-P2"} - {submission["sender"]}
        assert [other for other in others if f'"{other}' in text or f"'{other}" in text or f"{other}/" in text] == []
        assert os.fspath(house.workspace.home) not in text
        assert "EVENHAND_SECRET" not in text


def test_status_moves_no_cursor_and_shows_no_traceback(bad_night: tuple[House, dict[str, bytes]]) -> None:
    _, shown = bad_night[0].evenhand("status")
    assert "\x1b" not in shown
    assert "Traceback" not in shown
    assert "Submissions: 4 accepted, 15 rejected" in shown


def test_a_receipt_holds_what_its_sender_needs(house: House) -> None:
    sent = house.land("P1/kpi_values.csv", MESSY)
    digest = file_digest(sent)
    house.night()
    receipt = house.receipts()["P1/kpi_values.csv"]
    told = {name: receipt[name] for name in ("sha256", "participant_id", "feed", "received_at", "verdict", "grade", "bytes")}
    assert told == {
        "sha256": digest,
        "participant_id": "P1",
        "feed": "kpi_values",
        "received_at": "2024-05-02",
        "verdict": "accepted_with_quarantine",
        "grade": "C",
        "bytes": len(MESSY),
    }
    assert [receipt[f"rows_{part}"] for part in ("read", "accepted", "quarantined", "collapsed")] == [9, 4, 4, 1]
    assert [(p["row"], p["column"], p["value"], p["rule"]) for p in receipt["problems"]] == [
        (3, "numerator", "800", "hard_range"),
        (4, "", "ADO-01,2024-1-1,2024-03-31,IL", "fields"),
        (6, "kpi_code", "ADO-02", "contradicting_key"),
        (7, "kpi_code", "ADO-02", "contradicting_key"),
    ]
    assert sorted(row[5] for row in house.figures()) == [1, 5, 8, 9]


def test_the_same_bytes_twice_change_nothing(house: House) -> None:
    house.land("P1/kpi_values.csv", MESSY)
    house.night()
    lake, vault, taken = contents(house.workspace.lake), contents(house.workspace.vault / "submissions"), house.submissions()
    house.register("P1", "P2")
    house.land("P1/kpi_values.csv", MESSY)
    house.land("P1/kpi_values__again.csv", MESSY)
    summary = house.night(NEXT_NIGHT)
    assert (summary.files, summary.repeated) == (0, 3)
    assert contents(house.workspace.lake) == lake
    assert contents(house.workspace.vault / "submissions") == vault
    assert house.submissions() == taken
    assert [event["event"] for event in house.vault.events()] == ["keys", "night", "taken_in", "taken_in", "night", "repeated", "repeated"]
    assert {s["name"] for s in house.vault.events("repeated")[-1]["submissions"]} == {"P1/kpi_values.csv", "P1/kpi_values__again.csv"}
    assert "the same bytes again, nothing changed" in house.evenhand("status")[1]
    assert house.waiting() == set()


def test_the_same_bytes_twice_in_one_night_are_one_submission(house: House) -> None:
    house.land("P1/kpi_values__a.csv")
    house.land("P1/kpi_values__b.csv")
    summary = house.night()
    assert (summary.files, summary.repeated, len(house.figures())) == (2, 1, 2)


@pytest.mark.parametrize("misplaced", ["P1/a/kpi_values.csv", "P1/kpi_values.bak"])
def test_a_misplaced_copy_takes_nothing_away_from_the_file_itself(house: House, misplaced: str) -> None:
    house.land(misplaced)
    house.land("P1/kpi_values.csv")
    house.night()
    assert {name: receipt["verdict"] for name, receipt in house.receipts().items() if name != "participants.csv"} == {
        misplaced: "rejected",
        "P1/kpi_values.csv": "accepted",
    }
    assert len(house.figures()) == 2


def test_the_same_bytes_of_two_participants_are_two_submissions(house: House) -> None:
    house.land("P1/kpi_values.csv")
    house.land("P2/kpi_values.csv")
    assert house.night().repeated == 0
    assert [row[0] for row in house.figures()] == ["P1", "P1", "P2", "P2"]


def test_a_night_without_files_leaves_no_event(house: House) -> None:
    house.night()
    before = house.vault.events()
    house.night(NEXT_NIGHT)
    assert house.vault.events() == before


def test_a_correction_stands_beside_what_it_supersedes_with_a_higher_number(house: House) -> None:
    house.land("P1/kpi_values.csv", GOOD)
    house.night()
    house.land("P1/kpi_values.csv", GOOD.replace(",7,10", ",9,10"))
    house.night(NEXT_NIGHT)
    versions = house.rows(
        "select cast(numerator as double), submission_seq, received_on from LAKE where value_chain_stage = 'OP' order by 2"
    )
    assert versions == [(7.0, 2, NIGHT), (9.0, 3, NEXT_NIGHT)]


def test_two_files_of_one_night_count_in_name_order(house: House) -> None:
    house.land("P1/kpi_values__b.csv", GOOD.replace(",7,10", ",2,10"))
    house.land("P1/kpi_values__a.csv", GOOD.replace(",7,10", ",1,10"))
    house.night()
    assert house.rows("select cast(numerator as double) from LAKE where value_chain_stage = 'OP' order by submission_seq") == [
        (1.0,),
        (2.0,),
    ]


@pytest.mark.parametrize("part", ["*", "kpi_values/*", "submissions/*", "participants/*", "kpi_values/2024-05-03*"])
def test_a_lake_that_was_deleted_comes_back_byte_for_byte(house: House, part: str) -> None:
    house.land("P1/kpi_values.csv", MESSY)
    house.land("P2/kpi_values.csv", GOOD)
    house.land("P2/projects.csv", "nonsense\n")
    house.night()
    house.land("P2/kpi_values.csv", GOOD.replace(",7,10", ",9,10"))
    house.night(NEXT_NIGHT)
    lake, vault = contents(house.workspace.lake), contents(house.workspace.vault)
    removed = [path for path in house.workspace.lake.rglob(part) if path.is_file()]
    for path in removed:
        path.unlink()
    restore_lake(house.workspace, house.settings)
    assert removed
    assert contents(house.workspace.lake) == lake
    assert contents(house.workspace.vault) == vault


def test_what_the_log_does_not_know_leaves_the_lake(house: House) -> None:
    house.land("P1/kpi_values.csv")
    house.night()
    lake = contents(house.workspace.lake)
    for name in ("kpi_values/2024-05-02-00000009-stray.parquet", "kpi_values/half.tmp", "submissions/stray.parquet"):
        (house.workspace.lake / name).write_bytes(b"half a file")
    house.night(NEXT_NIGHT)
    assert contents(house.workspace.lake) == lake


def test_a_rejected_file_may_be_sent_again_once_its_sender_is_registered(house: House) -> None:
    house.land("P3/kpi_values.csv")
    house.night()
    assert house.receipts()["P3/kpi_values.csv"]["verdict"] == "rejected"
    house.register("P1", "P2", "P3")
    house.land("P3/kpi_values.csv")
    house.night(NEXT_NIGHT)
    attempts = [s for s in house.submissions() if s["sender"] == "P3"]
    assert [s["verdict"] for s in attempts] == ["rejected", "accepted"]
    assert attempts[1]["submission_id"] == attempts[0]["submission_id"] + "-2"
    assert [row[0] for row in house.figures()] == ["P3", "P3"]
    code, shown = house.evenhand("status", attempts[1]["submission_id"])
    assert (code, "kpi_values  accepted" in shown) == (0, True)


def test_the_newest_registry_says_who_may_send(house: House) -> None:
    house.night()
    house.register("P2")
    house.land("P1/kpi_values.csv")
    house.night(NEXT_NIGHT)
    assert "belongs to no participant" in house.receipts()["P1/kpi_values.csv"]["sentence"]


def test_references_are_pseudonyms_of_their_own_for_each_participant(house: House) -> None:
    for participant in ("P1", "P2"):
        house.land(f"{participant}/kpi_values.csv")
        house.land(
            f"{participant}/projects.csv",
            "project_ref,programme_ref,project_kind,value_chain_stage,status,objective\nApollo,Apollo,upgrade,OP,live,Apollo\n",
        )
    house.night()
    assert [name for name, content in contents(house.workspace.lake).items() if b"Apollo" in content] == []
    used = house.rows("select participant_id, project_ref from LAKE where project_ref is not null order by all")
    known = house.rows("select participant_id, project_ref from LAKE order by all", "projects")
    assert used == known
    assert [who for who, _ in used] == ["P1", "P2"]
    (_, first), (_, second) = used
    assert first != second
    assert all(len(name) == 24 and set(name) <= set("0123456789abcdef") for name in (first, second))
    assert house.rows("select count(*) from LAKE where project_ref is null") == [(2,)]


def test_pseudonyms_hang_on_the_secret(house: House, tmp_path: Path) -> None:
    other = House(tmp_path / "other")
    other.settings = load_settings(other.workspace.home, environ={"EVENHAND_SECRET": "11" * 32})
    other.register("P1", "P2")
    for one in (house, other):
        one.land("P1/kpi_values.csv")
        one.night()
    query = "select project_ref from LAKE where project_ref is not null"
    assert house.rows(query) != other.rows(query)


@pytest.mark.parametrize("event", ["night", "taken_in"])
def test_a_night_killed_before_its_commit_is_repeated_without_loss_or_duplicate(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    calm = House(tmp_path / "calm")
    calm.register("P1", "P2")
    append = Vault.append
    for one in (house, calm):
        one.land("P1/kpi_values.csv", MESSY)
        one.land("P2/kpi_values.csv", GOOD)

    def killed(vault: Vault, kind: str, **facts: Any) -> None:
        submissions = facts.get("submissions") or [{"feed": "kpi_values"}]
        if kind == event and submissions[0]["feed"] == "kpi_values":
            raise KeyboardInterrupt
        append(vault, kind, **facts)

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            house.night()
    assert {"P1/kpi_values.csv", "P2/kpi_values.csv"} <= house.waiting()
    house.night()
    calm.night()
    assert house.waiting() == set()
    assert contents(house.workspace.lake) == contents(calm.workspace.lake)
    assert house.submissions() == calm.submissions()
    assert sorted(house.originals()) == sorted(calm.originals())


def test_a_night_killed_after_its_commit_repeats_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = house.land("P1/kpi_values.csv", MESSY)
    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path == sent:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            house.night()
    lake = contents(house.workspace.lake)
    assert house.night(NEXT_NIGHT).files == 0
    assert contents(house.workspace.lake) == lake
    assert (len(house.submissions()), house.waiting()) == (2, set())


def test_what_lands_during_a_night_belongs_to_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.land("P1/kpi_values.csv")
    append = Vault.append

    def late(vault: Vault, kind: str, **facts: Any) -> None:
        append(vault, kind, **facts)
        if kind == "night":
            house.land("P2/kpi_values.csv")

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "append", late)
        house.night()
    assert house.vault.events("night")[0]["frozen"] == ["P1/kpi_values.csv", "participants.csv"]
    assert house.waiting() == {"P2/kpi_values.csv"}
    house.night(NEXT_NIGHT)
    assert [row[0] for row in house.figures()] == ["P1", "P1", "P2", "P2"]


def test_nothing_is_taken_in_without_the_secret_or_with_a_broken_log(house: House) -> None:
    with pytest.raises(EvenhandError, match="EVENHAND_SECRET is not set"):
        house.night(settings=Settings(home=house.workspace.home))
    house.night()
    house.vault.log.write_bytes(house.vault.log.read_bytes().replace(b"2024-05-02", b"2024-05-01", 1))
    house.land("P2/kpi_values.csv")
    lake = contents(house.workspace.lake)
    with pytest.raises(EvenhandError, match="event log is broken at line"):
        house.night(NEXT_NIGHT)
    assert (house.waiting(), contents(house.workspace.lake)) == ({"P2/kpi_values.csv"}, lake)


def test_quarantined_rows_are_kept_as_sent(house: House) -> None:
    house.land("P1/kpi_values.csv", MESSY)
    house.night()
    (kept,) = house.workspace.vault.glob("quarantine/kpi_values/*.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select submission_row, contradicts, project_ref, numerator from read_parquet('{kept}') order by 1"
        ).fetchall()
    assert rows == [(3, False, None, "800"), (6, True, "Zeus", "1"), (7, True, "Zeus", "2")]


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        MESSY,
        KPI_HEADER + "X,2024-01-01,2024-03-31,OP,,7,10\n",
        GOOD.replace(",", ";"),
        "",
        KPI_HEADER,
        "\ufeff\n" + MESSY.replace("\n", "\r\n"),
    ],
    ids=["good", "messy", "half bad", "semicolons", "empty", "header only", "messy from a spreadsheet"],
)
def test_validate_says_what_the_intake_will_say(house: House, tmp_path: Path, content: str) -> None:
    own = tmp_path / "kpi_values__mine.csv"
    own.write_bytes(content.encode())
    before = contents(house.workspace.home)
    said = validate_file(own, None, Settings())
    code, shown = house.evenhand("validate", str(own))
    assert contents(house.workspace.home) == before
    house.land("P1/kpi_values.csv", content)
    house.night()
    receipt = house.receipts()["P1/kpi_values.csv"]
    of_receipt_alone = {"submission_id", "participant_id", "bytes", "received_at", "taken_in_at", "file", "questions", "question_counts"}
    assert (said["questions"], said["question_counts"]) == ([], {})  # what a participant has declared is known in the house alone
    assert {k: v for k, v in said.items() if k not in of_receipt_alone} == {k: v for k, v in receipt.items() if k not in of_receipt_alone}
    assert code == (1 if receipt["verdict"] == "rejected" else 0)
    assert receipt["verdict"].replace("_", " ") in shown
    assert [p["rule"] for p in receipt["problems"] if f"breaks {p['rule']}; allowed is {p['allowed']}." not in shown] == []


def test_validate_takes_the_feed_from_the_name_or_the_option(house: House, tmp_path: Path) -> None:
    own = tmp_path / "my figures.csv"
    own.write_text(GOOD)
    assert house.evenhand("validate", str(own), "--feed", "kpi_values")[0] == 0
    with pytest.raises(EvenhandError, match=r"The feed 'my figures' is unknown\..* Name it with --feed"):
        validate_file(own, None, Settings())
    with pytest.raises(EvenhandError, match="There is no file"):
        validate_file(tmp_path / "absent.csv", "kpi_values", Settings())


def test_a_template_is_the_header_of_its_feed_and_passes_its_own_check(house: House, tmp_path: Path) -> None:
    for feed in ("participants", "kpi_values", "projects", "engagements"):
        code, header = house.evenhand("template", feed)
        path = tmp_path / f"{feed}.csv"
        path.write_text(header)
        assert (code, validate_file(path, None, Settings())["verdict"]) == (0, "accepted")
    _, header = house.evenhand("template", "engagements")
    assert header == "project_ref,vendor,vendor_role,annual_spend,currency\n"


def test_submitted_files_are_taken_in(house: House, tmp_path: Path) -> None:
    own = tmp_path / "kpi_values.csv"
    own.write_text(GOOD)
    assert house.evenhand("submit", "--participant", "P2", str(own)) == (0, "Landed: landing/P2/kpi_values.csv\n")
    house.night()
    assert [row[0] for row in house.figures()] == ["P2", "P2"]
