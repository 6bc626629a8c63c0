"""The truth object: what is in the made landing folder, and its human-readable form. Nothing is decided here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

LABEL = "MADE DATA: an invented consortium for demonstration. No company, vendor or figure in it is real."


@dataclass(frozen=True)
class PlantedTruth:
    """One planted fact and how to find it again.

    `statistic` says what to compute on clean rows of counting participants (verified buyers); it must lie in
    [`interval_low`, `interval_high`]. `scale` is the scale of size and interval: `unit` (the KPI's unit), `log10`
    (difference of log10 values), `ratio`, `share` or `days`. `shifts_values` tells whether `size` was added to values.
    """

    name: str
    kind: str
    kpi_code: str
    dimension: str
    value: str
    reference: str
    direction: str
    meaning: str
    size: float
    scale: str
    unit: str
    years: tuple[int, ...]
    statistic: str
    interval_low: float
    interval_high: float
    how: str
    shifts_values: bool = True


@dataclass(frozen=True)
class PromiseTruth:
    """The median attainment (METHOD 7) that promises of this KPI show in one band of months since go-live, over companies;
    it lies in [`interval_low`, `interval_high`] wherever enough companies have such a figure.
    """

    kpi_code: str
    months_since_go_live: str
    attainment: float
    interval_low: float
    interval_high: float


@dataclass(frozen=True)
class Dirt:
    """Rows of one feed that break one rule. `rows` counts file rows, both rows of a contradicting pair included."""

    feed: str
    rule: str
    verdict: str
    rows: int
    example: str


@dataclass(frozen=True)
class RejectedFile:
    """A file that must be rejected whole."""

    file: str
    reason: str
    rows: int


@dataclass(frozen=True)
class MixedGrain:
    """A company that sends rows with and without a project for one KPI and stage; the coarse rows hold (METHOD 2)."""

    participant_id: str
    kpi_code: str
    value_chain_stage: str


@dataclass(frozen=True)
class FileRows:
    """Rows of one feed over all files that are not rejected whole, bad rows included."""

    feed: str
    files: int
    rows: int


@dataclass(frozen=True)
class Census:
    """Who is in `participants.csv`; every pair is (value, participants)."""

    participants: int
    holding_groups: int
    counting_participants: int
    counting_groups: int
    roles: tuple[tuple[str, int], ...]
    unverified: tuple[str, ...]
    not_buyers: tuple[str, ...]
    industries: tuple[tuple[str, int], ...]
    countries: tuple[tuple[str, int], ...]
    size_bands: tuple[tuple[str, int], ...]
    joined_during: tuple[tuple[str, str], ...]
    shared_groups: tuple[tuple[str, int], ...]
    changed_entries: tuple[str, ...]
    fiscal_years: tuple[tuple[str, int], ...]
    currencies: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Truth:
    """Everything that was planted in one landing folder."""

    label: str
    seed: int
    years: tuple[int, ...]
    census: Census
    vendors: tuple[str, ...]
    rows: tuple[FileRows, ...]
    planted: tuple[PlantedTruth, ...]
    promises: tuple[PromiseTruth, ...]
    promises_note: str
    mixed_grain: tuple[MixedGrain, ...]
    dirt: tuple[Dirt, ...]
    dirt_share: float
    rejected_files: tuple[RejectedFile, ...]

    def planted_truth(self, name: str) -> PlantedTruth:
        return next(truth for truth in self.planted if truth.name == name)


def truth_json(truth: Truth) -> str:
    """Sorted, indented JSON of the whole truth; equal truths give equal text. Pairs of the census become objects."""
    census = {name: _object(getattr(truth.census, name)) for name in asdict(truth.census)}
    return json.dumps({**asdict(truth), "census": census}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _object(value: int | tuple[str, ...] | tuple[tuple[str, int | str], ...]) -> object:
    if isinstance(value, int):
        return value
    pairs = [entry for entry in value if not isinstance(entry, str)]
    return dict(pairs) if pairs else value
