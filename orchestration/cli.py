"""The `evenhand` command: what people type. Each command calls one room; nothing is computed here.

Heavy libraries are imported inside the commands that need them, so that looking costs nothing.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from orchestration import __version__
from orchestration.errors import EvenhandError
from orchestration.settings import Settings, load_settings
from orchestration.vendors.cli import vendors
from orchestration.workspace import Workspace, create_workspace, exclusive_run

app = typer.Typer(
    name="evenhand",
    help="The nightly machine of a neutral IT-success benchmark.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
releases = typer.Typer(help="List, show and verify published releases.", no_args_is_help=True)
app.add_typer(releases, name="release")
app.add_typer(vendors, name="vendors")

out = Console(highlight=False, soft_wrap=True)
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
AsOf = Annotated[str, typer.Option("--as-of", help="The day the night is run for, e.g. 2026-06-30. Default: today.", metavar="DATE")]
Profile = Annotated[
    str,
    typer.Option("--profile", help="Disclosure profile: public or members. Default: EVENHAND_PROFILE, else public."),
]


def main() -> None:
    """Run the command; an error is one sentence on standard error and a non-zero exit, never a traceback."""
    try:
        app()
    except EvenhandError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
    except KeyboardInterrupt:
        _fail("Stopped. What was under way is repeated or finished by the next run.", code=130)


def _fail(message: str, code: int = 1) -> None:
    print(f"evenhand: {message}", file=sys.stderr)
    raise SystemExit(code)


@app.callback(invoke_without_command=True)
def top(version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    """The nightly machine of a neutral IT-success benchmark."""
    if version:
        typer.echo(f"evenhand {__version__}")
        raise typer.Exit


@app.command()
def init() -> None:
    """Make a workspace in EVENHAND_HOME (default ./workspace) with new keys."""
    workspace, made_keys = create_workspace(load_settings().home)
    out.print(f"Workspace: {workspace.home}")
    if made_keys:
        out.print(
            f"New keys: {workspace.home / '.env'}, readable by you only. Keep a copy: without them pseudonyms and signatures cannot be repeated."
        )
    else:
        out.print("Its keys were there already and were left as they are.")


@app.command()
def demo(
    home: Annotated[Path | None, typer.Option("--home", help="Where to make it. Default: ./workspace/demo")] = None,
) -> None:
    """Make a consortium of invented companies, run one night on it, and say where to look."""
    from orchestration.demo.run import DEMO_AS_OF, prepare_demo

    place = (home or Path("workspace") / "demo").resolve()
    workspace = prepare_demo(place)
    _run(workspace, load_settings(place), DEMO_AS_OF, "public")
    out.print(f"\nInvented data, from {workspace.home / 'truth.json'} (what was planted in it).")
    out.print(f"Releases: {workspace.releases}")
    first = min((workspace.reports).glob("*/*/report.html"), default=None)
    out.print(f"A report: {first}" if first else "No report was written.")


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(help="Files named after their feed, e.g. kpi_values.csv.")],
    participant: Annotated[str, typer.Option("--participant", help="Who sends them; 'operator' for participants.csv.")],
) -> None:
    """Put files into landing, where the next night takes them in."""
    from orchestration.intake.arrivals import printable
    from orchestration.intake.landing import land

    workspace = Workspace(load_settings().home).require()
    for landed in land(workspace, participant, files):
        out.print(f"Landed: {printable(str(landed.relative_to(workspace.home)))}", markup=False)


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="A file as it would be sent.")],
    feed: Annotated[str, typer.Option("--feed", help="Its feed. Default: from the file's name.")] = "",
) -> None:
    """Check a file as the intake would; nothing is stored. Exit 1 if it would be rejected."""
    from orchestration.intake.validate import validate_file

    verdict = validate_file(file, feed or None, load_settings())
    _print_verdict(verdict)
    if verdict["verdict"] == "rejected":
        raise typer.Exit(1)


@app.command()
def template(
    feed: Annotated[str, typer.Argument(help="A feed, e.g. kpi_values.")],
    xlsx: Annotated[bool, typer.Option("--xlsx", help="A workbook with notes, lists and an explained example.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="Where to write it. Default: standard output; a workbook: FEED.xlsx.")
    ] = None,
) -> None:
    """Write an empty file of a feed: the header row as CSV, or a workbook to fill by hand."""
    from orchestration.intake.templates import csv_template, workbook_template

    if not xlsx and output is None:
        typer.echo(csv_template(feed))
        return
    target = output or Path(f"{feed}.xlsx")
    content = workbook_template(feed) if xlsx else (csv_template(feed) + "\n").encode()
    if target.exists():
        raise EvenhandError(f"{target} is there already: name another file with --output; nothing was overwritten.")
    target.write_bytes(content)
    out.print(f"Template: {target}", markup=False)


@app.command("map")
def map_command(
    name: Annotated[str, typer.Argument(help="What was exported: servicenow_incident or jira_issues.")],
    export: Annotated[Path, typer.Argument(help="The export, a CSV file.")],
    stage: Annotated[str, typer.Option("--stage", help="Value-chain stage the tickets' systems serve. Default: the mapping's.")] = "",
    output: Annotated[Path, typer.Option("--output", help="Where to write the submission.")] = Path("kpi_values.csv"),
) -> None:
    """Turn an export of tickets into a submission of kpi_values: counts only, no text of a ticket."""
    from orchestration.intake.mappings import map_export, write_rows

    mapped = map_export(name, export, stage or None)
    write_rows(mapped, output)
    for line in mapped.notes:
        out.print(line, markup=False)
    out.print(f"{output}: {len(mapped.rows):,} rows. Check it with 'evenhand validate', send it with 'evenhand submit'.", markup=False)


@app.command()
def erase(
    participant: Annotated[str, typer.Option("--participant", help="Whose submissions are erased.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_of: AsOf = "",
) -> None:
    """Erase a participant's files, rows and names on request. Receipts and the log stay, with a tombstone."""
    from orchestration.intake import erasure
    from orchestration.intake.taking import restore_lake
    from orchestration.workspace import exclusive_run

    settings = load_settings()
    workspace = Workspace(settings.home).require()
    with exclusive_run(workspace):
        restore_lake(workspace, settings)  # whole before it is narrowed, and refused with another secret
        planned = erasure.plan_erasure(workspace, participant)
        if not yes and not typer.confirm(f"Erase {planned.sentence}? This cannot be undone, and releases made of them cannot be rebuilt."):
            raise EvenhandError("Nothing was erased.")
        erasure.erase(workspace, planned, _day(as_of, settings))
        restore_lake(workspace, settings)
    out.print(f"Erased: {planned.sentence}. Run 'evenhand nightly' to build everything else again.", markup=False)


@app.command()
def nightly(
    as_of: AsOf = "",
    profile: Profile = "",
    target: Annotated[str, typer.Option("--target", help="Engine of the transformation: duckdb.")] = "duckdb",
    full: Annotated[bool, typer.Option("--full", help="Run every stage even if nothing has changed.")] = False,
) -> None:
    """Run the whole night: intake, transformation, disclosure, gate, release, reports."""
    settings = load_settings()
    if target != "duckdb":
        raise EvenhandError(f"The target {target!r} is not known; allowed is duckdb.")
    _run(
        Workspace(settings.home).require(),
        settings,
        _day(as_of, settings),
        profile or settings.profile,
        even_if_idle=full,
    )


@app.command()
def status(submission: Annotated[str, typer.Argument(help="A submission's id, for its whole receipt.")] = "") -> None:
    """Show submissions, the last run and what is due; or one submission's receipt."""
    from orchestration import status as facts

    workspace = Workspace(load_settings().home).require()
    if submission:
        _print_verdict(facts.one_receipt(workspace, submission))
        for line in facts.submission_standing(workspace, submission):
            out.print(line, markup=False)
        return
    for line in facts.overview(workspace):
        out.print(line, markup=False)


@app.command()
def report(
    participant: Annotated[str, typer.Option("--participant", help="Whose report.")],
    release: Annotated[str, typer.Option("--release", help="Of which release. Default: the current one.")] = "current",
) -> None:
    """Rebuild one participant's report."""
    from orchestration.release.shelf import find_release
    from orchestration.reports.current import write_release_reports

    workspace = Workspace(load_settings().home).require()
    with exclusive_run(workspace):
        written = write_release_reports(workspace, find_release(workspace.releases, release), participant_id=participant)
    if not written:
        raise EvenhandError(f"No buyer {participant!r} is in the registry: reports are made for participants whose role is buyer.")
    out.print(f"Report: {written[0].folder}", markup=False)


@releases.command("list")
def release_list() -> None:
    """List published releases, oldest period first."""
    from orchestration.release.shelf import release_lines

    for line in release_lines(Workspace(load_settings().home).require().releases):
        out.print(line, markup=False)


@releases.command("show")
def release_show(release: Annotated[str, typer.Argument(help="A release id, or 'current'.")]) -> None:
    """Show what a release holds."""
    from orchestration.release.shelf import find_release, manifest_lines

    for line in manifest_lines(find_release(Workspace(load_settings().home).require().releases, release)):
        out.print(line, markup=False)


@releases.command("verify")
def release_verify(
    release: Annotated[str, typer.Argument(help="A release id, 'current', or the path of a release folder.")],
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", help="The house's public key. Default: evenhand.pub beside the release."),
    ] = None,
) -> None:
    """Check every byte of a release against its signed manifest."""
    from orchestration.release.shelf import find_release, read_public_key, verify

    folder = Path(release).resolve() if Path(release).is_dir() else find_release(load_settings().home / "releases", release)
    problems = verify(folder, read_public_key(public_key or folder.parent / "evenhand.pub"))
    for problem in problems:
        out.print(f"- {problem}", markup=False)
    if problems:
        raise EvenhandError(f"{folder.name} is not as it was signed ({len(problems)} problem(s)).")
    out.print(f"{folder.name}: every file is as it was signed.", markup=False)


@releases.command("rebuild")
def release_rebuild(release: Annotated[str, typer.Argument(help="A release id, or 'current'.")]) -> None:
    """Build a past release again from the vault alone and compare every byte; nothing is changed."""
    from orchestration.release.rebuild import rebuild

    settings = load_settings()
    rebuilt = rebuild(Workspace(settings.home).require(), settings, release)
    if rebuilt.different:
        raise EvenhandError(f"{rebuilt.release_id} came out different in {', '.join(rebuilt.different)}.")
    out.print(f"{rebuilt.release_id}: rebuilt from the vault, every byte is the same.", markup=False)


def _day(text: str, settings: Settings) -> date:
    if not text:
        return datetime.now(ZoneInfo(settings.timezone)).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise EvenhandError(f"--as-of is {text!r}; allowed is an ISO date such as 2026-06-30.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise EvenhandError(f"--as-of is {text}; allowed are days from {FIRST_DAY} to {LAST_DAY}.")
    return day


def _run(workspace: Workspace, settings: Settings, as_of: date, profile: str, *, even_if_idle: bool = False) -> None:
    from orchestration.contracts import disclosure_policy
    from orchestration.night import run_night
    from orchestration.progress import shown_stages

    disclosure_policy().profile(profile)
    out.print(f"Night of {as_of.isoformat()}, profile {profile}", markup=False)
    with shown_stages(out):
        outcome = run_night(workspace, settings, as_of, profile, even_if_idle=even_if_idle)
    out.print(outcome.says, markup=False)


def _print_verdict(receipt: dict[str, object]) -> None:
    from orchestration.intake.receipts import receipt_lines

    for line in receipt_lines(receipt):
        out.print(line, markup=False)
