"""Settings come from the environment and .env files; what is wrong is said all at once, secrets never."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from orchestration.errors import EvenhandError
from orchestration.settings import Settings, load_settings, read_env_file

KEY, OTHER = "ab" * 32, "cd" * 32


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with no .env of its own yet."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_defaults(here: Path) -> None:
    assert load_settings(environ={}) == Settings(home=here / "workspace")


def test_every_variable_is_read(tmp_path: Path) -> None:
    given = {
        "HOME": str(tmp_path / "home"), "PROFILE": "members", "LABEL": "Test", "TIMEZONE": "Europe/Zurich", "THREADS": "3",
        "MEMORY_LIMIT": "1GB", "TEMP_DIRECTORY": str(tmp_path), "MAX_FILE_BYTES": "10", "MAX_FILE_ROWS": "11", "MAX_FILE_COLUMNS": "12",
        "MAX_UNPACKED_BYTES": "13", "MAX_VALUE_CHARS": "14", "READ_SECONDS": "15", "VENDOR_IDENTITY": "as_spelled",
        "TARGET": "spark", "SPARK_REMOTE": "sc://spark:15003", "SECRET": KEY, "SIGNING_KEY": OTHER,
    }  # fmt: skip
    settings = load_settings(environ={f"EVENHAND_{name}": value for name, value in given.items()})
    assert settings == Settings(
        tmp_path / "home", "members", "Test", "Europe/Zurich", "as_spelled", 3, "1GB", str(tmp_path), 10, 11, 12, 13, 14, 15,
        "spark", "sc://spark:15003", KEY, OTHER
    )  # fmt: skip
    assert len(given) == len(dataclasses.fields(Settings))


def test_every_wrong_variable_stands_in_one_error() -> None:
    wrong = {
        "EVENHAND_THREADS": "0",
        "EVENHAND_MAX_FILE_BYTES": "1e6",
        "EVENHAND_MAX_FILE_ROWS": "-5",
        "EVENHAND_MAX_FILE_COLUMNS": "many",
        "EVENHAND_TEMP_DIRECTORY": "/nowhere/at all",
        "EVENHAND_TIMEZONE": "Mars/Olympus",
        "EVENHAND_PROFILE": "private",
        "EVENHAND_TARGET": "snowflake",
        "EVENHAND_SPARK_REMOTE": "https://spark",
        "EVENHAND_SECRET": "hush-hush",
        "EVENHAND_SIGNING_KEY": "g" * 64,
    }
    with pytest.raises(EvenhandError) as error:
        load_settings(environ=wrong)
    said = str(error.value)
    assert [name for name in wrong if name not in said] == []
    assert said.count(";") == len(wrong) - 1
    assert "hush-hush" not in said
    assert "g" * 64 not in said


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "\x00", "."])
def test_a_timezone_that_is_a_path_is_refused(name: str) -> None:
    with pytest.raises(EvenhandError, match="EVENHAND_TIMEZONE is"):
        load_settings(environ={"EVENHAND_TIMEZONE": name})


def test_secrets_are_never_printed() -> None:
    settings = load_settings(environ={"EVENHAND_SECRET": KEY, "EVENHAND_SIGNING_KEY": OTHER})
    assert (settings.require_secret(), settings.require_signing_key()) == (KEY, OTHER)
    assert KEY not in repr(settings)
    assert OTHER not in str(settings)


def test_a_missing_secret_says_how_to_get_one() -> None:
    with pytest.raises(EvenhandError, match=r"EVENHAND_SECRET is not set: .*'evenhand init' makes one"):
        load_settings(environ={}).require_secret()
    with pytest.raises(EvenhandError, match="EVENHAND_SIGNING_KEY is not set"):
        load_settings(environ={}).require_signing_key()


def test_environment_wins_over_the_workspace_which_wins_over_the_current_folder(here: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (here / ".env").write_text(f"EVENHAND_HOME={home}\nEVENHAND_THREADS=3\nEVENHAND_LABEL=here\nEVENHAND_PROFILE=members\n")
    (home / ".env").write_text("EVENHAND_THREADS=4\nEVENHAND_LABEL=home\nEVENHAND_HOME=/elsewhere\n")
    settings = load_settings(environ={"EVENHAND_LABEL": "environment"})
    assert (settings.home, settings.profile, settings.threads, settings.label) == (home, "members", 4, "environment")


def test_a_home_that_is_named_wins_over_every_variable(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "named", environ={"EVENHAND_HOME": str(tmp_path / "other")}).home == tmp_path / "named"


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_THREADS", "7")
    assert load_settings().threads == 7


def test_env_files_hold_assignments_comments_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# a comment\n\n  # EVENHAND_A=no\nEVENHAND_B = two \nEVENHAND_C='a=b'\nno assignment\nEVENHAND_D=\"x y\"\n")
    assert read_env_file(path) == {"EVENHAND_B": "two", "EVENHAND_C": "a=b", "EVENHAND_D": "x y"}
    assert read_env_file(tmp_path / "absent") == {}
