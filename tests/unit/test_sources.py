"""The import graph: every form of import is seen, and nothing in the tree is imported in a form that is not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT
from orchestration.software import CANDIDATES, INTAKE, NIGHT, REPORTS, Stage, files_of
from orchestration.sources import BESIDE, PACKAGE, Sources

FORMS = {
    "a module": "import orchestration.room.wanted",
    "a module under another name": "import orchestration.room.wanted as other",
    "a name in a module": "from orchestration.room.wanted import NAME",
    "a module as a name": "from orchestration.room import wanted",
    "everything": "from orchestration.room.wanted import *",
    "a relative module": "from . import wanted",
    "a name in a relative module": "from .wanted import NAME",
    "from the room around": "from ..room.wanted import NAME",
    "in a function": "def f():\n    from orchestration.room import wanted\n    return wanted",
    "in a condition": "try:\n    import orchestration.room.wanted\nexcept ImportError:\n    pass",
    "for type checkers": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from orchestration.room import wanted",
    "by importlib": "import importlib\nimportlib.import_module('orchestration.room.wanted')",
    "as a command": "import sys\ncommand = [sys.executable, '-m', 'orchestration.room.wanted']",
}
DYNAMIC = ("import_module", "__import__", "module_from_spec", "run_module", "run_path", "load_module", "exec", "eval")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("orchestration", "orchestration/room", "orchestration/room/templates", "orchestration/other"):
        (tmp_path / folder).mkdir()
    for name in ("__init__", "room/__init__", "room/begin", "room/wanted", "room/left", "other/__init__", "other/far"):
        (tmp_path / "orchestration" / f"{name}.py").write_text("", "utf-8")
    for name in ("room/templates/page.html.j2", "other/style.css"):
        (tmp_path / "orchestration" / name).write_text("", "utf-8")
    return tmp_path


def _found(tree: Path) -> set[str]:
    return {p.relative_to(tree / "orchestration").as_posix() for p in Sources(tree).of(["orchestration.room.begin"])}


ALWAYS = {"__init__.py", "room/__init__.py", "room/begin.py", "room/templates/page.html.j2"}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_import_is_seen(tree: Path, form: str) -> None:
    (tree / "orchestration/room/begin.py").write_text(form, "utf-8")
    assert _found(tree) == ALWAYS | {"room/wanted.py"}


def test_imports_of_imports_and_what_lies_beside_them_count(tree: Path) -> None:
    (tree / "orchestration/room/begin.py").write_text("from orchestration.room.wanted import NAME", "utf-8")
    (tree / "orchestration/room/wanted.py").write_text("import orchestration.other.far", "utf-8")
    (tree / "orchestration/other/__init__.py").write_text("from orchestration.room import left", "utf-8")
    assert _found(tree) == ALWAYS | {"room/wanted.py", "other/far.py", "other/__init__.py", "room/left.py", "other/style.css"}


def test_other_libraries_and_names_that_are_no_modules_do_not_count(tree: Path) -> None:
    (tree / "orchestration/room/begin.py").write_text("import json\nfrom orchestration.room import NAME\nx = 'orchestration.gone'", "utf-8")
    assert _found(tree) == ALWAYS


def test_what_was_read_before_is_not_read_again(tree: Path) -> None:
    (tree / "orchestration/room/begin.py").write_text("from orchestration.room import wanted", "utf-8")
    first = Sources(tree)
    found = first.of(["orchestration.room.begin"])
    (tree / "orchestration/room/wanted.py").write_text("from orchestration.other import far", "utf-8")
    again = Sources(tree, known=first.read)
    assert again.of(["orchestration.room.begin"]) - found == {
        tree / f"orchestration/other/{n}" for n in ("far.py", "__init__.py", "style.css")
    }


def test_no_file_of_the_tree_imports_in_a_way_that_cannot_be_read() -> None:
    """Of calls that find modules by a name, only those with a full name as a text, and none of this package but by these."""
    for path in (PROJECT_ROOT / PACKAGE).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                argument = node.args[0] if node.args else None
                is_text = isinstance(argument, ast.Constant) and isinstance(argument.value, str) and not argument.value.startswith(".")
                assert called not in DYNAMIC or is_text, f"{path.name}:{node.lineno} imports by a name that is not written there"


def test_every_file_of_the_package_is_of_a_kind_that_digests_know() -> None:
    files = {p for p in (PROJECT_ROOT / PACKAGE).rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    known = {p for pattern in ("*.py", *BESIDE) for p in (PROJECT_ROOT / PACKAGE).rglob(pattern)}
    assert files == known


@pytest.mark.parametrize(
    ("stage", "left_out"),
    [
        (INTAKE, "disclosure gate reports demo release"),
        (CANDIDATES, "gate reports demo defs"),
        (REPORTS, "gate demo defs"),
        (NIGHT, "demo"),
    ],
)
def test_a_stage_is_not_made_by_what_it_does_not_need(stage: Stage, left_out: str) -> None:
    """Rooms that a stage should not touch: an import that leads there makes a typo cost a night of work."""
    files = files_of(stage, Sources(PROJECT_ROOT))
    assert not {p for p in files for room in left_out.split() if (PROJECT_ROOT / PACKAGE / room) in p.parents}
