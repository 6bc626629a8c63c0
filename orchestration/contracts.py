"""Contracts as data: ODCS YAML and the disclosure policy, read once into frozen dataclasses.

A contract is the only place where a column is declared (ARCHITECTURE, rule 2). Nothing here checks data:
`intake` checks what comes in, `gate` what may go out. Reading goes through the open-data-contract-standard package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import EvenhandError
from orchestration.settings import PROJECT_ROOT

CONTRACTS = PROJECT_ROOT / "contracts"
LOGICAL_TYPES = ("string", "number", "integer", "date", "boolean")


@dataclass(frozen=True)
class Column:
    """One declared column. `minimum` and `maximum` are inclusive, in the column's own unit (ISO text for dates)."""

    name: str
    logical_type: str
    physical_type: str
    description: str
    required: bool = False
    key_position: int | None = None
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    max_length: int | None = None
    privacy: str | None = None
    default: str | None = None


@dataclass(frozen=True)
class RowRule:
    """A rule over a whole row: `passes` is SQL over the typed columns and is true, or NULL, where the row is fine."""

    name: str
    column: str
    passes: str
    allowed: str


@dataclass(frozen=True)
class Lookup:
    """A seed whose columns the row rules may read as `alias.column`; `on` is the join condition, the row being `r`."""

    alias: str
    seed: str
    on: str


@dataclass(frozen=True)
class TableContract:
    """One feed that comes in or one dataset that goes out."""

    name: str
    version: str
    description: str
    columns: tuple[Column, ...]
    rules: tuple[RowRule, ...] = ()
    sender: str = "participant"
    snapshot: bool = False
    frozen: bool = False
    lookups: tuple[Lookup, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        keyed = [c for c in self.columns if c.key_position is not None]
        return tuple(c.name for c in sorted(keyed, key=lambda c: c.key_position or 0))

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


@dataclass(frozen=True)
class Profile:
    """One disclosure profile (DISCLOSURE "Profiles"); `w` and `tail` in ranks, shares as fractions of 1."""

    name: str
    k: int
    window: int
    tail: int
    rounding_share: float
    edge_share: float
    change_guard: int
    narrowest_interval: float
    min_age_months: int
    homogeneity_share: float
    count_bands: tuple[tuple[int, int | None], ...]
    share_bands: tuple[tuple[int, int], ...]
    tie_bands: tuple[tuple[int, int], ...]

    def bands_of(self, share: str) -> tuple[tuple[int, int], ...]:
        """The bands in percent that a share, `tie_share` for one, is shown as."""
        return self.tie_bands if share == "tie_share" else self.share_bands


@dataclass(frozen=True)
class Policy:
    """The disclosure policy file: its version, its profiles, and the gate's limits on change."""

    version: str
    profiles: tuple[Profile, ...]
    revision_row_change_share: float
    period_row_change_share: float

    def profile(self, name: str) -> Profile:
        """Raises `EvenhandError` for a profile nobody declared."""
        for profile in self.profiles:
            if profile.name == name:
                return profile
        known = ", ".join(p.name for p in self.profiles)
        raise EvenhandError(f"Disclosure profile {name!r} is not declared in contracts/disclosure.yaml; allowed are {known}.")


@cache
def intake_contracts() -> dict[str, TableContract]:
    """Every feed by name, in alphabetical order of the files."""
    return _read_folder(CONTRACTS / "intake")


@cache
def release_contracts() -> dict[str, TableContract]:
    """Every published dataset by name."""
    return _read_folder(CONTRACTS / "release")


@cache
def disclosure_policy(path: Path = CONTRACTS / "disclosure.yaml") -> Policy:
    """The policy of `contracts/disclosure.yaml`. Raises `EvenhandError` where a number is missing or unknown."""
    document = yaml.safe_load(path.read_text("utf-8"))
    try:
        return _policy(document)
    except (KeyError, TypeError) as error:
        raise EvenhandError(f"{path.name}: {error} is missing or not as DISCLOSURE declares it.") from error


def read_contract(path: Path) -> TableContract:
    """One ODCS file with exactly one schema object. Raises `EvenhandError` where it is not one."""
    from open_data_contract_standard.model import OpenDataContractStandard

    document = OpenDataContractStandard.from_file(str(path))
    if not document.schema_ or len(document.schema_) != 1:
        raise EvenhandError(f"{path.name}: a contract declares exactly one schema object.")
    table = document.schema_[0]
    custom = _custom(table.customProperties)
    return TableContract(
        name=str(table.name),
        version=str(document.version),
        description=str(table.description or ""),
        columns=tuple(_column(path, p) for p in table.properties or []),
        rules=tuple(_row_rule(path, q) for q in table.quality or [] if q.engine == "evenhand"),
        sender=str(custom.get("sender", "participant")),
        snapshot=bool(custom.get("snapshot", False)),
        frozen=bool(custom.get("frozen", False)),
        lookups=tuple(Lookup(**lookup) for lookup in custom.get("lookups") or ()),
    )


def _read_folder(folder: Path) -> dict[str, TableContract]:
    contracts = [read_contract(path) for path in sorted(folder.glob("*.odcs.yaml"))]
    return {contract.name: contract for contract in contracts}


def _column(path: Path, declared: Any) -> Column:
    if declared.logicalType not in LOGICAL_TYPES:
        raise EvenhandError(f"{path.name}: {declared.name} has logicalType {declared.logicalType!r}, allowed are {LOGICAL_TYPES}.")
    options = declared.logicalTypeOptions or {}
    custom = _custom(declared.customProperties)
    return Column(
        name=str(declared.name),
        logical_type=declared.logicalType,
        physical_type=str(declared.physicalType),
        description=str(declared.description or ""),
        required=bool(declared.required),
        key_position=declared.primaryKeyPosition if declared.primaryKey else None,
        allowed=_allowed_values(declared.quality or []),
        pattern=options.get("pattern"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        max_length=options.get("maxLength"),
        privacy=custom.get("privacy"),
        default=custom.get("default"),
    )


def _allowed_values(quality: list[Any]) -> tuple[str, ...]:
    for rule in quality:
        if rule.metric == "invalidValues" and rule.arguments:
            return tuple(str(value) for value in rule.arguments.get("validValues", ()))
    return ()


def _row_rule(path: Path, quality: Any) -> RowRule:
    implementation = quality.implementation
    if not isinstance(implementation, dict):
        raise EvenhandError(f"{path.name}: rule {quality.name!r} needs an implementation with column and passes.")
    return RowRule(
        name=str(quality.name),
        column=str(implementation["column"]),
        passes=" ".join(str(implementation["passes"]).split()),
        allowed=str(quality.description or ""),
    )


def _custom(properties: list[Any] | None) -> dict[str, Any]:
    return {str(p.property): p.value for p in properties or []}


def _policy(document: dict[str, Any]) -> Policy:
    shared = document["shared"]
    profiles = tuple(_profile(name, {**shared, **numbers}) for name, numbers in document["profiles"].items())
    limits = document["change_limits"]
    return Policy(
        version=str(document["version"]),
        profiles=profiles,
        revision_row_change_share=float(limits["rows_against_previous_revision"]),
        period_row_change_share=float(limits["rows_against_previous_period"]),
    )


def _profile(name: str, numbers: dict[str, Any]) -> Profile:
    return Profile(
        name=name,
        k=int(numbers["minimum_groups"]),
        window=int(numbers["smoothing_window"]),
        tail=int(numbers["tail"]),
        rounding_share=float(numbers["rounding_share"]),
        edge_share=float(numbers["edge_share"]),
        change_guard=int(numbers["change_guard"]),
        narrowest_interval=float(numbers["narrowest_interval"]),
        min_age_months=int(numbers["minimum_age_months"]),
        homogeneity_share=float(numbers["homogeneity_share"]),
        count_bands=tuple((low, high) for low, high in numbers["count_bands"]),
        share_bands=tuple((low, high) for low, high in numbers["share_bands_percent"]),
        tie_bands=tuple((low, high) for low, high in numbers["tie_bands_percent"]),
    )
