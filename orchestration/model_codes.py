"""What each dbt model is made by, as digests: its own text and settings and those of all it is built from, read from dbt's manifest.

Three digests a model, for the materialization by_part and for what is derived from the marts:
 made_by     what decides a part's rows beside its fingerprint. Seeds whose rows the models compare themselves are left out, for a
             new row there concerns few parts.
 checked_by  what its data tests look for, and all they look at.
 built_from  as made_by, with every seed.
Names of folders and databases are in none of them: the same project has the same digests everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from orchestration.digests import digest_of
from orchestration.sources import all_reached

COMPARED_SEEDS = ("kpi_catalogue", "price_index", "vendor_classes", "currencies", "cut_parents")
SHOWN = ("database", "docs")
"""Settings of a node that say where it lies or how it is shown."""
VARIABLE = re.compile(r"\bvar\(\s*['\"](\w+)['\"]")
ANY_VARIABLE = re.compile(r"\bvar\s*\(")
WORD = re.compile(r"\w+")
MAKING = "materialization_"
OF_TESTS = "get_where_subquery"

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Project:
    """A parsed dbt project. manifest: as dbt writes it; variables: `vars` of dbt_project.yml; engine: names and versions of what runs it; lake: the
    folder of the sources, which stands in no digest.
    """

    manifest: Mapping[str, Any]
    variables: Mapping[str, object]
    engine: tuple[str, ...] = ()
    lake: str = "lake"

    def codes(self) -> dict[str, tuple[str, str, str]]:
        """made_by, checked_by and built_from of each model, by its name; 16 characters each."""
        models = {key: node for key, node in self._nodes.items() if node["resource_type"] == "model"}
        return {
            node["name"]: (self._of([key], COMPARED_SEEDS), self._checked_by(key), self._of([key], ()))
            for key, node in sorted(models.items())
        }

    def _checked_by(self, key: str) -> str:
        """Of the tests of a model and of all they read."""
        tests = [name for name, node in self._nodes.items() if node.get("attached_node") == key]
        return self._of(tests, COMPARED_SEEDS)

    def _of(self, keys: Iterable[str], left_out: tuple[str, ...]) -> str:
        """The digest of nodes and of all above them but some seeds."""
        above = [self._own[key] for key in self._above(keys) if self._nodes[key]["name"] not in left_out]
        return _short(self.engine, self._around, above)

    def _above(self, keys: Iterable[str]) -> list[str]:
        """Nodes and all they are built from, in the order of their names."""
        return sorted(all_reached(keys, lambda key: self._nodes[key].get("depends_on", {}).get("nodes", [])))

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        return {**self.manifest["nodes"], **self.manifest["sources"]}

    @cached_property
    def _own(self) -> dict[str, str]:
        """The digest of each node by itself: its file, its settings, the macros and variables that it uses."""
        return {key: _short(key, *self._parts(node)) for key, node in self._nodes.items()}

    def _parts(self, node: Node) -> tuple[object, ...]:
        if node["resource_type"] == "source":
            return (
                node["identifier"],
                [(name, column["data_type"]) for name, column in node["columns"].items()],
                self._without_lake(node["meta"]),
            )
        named = _text([node.get("raw_code"), node.get("test_metadata"), node["unrendered_config"]])
        macros = self._macros(named, node.get("depends_on", {}).get("macros", []))
        config = {name: value for name, value in node["config"].items() if name not in SHOWN}
        columns = [(name, column["data_type"]) for name, column in node["columns"].items()]
        checksum = None if node["resource_type"] == "operation" else node["checksum"]  # that of a hook is of the whole dbt_project.yml
        return checksum, named, _text(config), columns, macros, self._variables([named, *macros.values()])

    def _without_lake(self, value: object) -> str:
        return _text(value).replace(self.lake, "")

    @cached_property
    def _around(self) -> tuple[object, ...]:
        """What stands around every model: how sources are shown, and what the project does in another way than dbt, whose own way has a version."""
        hooks = [name for name, node in self._nodes.items() if node["resource_type"] == "operation" and "on-run-start" in name]
        named = {m["name"] for m in self.manifest["macros"].values() if m["package_name"] != self._name}
        instead = [
            name for name in self._own_macros if name != OF_TESTS and (name in named or _base(name) in named or name.startswith(MAKING))
        ]
        return [self._own[name] for name in sorted(hooks)], self._macros("", instead)

    @property
    def _name(self) -> str:
        return str(self.manifest["metadata"]["project_name"])

    @cached_property
    def _own_macros(self) -> dict[str, str]:
        """The text of each of the project's macros, by its name."""
        return {m["name"]: m["macro_sql"] for m in self.manifest["macros"].values() if m["package_name"] == self._name}

    @cached_property
    def _named_in_macros(self) -> dict[str, set[str]]:
        """Which of the project's macros each of them names; of one that engines do each in their way, all ways."""
        return {name: self._named_in(sql) - {name} for name, sql in self._own_macros.items()}

    def _named_in(self, text: str) -> set[str]:
        words = set(WORD.findall(text))
        return {name for name in self._own_macros if name in words or _base(name) in words}

    def _macros(self, text: str, asked: Iterable[str]) -> dict[str, str]:
        """The project's macros that a text and the macros it asks for name, transitively, with their texts."""
        named = (*self._named_in(text), *(key.rpartition(".")[2] for key in asked))
        own = (name for name in named if name in self._own_macros)
        return {name: self._own_macros[name] for name in sorted(all_reached(own, self._named_in_macros.__getitem__))}

    def _variables(self, texts: list[str]) -> dict[str, object]:
        """The variables that texts name; all of them where one is named in another way than by a word in quotation marks."""
        named = {name for text in texts for name in VARIABLE.findall(text)}
        unnamed = any(len(ANY_VARIABLE.findall(text)) != len(VARIABLE.findall(text)) for text in texts)
        return {name: value for name, value in sorted(self.variables.items()) if unnamed or name in named}


def _base(name: str) -> str:
    """Of a macro that one engine does in its own way, the macro that is asked for."""
    return name.partition("__")[2] or name


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _short(*values: object) -> str:
    return digest_of(*values)[:16]
