"""Which files a module is made of: itself and everything it imports, transitively, read from the import statements. Imports nothing heavy.

Every import counts, wherever it stands: at the top, inside a function, for type checkers only. A text that is the full name of
a module counts too, for it may be handed to `importlib` or to `python -m`. So more may be found than runs, but never less.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

PACKAGE = "orchestration"
BESIDE = ("*.j2", "*.css")
"""Files that modules read from their own folder, and from folders in it that are no packages."""


def all_reached(names: Iterable[str], leading_from: Callable[[str], Iterable[str]]) -> set[str]:
    """Names and all that are reached from them, step by step."""
    seen: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += leading_from(name)
    return seen


def names_in(source: bytes) -> tuple[str, ...]:
    """The dotted names that a file may import from the package; relative ones begin with their dots. Depends on the bytes alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(_named_from("." * node.level + (node.module or ""), node.names))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return tuple(sorted(name for name in found if name.startswith(".") or name.split(".")[0] == PACKAGE))


def _named_from(source: str, names: list[ast.alias]) -> list[str]:
    """`from a import b` may mean the name b in a, or the module a.b."""
    return [source, *(source + ("" if source.endswith(".") else ".") + alias.name for alias in names)]


@dataclass
class Sources:
    """The package below `root`. `known`: the names in files that were read before, by the digest of their bytes."""

    root: Path
    known: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])
    read: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Every module by its dotted name; a package is the file that it runs."""
        paths = (self.root / PACKAGE).rglob("*.py")
        return {".".join(path.relative_to(self.root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}

    def of(self, modules: Iterable[str]) -> set[Path]:
        """The files of modules, of everything they import, and what lies beside them. Raises `KeyError` where there is no such module."""
        seen = all_reached(modules, self._imported_by)
        return {self.modules[name] for name in seen} | {path for name in seen for path in self._beside(self.modules[name])}

    def _imported_by(self, name: str) -> list[str]:
        """The modules that a module imports, and the packages around it, which run before it does."""
        path = self.modules[name]
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        asked = (_absolute(found, package) for found in self._names_in(path))
        around = name.rpartition(".")[0]
        return [found for found in (*asked, around) if found in self.modules]

    def _names_in(self, path: Path) -> list[str]:
        source = path.read_bytes()
        key = hashlib.sha256(source).hexdigest()
        if key not in self.read:
            self.read[key] = self.known[key] if key in self.known else list(names_in(source))
        return self.read[key]

    def _beside(self, path: Path) -> list[Path]:
        found = (file for pattern in BESIDE for file in path.parent.rglob(pattern))
        return [file for file in found if _package_of(file) == path.parent]


def _absolute(name: str, package: str) -> str:
    """A name as seen from a package: one dot means the package, each further one that around it."""
    rest = name.lstrip(".")
    dots = len(name) - len(rest)
    if not dots:
        return name
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - dots + 1], *([rest] if rest else [])])


def _package_of(file: Path) -> Path:
    """The nearest folder above a file that is a package."""
    return next(folder for folder in file.parents if (folder / "__init__.py").exists())
