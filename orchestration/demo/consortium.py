"""Make the demo consortium: draw it, plant truths and dirt, write the landing folder, and say what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from orchestration.demo.catalogue import reported_kpis
from orchestration.demo.companies import broken_sender, draw_companies, participant_rows
from orchestration.demo.dirt import Sheets, broken_files, spoil_rows
from orchestration.demo.files import Row, columns_of, csv_text, write_feed, write_text
from orchestration.demo.model import YEARS, Company, House
from orchestration.demo.plan import MIXED_GRAIN_KPI, mixed_grain_companies, plan_slots
from orchestration.demo.projects import VENDORS, draw_projects, engagement_rows, managed_vendors, project_rows
from orchestration.demo.promises import draw_promises
from orchestration.demo.truth import LABEL, Census, Dirt, FileRows, MixedGrain, Truth
from orchestration.demo.truths import PROMISES_NOTE, planted_truths, promise_truths
from orchestration.demo.values import kpi_rows

DEFAULT_SEED = 20260630
FEEDS = ("kpi_values", "projects", "engagements")


def make_consortium(landing: Path, seed: int = DEFAULT_SEED) -> Truth:
    """Write the made landing folder; the same seed gives the same bytes. Returns what was planted in it."""
    house = _house(seed)
    clean = {
        "kpi_values": _kpi_sheets(house),
        "projects": _sheets(house, lambda i: project_rows(house.projects[i])),
        "engagements": _sheets(house, lambda i: engagement_rows(house.projects[i])),
    }
    spoiled = {feed: spoil_rows(seed, feed, clean[feed]) for feed in FEEDS}
    broken = broken_files(clean["kpi_values"], broken_sender().participant_id)
    registry = participant_rows(house.companies)
    write_feed(landing, "participants", registry)
    for feed, (sheets, _) in spoiled.items():
        for participant_id, rows in sheets.items():
            write_feed(landing / participant_id, feed, rows)
    for file in broken:
        write_text(landing / file.file, file.text)
    promises = draw_promises(house, clean["kpi_values"])
    for name, sheets in (("promises", promises.first), ("promises__changed", promises.changed)):
        for participant_id, rows in sheets.items():
            write_text(landing / participant_id / f"{name}.csv", csv_text(columns_of("promises"), rows))
    counts = (
        FileRows("participants", 1, len(registry)),
        *(_file_rows(feed, spoiled[feed][0]) for feed in FEEDS),
        _file_rows("promises", promises.first, promises.changed),
    )
    dirt = tuple(entry for feed in FEEDS for entry in spoiled[feed][1])
    return Truth(
        label=LABEL,
        seed=seed,
        years=YEARS,
        census=_census(house.companies),
        vendors=tuple(sorted(VENDORS)),
        rows=counts,
        planted=planted_truths(),
        promises=promise_truths(),
        promises_note=PROMISES_NOTE,
        mixed_grain=_mixed_grain(house),
        dirt=dirt,
        dirt_share=_share_of_dirt(dirt, counts),
        rejected_files=tuple(file.rejected for file in broken),
    )


def _house(seed: int) -> House:
    companies = draw_companies(seed)
    projects = draw_projects(seed, companies)
    return House(seed, companies, projects, managed_vendors(seed, projects))


def _senders(house: House) -> list[Company]:
    """The operator keeps the registry and sends no figures."""
    return [c for c in house.companies if c.role != "operator"]


def _kpi_sheets(house: House) -> Sheets:
    sheets: Sheets = {c.participant_id: [] for c in _senders(house)}
    for kpi in reported_kpis():
        slots = plan_slots(kpi, house)
        for slot, row in zip(slots, kpi_rows(kpi, slots, house), strict=True):
            sheets[house.companies[slot.company].participant_id].append(row)
    return sheets


def _sheets(house: House, rows_of: Callable[[int], list[Row]]) -> Sheets:
    return {c.participant_id: rows_of(c.index) for c in _senders(house)}


def _file_rows(feed: str, *sheets: Sheets) -> FileRows:
    return FileRows(feed, sum(map(len, sheets)), sum(len(rows) for files in sheets for rows in files.values()))


def _share_of_dirt(dirt: tuple[Dirt, ...], counts: tuple[FileRows, ...]) -> float:
    return round(sum(entry.rows for entry in dirt) / sum(count.rows for count in counts), 6)


def _mixed_grain(house: House) -> tuple[MixedGrain, ...]:
    chosen = mixed_grain_companies(house)
    return tuple(MixedGrain(company.participant_id, MIXED_GRAIN_KPI, stage) for company, stage in chosen)


def _census(companies: tuple[Company, ...]) -> Census:
    registered = (*companies, broken_sender())
    groups = Counter(c.holding_group_id for c in registered)
    return Census(
        participants=len(registered),
        holding_groups=len(groups),
        counting_participants=sum(c.counts for c in registered),
        counting_groups=len({c.holding_group_id for c in registered if c.counts}),
        roles=_tally(c.role for c in registered),
        unverified=tuple(c.participant_id for c in registered if not c.verified),
        not_buyers=tuple(c.participant_id for c in registered if c.role != "buyer"),
        industries=_tally(c.industry_code for c in registered),
        countries=_tally(c.country for c in registered),
        size_bands=_tally(c.size_band for c in registered),
        joined_during=tuple((c.participant_id, c.joined_on.isoformat()) for c in registered if c.is_joiner),
        shared_groups=tuple((group, count) for group, count in sorted(groups.items()) if count > 1),
        changed_entries=tuple(c.participant_id for c in registered if c.earlier),
        fiscal_years=_tally(f"from month {c.fiscal_month:02d}" for c in registered),
        currencies=_tally(c.currency for c in registered),
    )


def _tally(values: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(values).items()))
