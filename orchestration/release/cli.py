"""`evenhand release`: what people type about published releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands import out
from orchestration.errors import EvenhandError
from orchestration.settings import load_settings
from orchestration.workspace import Workspace

releases = typer.Typer(help="List, show, verify and rebuild published releases.", no_args_is_help=True)


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
