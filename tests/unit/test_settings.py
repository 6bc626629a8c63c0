"""Settings come from the environment and .env files; what is wrong is said all at once, secrets never."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from orchestration.cli import main
from orchestration.errors import EvenhandError
from orchestration.settings import Settings, load_settings, read_env_file
from orchestration.workspace import create_workspace

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
        "TARGET": "spark", "SPARK_REMOTE": "sc://spark:15003", "SPARK_FILE_FORMAT": "delta", "SECRET": KEY, "SIGNING_KEY": OTHER,
    }  # fmt: skip
    settings = load_settings(environ={f"EVENHAND_{name}": value for name, value in given.items()})
    assert settings == Settings(
        tmp_path / "home", "members", "Test", "Europe/Zurich", "as_spelled", 3, "1GB", str(tmp_path), 10, 11, 12, 13, 14, 15,
        "spark", "sc://spark:15003", "delta", KEY, OTHER
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
        "EVENHAND_SPARK_FILE_FORMAT": "orc",
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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("MEMORY_LIMIT", text) for text in ("0GB", "1MB", "63MB", "61MiB", "9" * 30 + "GB", "1000001GB", "4", "4TB", "-1GB", "٤GB")),
        *(("THREADS", text) for text in ("1025", "99999999999", "9" * 5000, "٤")),
        *(("TEMP_DIRECTORY", text) for text in ("/proc", __file__, "/dev/null", "a\x00b")),
    ],
)
def test_what_duckdb_would_stumble_over_is_refused(name: str, text: str) -> None:
    with pytest.raises(EvenhandError, match=f"^Settings: EVENHAND_{name} is ") as error:
        load_settings(environ={f"EVENHAND_{name}": text})
    assert len(str(error.value)) < 250


@pytest.mark.parametrize(("name", "text"), [("MEMORY_LIMIT", "64MB"), ("MEMORY_LIMIT", "1.5 GiB"), ("THREADS", "1024")])
def test_the_narrowest_and_the_widest_are_taken(name: str, text: str) -> None:
    load_settings(environ={f"EVENHAND_{name}": text})


def test_trying_the_temporary_folder_leaves_nothing_there(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    load_settings(environ={"EVENHAND_TEMP_DIRECTORY": str(place)})
    assert list(place.iterdir()) == []


URLS = ("sc://h", "sc://h/", "sc://h:15002", "sc://127.0.0.1:15002/", "sc://[::1]:15002", "sc://h:443/;use_ssl=true;token=dapi0%3D;x-id=1")
NO_URLS = (
    *("sc://", "sc:///", "sc://:15002", "sc://h:abc", "sc://h:999999", "sc://h:0", "sc://[::1", "sc://h o", "https://h", "h:15002"),
    *(
        "sc://me:hush@h",
        "sc://h/hush",
        "sc://h;token=hush",
        "sc://h/token=hush",
        "sc://h/;token=hush==",
        "sc://h/;token=hush;",
        "sc://h/;hush",
    ),
)


@pytest.mark.parametrize("text", URLS)
def test_a_spark_url_is_taken_as_it_is(text: str) -> None:
    assert load_settings(environ={"EVENHAND_SPARK_REMOTE": text}).spark_remote == text


@pytest.mark.parametrize("text", NO_URLS)
def test_a_wrong_spark_url_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(EvenhandError) as error:
        load_settings(environ={"EVENHAND_SPARK_REMOTE": text})
    assert str(error.value).startswith("Settings: EVENHAND_SPARK_REMOTE is not the URL of a Spark Connect server, such as ")
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("command", [["validate", "kpi_values.csv"], ["report", "--participant", "P1"], ["nightly", "--full"]])
@pytest.mark.parametrize(
    ("name", "text"), [("MEMORY_LIMIT", "0GB"), ("THREADS", "9" * 11), ("TEMP_DIRECTORY", "/proc"), ("SPARK_REMOTE", "sc://h:abc")]
)
def test_commands_say_in_one_line_what_is_wrong(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str], name: str, text: str
) -> None:
    (here / "kpi_values.csv").write_text("kpi_code\n", "utf-8")
    create_workspace(here / "workspace")
    monkeypatch.setenv(f"EVENHAND_{name}", text)
    monkeypatch.setattr("sys.argv", ["evenhand", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert (said.count("\n"), said.startswith(f"evenhand: Settings: EVENHAND_{name} ")) == (1, True)


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
