"""`evenhand vendors`: match a file's spellings, show what a person should look at, record what was decided."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands import day_of
from orchestration.errors import EvenhandError
from orchestration.settings import load_settings
from orchestration.workspace import Workspace, exclusive_run

if TYPE_CHECKING:
    from orchestration.vendors.identity import Registry

vendors = typer.Typer(help="Match vendor spellings, review and decide.", no_args_is_help=True)
Pair = tuple[str, str] | None


@vendors.command("match")
def match(file: Annotated[Path, typer.Argument(help="A CSV with one column, vendor.")]) -> None:
    """Write vendor,canonical,decision (merged, new or review) for every spelling of a file to standard output.

    Decisions of the workspace in EVENHAND_HOME hold here too, if there is one.
    """
    from orchestration.intake.vault import Vault
    from orchestration.vendors.decisions import read_rulings
    from orchestration.vendors.identity import EMPTY, resolve

    settings = load_settings()
    spellings = _read_spellings(file)
    rows = resolve(spellings, EMPTY, read_rulings(Vault(settings.home / "vault"), day_of("", settings))).identities
    _write(("vendor", "canonical", "decision"), ((s, rows[s].vendor, rows[s].decision) for s in spellings))


@vendors.command("review")
def review() -> None:
    """Write the review queue to standard output, most important first: left,right,reason,score."""
    from orchestration.intake.vault import Vault
    from orchestration.vendors.decisions import read_rulings
    from orchestration.vendors.lake import read_registry
    from orchestration.vendors.queue import review_queue

    workspace = Workspace(load_settings().home).require()
    queue = review_queue(read_registry(workspace), read_rulings(Vault(workspace.vault)))
    _write(("left", "right", "reason", "score"), ((d.left, d.right, d.reason, f"{d.score:g}") for d in queue))


@vendors.command("decide")
def decide(
    same: Annotated[Pair, typer.Option("--same", help="Two spellings of one vendor.", metavar="A B")] = None,
    different: Annotated[Pair, typer.Option("--different", help="Two spellings of different vendors.", metavar="A B")] = None,
    name: Annotated[Pair, typer.Option("--name", help="A spelling, and its vendor's canonical name.", metavar="A NAME")] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="The day from which it holds. Default: today.", metavar="DATE")] = "",
) -> None:
    """Record a decision. It holds for the nights from its day on, and until a later one about the same pair."""
    from orchestration.intake.vault import Vault
    from orchestration.vendors.decisions import Decision, record
    from orchestration.vendors.lake import read_registry

    given = [(ruling, pair) for ruling, pair in (("same", same), ("different", different), ("name", name)) if pair]
    if len(given) != 1:
        raise EvenhandError("Give one decision: --same A B, --different A B or --name A NAME.")
    settings = load_settings()
    workspace = Workspace(settings.home).require()
    ruling, (left, right) = given[0]
    with exclusive_run(workspace):
        if ruling == "name":
            _require_free_name(read_registry(workspace), left, right)
        vault = Vault(workspace.vault)
        day = _first_day(vault.events(), as_of, day_of(as_of, settings))
        record(vault, Decision(ruling, left, right), day)
    typer.echo(f"Recorded: {left!r} {_SENTENCE[ruling]} {right!r}. It holds from {day} on.")


def _first_day(events: list[dict[str, Any]], asked: str, day: date) -> date:
    """The day a decision holds from: never one whose edition is out already, for that edition can be built again as it was."""
    from orchestration.release.rebuild import EDITIONS

    served = max((date.fromisoformat(event["as_of"]) for event in events if event["event"] in EDITIONS), default=None)
    if served is None or day > served:
        return day
    if asked:
        raise EvenhandError(
            f"An edition as of {served} is out; a decision made now holds from {served + timedelta(days=1)} at the earliest."
        )
    return served + timedelta(days=1)


def _require_free_name(registry: Registry, spelling: str, name: str) -> None:
    """Raises `EvenhandError` where another vendor is called so, or spelt so, already."""
    rows = registry.identities
    own = rows[spelling].vendor_id if spelling in rows else None
    taken = next((row for row in rows.values() if name in (row.vendor, row.spelling) and row.vendor_id != own), None)
    if taken is not None and spelling != name:
        raise EvenhandError(
            f"{name!r} stands for another vendor ({taken.vendor!r}) already, and two vendors never have the same name. If they are one, decide --same {spelling!r} {name!r}."
        )


LONGEST_SPELLING = 200
_SENTENCE = {"same": "is the same vendor as", "different": "is another vendor than", "name": "is called"}


def _read_spellings(file: Path) -> list[str]:
    """The column `vendor` of a CSV, in its order. Raises `EvenhandError` where there is none."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            if "vendor" not in (reader.fieldnames or ()):
                raise EvenhandError(f"{file.name} has no column 'vendor'; its header is {', '.join(reader.fieldnames or ()) or 'empty'}.")
            spellings = [row["vendor"] or "" for row in reader]
    except csv.Error as error:
        raise EvenhandError(f"{file.name} cannot be read as CSV: {error}.") from None
    except UnicodeDecodeError:
        raise EvenhandError(f"{file.name} is not UTF-8; save it as UTF-8 and match it again.") from None
    long = next((number for number, spelling in enumerate(spellings, start=1) if len(spelling) > LONGEST_SPELLING), None)
    if long:
        raise EvenhandError(f"{file.name}, row {long}: a vendor's name has at most {LONGEST_SPELLING} characters, as in the feeds.")
    return spellings


def _write(header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
