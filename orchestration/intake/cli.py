"""What participants and the operator type about submissions: submit, validate, template, map, erase."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands import AsOf, day_of, out, print_verdict
from orchestration.errors import EvenhandError
from orchestration.settings import load_settings
from orchestration.workspace import Workspace, exclusive_run

intake = typer.Typer()


@intake.command()
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


@intake.command()
def validate(
    file: Annotated[Path, typer.Argument(help="A file as it would be sent.")],
    feed: Annotated[str, typer.Option("--feed", help="Its feed. Default: from the file's name.")] = "",
) -> None:
    """Check a file as the intake would; nothing is stored. Exit 1 if it would be rejected."""
    from orchestration.intake.validate import validate_file

    verdict = validate_file(file, feed or None, load_settings())
    print_verdict(verdict)
    if verdict["verdict"] == "rejected":
        raise typer.Exit(1)


@intake.command()
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


@intake.command("map")
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


@intake.command()
def erase(
    participant: Annotated[str, typer.Option("--participant", help="Whose submissions are erased.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_of: AsOf = "",
) -> None:
    """Erase a participant's files, rows and names on request. Receipts stay without the values they quoted; the log stays, with a tombstone."""
    from orchestration.intake import erasure
    from orchestration.intake.deriving import restore_lake

    settings = load_settings()
    workspace = Workspace(settings.home).require()
    with exclusive_run(workspace):
        restore_lake(workspace, settings)  # whole before it is narrowed, and refused with another secret
        planned = erasure.plan_erasure(workspace, participant)
        if not yes and not typer.confirm(f"Erase {planned.sentence}? This cannot be undone, and releases made of them cannot be rebuilt."):
            raise EvenhandError("Nothing was erased.")
        erasure.erase(workspace, planned, day_of(as_of, settings))
        restore_lake(workspace, settings)
    out.print(f"Erased: {planned.sentence}. Run 'evenhand nightly' to build everything else again.", markup=False)
