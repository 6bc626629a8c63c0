"""Put files into landing as their sender, never half of one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import OPERATOR, feed_named
from orchestration.workspace import Workspace

SENDER = re.compile(r"[A-Za-z0-9_:-][A-Za-z0-9_.:-]*")
_TURN = re.compile(r"[^.]*?__([0-9]{4})(?:__|\.|$)")


def land(workspace: Workspace, participant: str, files: Sequence[Path]) -> list[Path]:
    """Copy files into the participant's folder (the operator's: landing itself), under a `.part` name until whole.

    What still waits is not replaced: the new file gets a number behind its feed, which keeps the order of submission.
    Raises `EvenhandError` for a name that is no participant's, or a file that cannot be read.
    """
    if not SENDER.fullmatch(participant):
        raise EvenhandError(f"{participant!r} cannot name a participant: allowed are letters, digits and _ . : -, not starting with a dot.")
    missing = [str(f) for f in files if not f.is_file()]
    if missing:
        raise EvenhandError(f"There is no file {', '.join(missing)}; nothing was landed.")
    folder = workspace.landing if participant == OPERATOR else workspace.landing / participant
    folder.mkdir(exist_ok=True)
    return [_land_one(folder, file) for file in files]


def _land_one(folder: Path, file: Path) -> Path:
    target = folder / _name_of_its_turn([path.name.removesuffix(".part") for path in folder.iterdir()], file.name)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(file, part)
    part.rename(target)
    return target


def _name_of_its_turn(waiting: list[str], name: str) -> str:
    """A night applies the files of one feed in the order of their names: a later one gets a number that keeps its place."""
    stem, dot, ending = name.partition(".")
    feed, more = feed_named(name), stem.partition("__")[2]
    ahead = [other for other in waiting if feed_named(other) == feed]
    if not ahead and not more:
        return f"{feed}{dot}{ending}"
    turns = [int(found[1]) for other in ahead if (found := _TURN.match(other))]
    turn = 1 + max([len(ahead), *turns])
    return f"{feed}__{turn:04d}{'__' * bool(more)}{more}{dot}{ending}"
