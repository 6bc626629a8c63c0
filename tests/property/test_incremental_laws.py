"""Law of the incremental nights: whatever is sent, changed or decided, and in whatever order, marts and candidates are those
that a run from nothing makes of the same vault, rates, seeds and date, to the last bit.

In `make test` one sequence of three nights, in `.ci/run` (EVENHAND_LAWS=thorough) three, always the same ones, of which two are given: one
event a night, each of another kind, so that nothing else makes again what it changes. Sixty by hand with `make soak`, other ones each time:

    EXAMPLES=60 pytest tests/property/test_incremental_laws.py

What differs is named with the sequence that leads there. Shrinking would take hours, so the first sequence found is shown.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from orchestration.disclosure.candidates import INTERVALS
from orchestration.vendors.decisions import Decision
from orchestration.workspace import Workspace
from tests.conftest import contents
from tests.laws import LAWS
from tests.property.consortium import QUARTERLY, Consortium, figure, found, read_copy, relations
from tests.property.events import Day, Decided, Declared, Rates, Registered, Sent, days

BY_HAND = os.environ.get("EXAMPLES")
IS_THOROUGH = bool(BY_HAND) or LAWS == "thorough"
NIGHTS = 3
SCHEMAS = ("intermediate", "marts")
law = settings(
    max_examples=int(BY_HAND or 1),
    derandomize=not BY_HAND,
    phases=[Phase.explicit, Phase.generate] if IS_THOROUGH else [Phase.explicit],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Consortium, Path]]:
    """The consortium after its first night, and a copy of all its files to begin each sequence with."""
    folder = tmp_path_factory.mktemp("consortium")
    with pytest.MonkeyPatch.context() as patch:
        read_copy(folder / "begun" / "project", patch)
        house = found(folder / "begun" / "home", folder / "begun" / "project")
        shutil.copytree(folder / "begun", folder / "pristine")
        yield house, folder / "pristine"


def begin_anew(first: tuple[Consortium, Path]) -> Consortium:
    """The consortium as it was after its first night, in the same place, so that dbt need not parse anew."""
    house, pristine = first
    begun = house.workspace.home.parent
    shutil.rmtree(begun)
    shutil.copytree(pristine, begun)
    return Consortium(Workspace(house.workspace.home), house.seeds)


def pass_night(house: Consortium, day: Day) -> None:
    """A day and the night after it, up to the candidates."""
    house.day += timedelta(days=day.later)
    for event in day.events:
        event.happen(house)
    house.take_in()
    house.derive()


def derived(house: Consortium) -> tuple[dict[str, Counter[tuple]], dict[str, bytes]]:
    """Every row of the warehouse as a multiset, what says which parts were made included, and every file of the candidates."""
    tables = {name: Counter(rows) for name, rows in relations(house.workspace.warehouse, SCHEMAS).items()}
    return tables, contents(house.workspace.candidate)


@contextmanager
def put_aside(*paths: Path) -> Generator[None]:
    """As if they were not there; then they are as they were."""
    for path in paths:
        path.rename(path.with_name(f"{path.name}.aside"))
    yield
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        path.with_name(f"{path.name}.aside").rename(path)


def made_from_nothing(house: Consortium) -> tuple[dict[str, Counter[tuple]], dict[str, bytes]]:
    """What a run on an empty warehouse and without candidates makes of the same lake, log and releases."""
    with put_aside(house.workspace.warehouse, house.workspace.candidate):
        house.workspace.candidate.mkdir()
        house.derive()
        return derived(house)


PERSON, OPERATOR, PARTICIPANT = (
    Day(1, (Decided(Decision("same", "Quartz Cloud", "Balden GmbH")),)),
    Day(1, (Rates("2023-06-30", "2.5"),)),
    Day(1, (Registered(5, "industry_code", "A", "2024-05-15"),)),
)
SENDER, PRICES, CALENDAR = (
    Day(
        1,
        (
            Sent(
                "P04",
                "projects",
                (("project_ref", "Beacon"), ("project_kind", "migration"), ("value_chain_stage", "OP"), ("status", "live")),
            ),
        ),
    ),
    Day(1, (Declared("price_index", "year", (("year", "2024"), ("price_index", "131.3"))),)),
    Day(92, ()),
)


def also(sequence: list[Day]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A sequence that is given too, where there is time for it."""
    return example(sequence) if IS_THOROUGH else lambda test: test


REMEMBERED = {f".private/{INTERVALS}"}
"""Of cells of earlier nights too, so that none is attacked twice."""


@law
@given(st.lists(days, min_size=NIGHTS, max_size=NIGHTS))
@example([PERSON, OPERATOR, PARTICIPANT])
@also([SENDER, PRICES, CALENDAR])
def test_incremental_nights_make_what_a_run_from_nothing_makes(first: tuple[Consortium, Path], sequence: list[Day]) -> None:
    house = begin_anew(first)
    for number, day in enumerate(sequence, start=1):
        note(f"night {number}: {day}")
        pass_night(house, day)
        tables, files = derived(house)
        tables_anew, files_anew = made_from_nothing(house)
        assert tables.keys() == tables_anew.keys()
        different = {
            name: (rows - tables_anew[name], tables_anew[name] - rows) for name, rows in tables.items() if rows != tables_anew[name]
        }
        assert not different, {name: [list(side.elements())[:3] for side in sides] for name, sides in different.items()}
        assert {name for name in files | files_anew if files.get(name) != files_anew.get(name)} <= REMEMBERED
        house.publish()


MADE = "select part_key, fingerprint from intermediate.{}__made"


def written(path: Path) -> tuple[int, int]:
    """What a file that is written again has others of: its number on the disk, which may be given again, or its time."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def test_a_night_about_one_quarter_makes_only_its_parts_again(first: tuple[Consortium, Path]) -> None:
    """A figure of 2024-Q3: its quarter and its year are made again, then what is compared with them, a year later."""
    house = begin_anew(first)
    tables = ("int_observations", "int_unit_values", "int_cells", "int_unit_changes")
    house.day += timedelta(days=1)
    house.take_in()
    house.derive()
    made = {table: dict(house.asked(MADE.format(table))) for table in tables}
    files = {path: written(path) for path in house.workspace.candidate.glob("*/benchmark.parquet")}

    house.send("P03", "kpi_values", [figure(QUARTERLY, ("2024-07-01", "2024-09-30"), 61, 3)])
    house.take_in()
    house.derive()
    again = {table: dict(house.asked(MADE.format(table))) for table in tables}
    changed = {table: {part for part in made[table] | again[table] if made[table].get(part) != again[table].get(part)} for table in tables}
    assert changed == {
        "int_observations": {20243},
        "int_unit_values": {20240, 20243},
        "int_cells": {20240, 20243},
        "int_unit_changes": {20240, 20243, *(part for part in (20250, 20253) if part in again["int_unit_changes"])},
    }
    touched = {path.parent.name.rsplit("-r", 1)[0] for path, before in files.items() if written(path) != before}
    assert touched <= {"2024", "2024-Q3", "2025", "2025-Q3"}
    assert "2024-Q3" in touched
    assert {"2023", "2024-Q2"} <= {path.parent.name.rsplit("-r", 1)[0] for path in files} - touched
