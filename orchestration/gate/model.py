"""What the gate is given and what it answers. Plain data: no SQL, no Great Expectations, no rendering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class GateInput:
    """One dataset of a candidate for release and what it is judged against. `evidence` and `identities` are private.

    `beside`: further tables it must agree with, by the name of the relation; a missing one is given as None.
    """

    release_id: str
    dataset: Path
    evidence: Path
    identities: Path
    catalogue: Path
    previous_revision: Path | None
    previous_period: Path | None
    beside: Mapping[str, Path | None] = field(default_factory=dict[str, Path | None])

    def files(self) -> tuple[tuple[str, Path | None], ...]:
        """Every file by the name of what it is."""
        own = ("dataset", "evidence", "identities", "catalogue", "previous_revision", "previous_period")
        return (*((name, getattr(self, name)) for name in own), *self.beside.items())

    @property
    def period(self) -> str:
        """The period a release id names: `2026-Q1-r0` is of `2026-Q1`."""
        return self.release_id.rpartition("-r")[0]


@dataclass(frozen=True)
class CheckOutcome:
    """One check with its figures. `observed` is published: counts only, never a value out of the data."""

    name: str
    sentence: str
    severity: Severity
    passed: bool
    rows: int
    violations: int
    observed: str
    limit: str


@dataclass(frozen=True)
class GateResult:
    """Every check of one candidate, in the order of the suite; `rows` is the number of rows of the candidate."""

    release_id: str
    profile: str
    rows: int
    outcomes: tuple[CheckOutcome, ...]

    @property
    def failures(self) -> tuple[CheckOutcome, ...]:
        """What stops the release."""
        return tuple(o for o in self.outcomes if not o.passed and o.severity == "error")

    @property
    def warnings(self) -> tuple[CheckOutcome, ...]:
        """What a person should look at; it stops nothing."""
        return tuple(o for o in self.outcomes if not o.passed and o.severity == "warning")

    @property
    def passed(self) -> bool:
        return not self.failures
