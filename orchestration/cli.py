"""The `evenhand` command: what people type. Each command calls one room; nothing is computed here.

Heavy libraries are imported inside the commands that need them, so that looking costs nothing.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from orchestration import __version__
from orchestration.commands import AsOf, day_of, out, print_verdict
from orchestration.errors import EvenhandError
from orchestration.intake.cli import intake
from orchestration.release.cli import releases
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
app.add_typer(intake)
app.add_typer(releases, name="release")
app.add_typer(vendors, name="vendors")

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
    from orchestration.demo.run import DEMO_AS_OF, places_to_look_first, prepare_demo

    place = (home or Path("workspace") / "demo").resolve()
    workspace = prepare_demo(place)
    _run(workspace, load_settings(place), DEMO_AS_OF, "public")
    out.print(f"\nInvented data; what was planted in it: {workspace.home / 'truth.json'}. Look first at:")
    for words, path in places_to_look_first(workspace):
        out.print(f"  {words}:\n    {path}", markup=False)


@app.command()
def nightly(
    as_of: AsOf = "",
    profile: Profile = "",
    target: Annotated[
        str, typer.Option("--target", help="Engine of the transformation: duckdb or spark. Default: EVENHAND_TARGET, else duckdb.")
    ] = "",
    full: Annotated[bool, typer.Option("--full", help="Run every stage even if nothing has changed.")] = False,
) -> None:
    """Run the whole night: intake, transformation, disclosure, gate, release, reports."""
    settings = load_settings()
    settings = settings.on(target or settings.target)
    _run(
        Workspace(settings.home).require(),
        settings,
        day_of(as_of, settings),
        profile or settings.profile,
        even_if_idle=full,
    )


@app.command()
def status(submission: Annotated[str, typer.Argument(help="A submission's id, for its whole receipt.")] = "") -> None:
    """Show submissions, the last run and what is due; or one submission's receipt."""
    from orchestration import status as facts

    workspace = Workspace(load_settings().home).require()
    if submission:
        print_verdict(facts.one_receipt(workspace, submission))
        for line in facts.submission_standing(workspace, submission):
            out.print(line, markup=False)
        return
    for line in facts.overview(workspace):
        out.print(line, markup=False)


@app.command()
def audit(release: Annotated[str, typer.Argument(help="A release id, or 'current'.")] = "current") -> None:
    """Attack a published release again, as every candidate is attacked before it leaves."""
    from orchestration.release.auditing import audit_release, claim_line

    settings = load_settings()
    release_id, claims = audit_release(Workspace(settings.home).require(), release, settings.threads)
    for claim in claims:
        out.print(claim_line(claim), markup=False, soft_wrap=True)
    if broken := [claim.name for claim in claims if not claim.passed]:
        raise EvenhandError(f"{release_id} does not withstand: {', '.join(broken)}.")
    out.print(f"{release_id}: every claim holds.", markup=False)


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


def _run(workspace: Workspace, settings: Settings, as_of: date, profile: str, *, even_if_idle: bool = False) -> None:
    from orchestration.contracts import disclosure_policy
    from orchestration.night import run_night
    from orchestration.progress import shown_stages

    disclosure_policy().profile(profile)
    out.print(f"Night of {as_of.isoformat()}, profile {profile}", markup=False)
    with shown_stages(out):
        outcome = run_night(workspace, settings, as_of, profile, even_if_idle=even_if_idle)
    out.print(outcome.says, markup=False)
