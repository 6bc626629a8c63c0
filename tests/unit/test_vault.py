"""The event log is durable, in order and chained; kept files are the bytes that were sent."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from orchestration.errors import EvenhandError
from orchestration.intake.vault import FIRST, Vault, file_digest


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def fill(vault: Vault, count: int = 3) -> list[bytes]:
    for number in range(count):
        vault.append("night", number=number, name="Zürich\n")
    return vault.log.read_bytes().splitlines()


def test_events_come_back_in_order_and_by_kind(vault: Vault) -> None:
    assert vault.events() == []
    fill(vault, 2)
    vault.append("taken_in", batch="b")
    assert [event["event"] for event in vault.events()] == ["night", "night", "taken_in"]
    assert [event["number"] for event in vault.events("night")] == [0, 1]
    assert vault.events("night")[0]["name"] == "Zürich\n"
    assert [event["batch"] for event in vault.events("taken_in")] == ["b"]
    assert vault.events("release") == []


def test_each_line_holds_the_digest_of_the_line_before(vault: Vault) -> None:
    lines = fill(vault)
    digests = [FIRST, *(hashlib.sha256(line).hexdigest() for line in lines)]
    assert [json.loads(line)["previous"] for line in lines] == digests[:-1]


def test_appending_never_changes_what_stands(vault: Vault) -> None:
    fill(vault)
    before = vault.log.read_bytes()
    vault.append("night", number=3)
    assert vault.log.read_bytes().startswith(before)
    assert vault.log.read_bytes().count(b"\n") == 4


def test_an_event_is_on_the_disk_before_append_returns(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(vault.log.read_bytes()))
    vault.append("night", number=1)
    assert synced == [vault.log.read_bytes()]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"number": 1', b'"number": 7'),
        (b'"event": "night", "name": "Z\xc3\xbcrich\\n", "number": 1', b"not an event at all"),
        (b'{"event": "night", "name": "Z\xc3\xbcrich\\n", "number": 1', b'["event", {"number": 1'),
        (b'"number": 1', b'"number": \xff'),
        (b'"previous"', b'"before"'),
    ],
)
def test_a_changed_line_is_found_and_said_in_one_sentence(vault: Vault, old: bytes, new: bytes) -> None:
    lines = fill(vault)
    changed = [lines[0], lines[1].replace(old, new, 1), lines[2]]
    assert changed != lines
    vault.log.write_bytes(b"".join(line + b"\n" for line in changed))
    with pytest.raises(EvenhandError, match=r"event log is broken at line [23]: it was changed after it was written\. Restore"):
        vault.events()


@pytest.mark.parametrize("order", [[1, 2], [0, 2], [1, 0, 2], [0, 0, 1, 2], [0, 1, 1, 2]])
def test_a_removed_moved_or_repeated_line_is_found(vault: Vault, order: list[int]) -> None:
    lines = fill(vault)
    vault.log.write_bytes(b"".join(lines[n] + b"\n" for n in order))
    with pytest.raises(EvenhandError, match="event log is broken at line"):
        vault.events()


@pytest.mark.parametrize("half", [b"{", b'{"event": "taken_in", "batch": "b"', b'{"event": "taken_in", "previous": "' + b"0" * 64 + b'"}'])
def test_a_half_written_last_line_is_cut_off_and_loses_no_fact(vault: Vault, half: bytes) -> None:
    fill(vault)
    whole, facts = vault.log.read_bytes(), vault.events()
    vault.log.write_bytes(whole + half)
    assert vault.events() == facts
    vault.append("taken_in", batch="next")
    assert vault.log.read_bytes().startswith(whole + b'{"batch": "next"')
    assert [*facts, vault.events()[-1]] == vault.events()


def test_a_log_of_one_half_line_starts_anew(vault: Vault) -> None:
    vault.root.mkdir()
    vault.log.write_bytes(b'{"event": "nig')
    assert vault.events() == []
    vault.append("night", number=0)
    assert [(event["event"], event["previous"]) for event in vault.events()] == [("night", FIRST)]


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 5000, os.urandom(3 << 20)], ids=["empty", "one byte", "zeros", "megabytes"])
def test_a_kept_file_is_the_bytes_that_were_sent(vault: Vault, tmp_path: Path, content: bytes) -> None:
    sent = tmp_path / "kpi_values.CSV"
    sent.write_bytes(content)
    incoming, sha = vault.keep(sent, 4)
    assert sha == hashlib.sha256(content).hexdigest() == file_digest(sent)
    original = vault.settle(incoming, "S1")
    assert original == vault.submission("S1") / "original.csv"
    assert original.read_bytes() == content == sent.read_bytes()
    assert not incoming.exists()


def test_settling_the_same_bytes_again_changes_nothing(vault: Vault, tmp_path: Path) -> None:
    sent = tmp_path / "kpi_values.csv"
    sent.write_bytes(b"a,b\n")
    first = vault.settle(vault.keep(sent, 0)[0], "S1")
    assert vault.settle(vault.keep(sent, 0)[0], "S1") == first
    assert [p.name for p in vault.submission("S1").iterdir()] == ["original.csv"]
    assert first.read_bytes() == b"a,b\n"


def test_holes_of_a_file_stay_holes_and_its_data_is_copied(vault: Vault, tmp_path: Path) -> None:
    sent = tmp_path / "kpi_values.csv"
    size = 64 << 20
    with sent.open("wb") as handle:
        handle.write(b"start")
        handle.seek(size // 2)
        handle.write(b"middle" * 1000)
        handle.truncate(size)
    copy, sha = vault.keep(sent, 0)
    assert sha == file_digest(sent)
    assert copy.stat().st_size == size
    assert copy.stat().st_blocks * 512 < size // 8


def test_of_a_link_only_where_it_points_is_kept(vault: Vault, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("another's figures")
    link = tmp_path / "kpi_values.csv"
    link.symlink_to(secret)
    copy, _ = vault.keep(link, 0)
    assert copy.read_text() == str(secret)
    assert copy.suffix == ".link"


@pytest.mark.parametrize(
    "name", ["kpi_values.\x1b[2J", "kpi_values.a b", b"kpi_values.\xff".decode("utf-8", "surrogateescape"), "kpi_values"]
)
def test_an_extension_that_is_no_plain_word_is_dropped(vault: Vault, tmp_path: Path, name: str) -> None:
    sent = tmp_path / name
    sent.write_bytes(b"x")
    assert vault.settle(vault.keep(sent, 0)[0], "S1").name == "original"
