"""What is compiled stays on disk and is never stale: it calls nothing outside its own file, and needs no place to be kept at."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numba
import pytest

from orchestration.disclosure.audit import closed_form, rowspace
from orchestration.disclosure.policy import algebra, hashes

ROOT = Path(__file__).parents[2]
MODULES = (closed_form, rowspace, algebra, hashes)
FUNCTIONS = [f for module in MODULES for f in vars(module).values() if isinstance(f, numba.core.dispatcher.Dispatcher)]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.__module__.rsplit('.', 1)[-1]}.{f.__name__}")
def test_a_compiled_function_uses_nothing_of_another_file(function: numba.core.dispatcher.Dispatcher) -> None:
    """numba looks at the time and size of a function's own file only: a callee or constant in another one could change unnoticed."""
    tree = ast.parse(Path(function.py_func.__code__.co_filename).read_text("utf-8"))
    of_others = {alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert not of_others & set(function.py_func.__code__.co_names)
    assert function.targetoptions["nogil"]
    assert not function.targetoptions.get("fastmath")


def test_all_loops_are_compiled_by_the_one_decorator() -> None:
    using = [path for path in (ROOT / "orchestration").rglob("*.py") if "njit" in path.read_text("utf-8")]
    assert [path.name for path in using] == ["compiled.py"]


FIRST = """
from orchestration.disclosure.audit.closed_form import _coprime
print(_coprime(10), len(_coprime.stats.cache_hits), type(_coprime._cache).__name__)
"""


def run_in(copy: Path, **more: str) -> list[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", **more}
    done = subprocess.run([sys.executable, "-c", FIRST], cwd=copy, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "orchestration", tmp_path / "copy" / "orchestration", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


def test_what_was_compiled_is_kept_beside_the_source_for_the_next_process(copy: Path) -> None:
    assert run_in(copy) == ["7", "0", "FunctionCache"]
    assert list(copy.rglob("closed_form._coprime*.nbc"))
    assert run_in(copy) == ["7", "1", "FunctionCache"]
    source = copy / "orchestration" / "disclosure" / "audit" / "closed_form.py"
    source.write_text(source.read_text("utf-8").replace("max(1, int(count * STRIDE))", "1"), "utf-8")
    assert run_in(copy) == ["1", "0", "FunctionCache"]


def test_where_the_source_cannot_be_written_to_it_is_kept_elsewhere_or_not_at_all(copy: Path) -> None:
    """A file where numba would make its folder, for no right to write holds against root."""
    (copy / "orchestration" / "disclosure" / "audit" / "__pycache__").write_text("", "utf-8")
    elsewhere, nowhere = copy / "kept", copy / "orchestration" / "disclosure" / "compiled.py"
    assert run_in(copy, NUMBA_CACHE_DIR=str(elsewhere)) == ["7", "0", "FunctionCache"]
    assert list(elsewhere.rglob("closed_form._coprime*.nbc"))
    assert run_in(copy, HOME=str(nowhere), XDG_CACHE_HOME=str(nowhere)) == ["7", "0", "NullCache"]
    assert len(list(elsewhere.rglob("closed_form._coprime*.nbc"))) == len(list(copy.rglob("closed_form._coprime*.nbc")))


def test_what_was_compiled_is_neither_in_the_repository_nor_in_a_wheel() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"__pycache__/", "*.nbi", "*.nbc"} <= set(ignored)
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert {"*.nbi", "*.nbc"} <= set(built["exclude"])
