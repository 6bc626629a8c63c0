"""What lies in landing is judged by its place and name alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.contracts import intake_contracts
from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import Arrival, feed_named, list_arrivals
from orchestration.intake.landing import land
from orchestration.workspace import Workspace

CONTRACTS = intake_contracts()


def put(landing: Path, *names: str) -> None:
    for name in names:
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def arrivals(landing: Path) -> list[Arrival]:
    return list_arrivals(landing, CONTRACTS)


@pytest.mark.parametrize(
    ("name", "sender", "feed"),
    [
        ("participants.csv", "operator", "participants"),
        ("participants__2024-05.csv", "operator", "participants"),
        ("P1/kpi_values.csv", "P1", "kpi_values"),
        ("P1/kpi_values__second try.csv", "P1", "kpi_values"),
        ("P1/projects__a__b.c.csv", "P1", "projects"),
        ("P.1:x/engagements.CSV", "P.1:x", "engagements"),
    ],
)
def test_sender_is_the_folder_and_feed_the_start_of_the_name(tmp_path: Path, name: str, sender: str, feed: str) -> None:
    put(tmp_path, name)
    (arrival,) = arrivals(tmp_path)
    assert (arrival.path, arrival.name, arrival.sender, arrival.feed, arrival.refusal) == (tmp_path / name, name, sender, feed, None)


def test_files_come_in_name_order(tmp_path: Path) -> None:
    put(tmp_path, "P2/kpi_values.csv", "P1/projects.csv", "participants.csv", "P1/kpi_values__b.csv", "P1/kpi_values__a.csv")
    names = ["P1/kpi_values__a.csv", "P1/kpi_values__b.csv", "P1/projects.csv", "P2/kpi_values.csv", "participants.csv"]
    assert [a.name for a in arrivals(tmp_path)] == names


def test_unfinished_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "P1/kpi_values.csv.part", "P1/.kpi_values.csv", ".hidden/kpi_values.csv", "P1/.sync/kpi_values.csv", "participants.part")
    (tmp_path / "P1" / "kpi_values.csv").mkdir()
    assert arrivals(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "P1/kpi_value.csv",
            "The feed 'kpi_value' is unknown. Did you mean 'kpi_values'? Allowed are: confirmations, customer_links, engagements, interventions, kpi_values",
        ),
        ("P1/figures.csv", "The feed 'figures' is unknown. Allowed are:"),
        ("P1/KPI_VALUE.csv", "Did you mean 'kpi_values'?"),
        ("P1/participants.csv", "The feed participants is sent in landing itself, by the operator; move the file there."),
        ("kpi_values.csv", "The feed kpi_values is sent in a participant's own folder; move the file there."),
        ("P1/sub/kpi_values.csv", "The file lies in a folder inside the participant's folder"),
        ("operator/participants.csv", "The folder 'operator' is no participant's"),
        ("operator/kpi_values.csv", "The folder 'operator' is no participant's"),
        ("P1/kpi_values.docx", "The file ends in '.docx': allowed are .csv"),
        ("P1/kpi_values", "The file ends in 'nothing': allowed are"),
        ("P1/kpi_values.csv.gz", "The file ends in '.gz': allowed are"),
    ],
)
def test_what_cannot_be_a_submission_is_refused_in_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    put(tmp_path, name)
    (arrival,) = arrivals(tmp_path)
    assert arrival.refusal is not None
    assert words in arrival.refusal
    assert "\n" not in arrival.refusal


def test_a_participant_is_not_told_of_the_operators_feeds(tmp_path: Path) -> None:
    put(tmp_path, "P1/participant.csv", "kpi_value.csv")
    by_participant, by_operator = (a.refusal or "" for a in arrivals(tmp_path))
    assert "participants" not in by_participant.split("Allowed are")[1]
    assert by_operator.endswith("Allowed are: participants.")


@pytest.mark.parametrize("target", ["/etc/passwd", "../P2/kpi_values.csv", "nowhere", "../P2"])
def test_links_are_refused_and_never_followed(tmp_path: Path, target: str) -> None:
    put(tmp_path, "P2/kpi_values.csv")
    (tmp_path / "P1").mkdir()
    (tmp_path / "P1" / "kpi_values.csv").symlink_to(target)
    link, other = arrivals(tmp_path)
    assert (link.name, link.refusal) == (
        "P1/kpi_values.csv",
        "The entry is a link, not a file: links are never followed; put the file itself into the folder.",
    )
    assert (other.name, other.refusal) == ("P2/kpi_values.csv", None)


def test_a_folder_that_is_a_link_gives_nothing_away(tmp_path: Path) -> None:
    landing, outside = tmp_path / "landing", tmp_path / "outside"
    put(outside, "kpi_values.csv")
    landing.mkdir()
    (landing / "P1").symlink_to(outside)
    (link,) = arrivals(landing)
    assert link.name == "P1"
    assert "links are never followed" in (link.refusal or "")


@pytest.mark.parametrize(
    "odd", [b"kpi_values__\xff.csv", b"kpi_values__\x1b[2J.csv", b"kpi_values__a\nrejected.csv", b"kpi_values.\xff\xfe"]
)
def test_names_that_are_no_plain_text_can_be_stored_and_shown(tmp_path: Path, odd: bytes) -> None:
    path = tmp_path / "P1" / os.fsdecode(odd)
    path.parent.mkdir()
    path.write_text("x")
    (arrival,) = arrivals(tmp_path)
    assert arrival.path == path
    assert arrival.feed == "kpi_values"
    assert (arrival.name + (arrival.refusal or "")).encode().decode().isprintable()


def test_a_sender_that_is_no_plain_text_is_no_participant(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"P1\xff") / "kpi_values.csv"
    path.parent.mkdir()
    path.write_text("x")
    assert arrivals(tmp_path)[0].sender == "P1\ufffd"


def test_landing_a_file_never_replaces_one_that_waits(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    workspace.landing.mkdir(parents=True)
    file = tmp_path / "kpi_values.csv"
    for text in ("one", "two", "three"):
        file.write_text(text)
        land(workspace, "P1", [file])
    landed = {p.name: p.read_text() for p in (workspace.landing / "P1").iterdir()}
    assert landed == {"kpi_values.csv": "one", "kpi_values__0002.csv": "two", "kpi_values__0003.csv": "three"}
    assert {a.feed for a in arrivals(workspace.landing)} == {"kpi_values"}


def test_the_names_of_landed_files_keep_the_order_of_submission(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    workspace.landing.mkdir(parents=True)
    for name in ("kpi_values__z.csv", "kpi_values__a.csv", "kpi_values.csv", "projects.csv", "KPI_Values (1).csv"):
        (tmp_path / name).write_text(name)
        land(workspace, "P1", [tmp_path / name])
    taken = [(a.feed, a.path.read_text()) for a in arrivals(workspace.landing)]
    assert [text for feed, text in taken if feed == "kpi_values"] == [
        "kpi_values__z.csv",
        "kpi_values__a.csv",
        "kpi_values.csv",
        "KPI_Values (1).csv",
    ]
    assert ("projects", "projects.csv") in taken
    assert {p.name for p in (workspace.landing / "P1").iterdir()} >= {"kpi_values__0001__z.csv", "kpi_values__0002__a.csv", "projects.csv"}


@pytest.mark.parametrize(
    ("name", "feed"),
    [
        ("kpi_values.csv", "kpi_values"),
        ("KPI_Values__Q4.XLSX", "kpi_values"),
        ("kpi_values (2).csv", "kpi_values"),
        ("kpi_values(2).csv", "kpi_values"),
    ],
)
def test_the_feed_is_what_the_file_name_begins_with(name: str, feed: str) -> None:
    assert feed_named(name) == feed


@pytest.mark.parametrize("sender", ["", "..", ".hidden", "a/b", "../P2", "P 1", "/etc"])
def test_landing_for_what_names_no_participant_is_refused(tmp_path: Path, sender: str) -> None:
    workspace = Workspace(tmp_path / "home")
    workspace.landing.mkdir(parents=True)
    file = tmp_path / "kpi_values.csv"
    file.write_text("x")
    with pytest.raises(EvenhandError, match="cannot name a participant"):
        land(workspace, sender, [file])
    assert list(workspace.landing.iterdir()) == []


def test_landing_is_all_or_nothing_where_a_file_is_missing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    workspace.landing.mkdir(parents=True)
    file = tmp_path / "kpi_values.csv"
    file.write_text("x")
    with pytest.raises(EvenhandError, match="nothing was landed"):
        land(workspace, "P1", [file, tmp_path / "projects.csv"])
    assert arrivals(workspace.landing) == []
