"""A consortium of two dozen groups, large enough for cells to be published and small enough for a night of seconds.

Files are written as participants and the operator send them; the nights run through the rooms of the real one, from the
intake to the candidates and the editions that are due. The catalogue is a copy of the project's, so that its rows may change.
"""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration import warehouse
from orchestration.contracts import disclosure_policy, release_contracts
from orchestration.disclosure import coverage
from orchestration.gate.model import GateResult
from orchestration.intake import deriving
from orchestration.intake.taking import take_in
from orchestration.rates.lake import lay_rates, take_in_rates
from orchestration.release import nightly
from orchestration.release.checking import Checker
from orchestration.release.nightly import make_candidates, publish_due
from orchestration.release.publish import Publisher
from orchestration.settings import Settings, load_settings
from orchestration.vendors.lake import resolve_lake_vendors
from orchestration.warehouse import build, require_all_built, write_night
from orchestration.workspace import Workspace
from tests.conftest import new_workspace

Row = dict[str, str]

FIRST_DAY = date(2025, 8, 15)
PROFILE = "members"
PARTICIPANTS = tuple(f"P{n:02}" for n in range(26))
QUARTERLY, MONEY, PROMISED, YEARLY = "ADO-01", "NED-04", "DEL-01", "SRC-01"
QUARTERS = tuple(
    (f"{year}-{first}", f"{year}-{last}")
    for year in (2023, 2024, 2025)
    for first, last in (("01-01", "03-31"), ("04-01", "06-30"), ("07-01", "09-30"), ("10-01", "12-31"))
)
YEARS = (("2023-01-01", "2023-12-31"), ("2024-01-01", "2024-12-31"))
SPELLINGS = ("Norvik Systems AG", "Balden GmbH", "Quartz Cloud")
CURRENCIES = ("EUR", "CHF", "USD")


def participant(number: int) -> Row:
    """Two groups have two participants; most are of one industry, country and size, so that cells beside `all` are published."""
    group = number - 24 if number >= 24 else number
    return {
        "participant_id": PARTICIPANTS[number],
        "holding_group_id": f"G{group:02}",
        "role": "buyer",
        "industry_code": "C" if number % 5 < 3 else "K",
        "country": "CH" if number % 3 else "DE",
        "size_band": "L" if number % 2 else "M",
        "joined_on": "2022-01-01" if number % 7 else "2024-02-01",
        "verified": "true",
        "valid_from": "",
        "valid_to": "",
        "consent_version": "v1",
    }


def figure(kpi: str, span: tuple[str, str], numerator: int | None, number: int = 0, **other: str) -> Row:
    """A row of kpi_values; `number` is the sender's, which decides on the currency."""
    row = {"kpi_code": kpi, "period_start": span[0], "period_end": span[1], "value_chain_stage": "OP", "denominator": "100"}
    row["numerator"] = "" if numerator is None else str(numerator * 12345 if kpi == MONEY else numerator)
    row["currency"] = CURRENCIES[number % 3] if kpi == MONEY else ""
    return row | {"evidence_grade": "A" if number % 2 else "C"} | other


def first_figures(number: int) -> list[Row]:
    """Two and a half years of one participant: plain, of a project with a vendor named, and of one whose vendor is engaged."""
    quarters = [figure(QUARTERLY, span, 20 + (number * 7 + n * 3) % 60, number) for n, span in enumerate(QUARTERS[:10])]
    supplied = {"project_ref": "Apollo", "vendor": SPELLINGS[number % 3]}
    of_vendor = [figure(QUARTERLY, span, 30 + number, number, value_chain_stage="SV", **supplied) for span in QUARTERS[2:8]]
    years = [figure(kpi, span, 3 + number % 13, number) for kpi in (MONEY, YEARLY) for span in YEARS]
    return quarters + of_vendor + years + [figure(PROMISED, span, 5 + number % 11, number, project_ref="Beacon") for span in YEARS]


@dataclass(repr=False)
class Consortium:
    """A workspace, what the operator's registry says now, and how many files were sent."""

    workspace: Workspace
    seeds: Path
    registry: list[Row] = field(default_factory=lambda: [participant(n) for n in range(24)])
    day: date = FIRST_DAY
    files: int = 0

    @property
    def settings(self) -> Settings:
        return load_settings(self.workspace.home, environ={})

    @property
    def publisher(self) -> Publisher:
        policy = disclosure_policy()
        return Publisher(self.workspace, self.settings, policy.profile(PROFILE), policy, release_contracts(), self.day)

    def send(self, sender: str, feed: str, rows: list[Row]) -> None:
        """One file into landing; names follow the order of sending."""
        self.files += 1
        folder = self.workspace.landing / sender
        folder.mkdir(exist_ok=True)
        name = f"{feed}.csv" if not sender else f"{feed}__{self.files:05}.csv"
        write_csv(folder / name, rows)

    def send_registry(self) -> None:
        self.send("", "participants", self.registry)

    def asked(self, query: str) -> list[tuple]:
        """What the warehouse of the last night says."""
        with duckdb.connect(str(self.workspace.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def take_in(self) -> None:
        """The intake's part of a night."""
        take_in(self.workspace, self.settings, self.day)
        take_in_rates(self.workspace, self.day)
        lay_rates(self.workspace, self.day)
        write_night(self.workspace, self.day, self.publisher.profile.min_age_months, self.settings.require_secret())
        resolve_lake_vendors(self.workspace, self.day)

    def derive(self) -> None:
        """Everything that follows from the lake: marts, then candidates."""
        require_all_built(build(self.workspace, self.settings))
        make_candidates(self.publisher)

    def publish(self) -> None:
        publish_due(self.publisher)


def write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def found(home: Path, project: Path) -> Consortium:
    """The consortium after its first night, with everything in it that later nights change."""
    made = Consortium(new_workspace(home), project / "seeds")
    made.send_registry()
    for number, sender in enumerate(PARTICIPANTS):
        made.send(sender, "kpi_values", first_figures(number))
        kind = {"project_kind": "upgrade" if number % 4 else "migration", "value_chain_stage": "OP", "status": "live"}
        made.send(sender, "projects", [{"project_ref": ref, "go_live_on": "2023-02-01", **kind} for ref in ("Apollo", "Beacon")])
        supplied = {"vendor": SPELLINGS[number % 2], "vendor_role": "integrator"}
        made.send(sender, "engagements", [{"project_ref": "Beacon", **supplied}])
        promise = {"kpi_code": PROMISED, "due_on": "2024-06-30", "promised_by": "vendor", "promised_on": "2023-01-15", "value": "8"}
        made.send(sender, "promises", [{"project_ref": "Beacon", **promise}])
    made.take_in()
    made.derive()
    made.publish()
    return made


def read_copy(project: Path, patch: pytest.MonkeyPatch) -> None:
    """Let every room read the models and seeds in `project`, a copy of dbt_project, and every gate be open: it is tested elsewhere."""
    shutil.copytree(warehouse.DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    for room in (warehouse, coverage):
        patch.setattr(room, "DBT_PROJECT", project)
    patch.setattr(deriving, "SEEDS", project / "seeds")
    patch.setattr(nightly, "CATALOGUE_SEED", project / "seeds" / "kpi_catalogue.csv")
    patch.setattr(Checker, "check", lambda *_: GateResult("", PROFILE, 0, ()))


def relations(path: Path, schemas: tuple[str, ...]) -> dict[str, list[tuple]]:
    """Every row of every table and view of some schemas, in an order of its own; figures to the last bit."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables where list_contains($1, table_schema) order by all", [schemas]
        ).fetchall()
        return {f"{s}.{name}": connection.execute(f'select * from "{s}"."{name}" order by all').fetchall() for s, name in names}
