"""Put files into landing as their sender, never half of one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from orchestration.errors import EvenhandError
from orchestration.intake.arrivals import OPERATOR
from orchestration.workspace import Workspace

SENDER = re.compile(r"[A-Za-z0-9_:-][A-Za-z0-9_.:-]*")


def land(workspace: Workspace, participant: str, files: Sequence[Path]) -> list[Path]:
    """Copy files into the participant's folder (the operator's: landing itself), under a `.part` name until whole.

    A file that still waits under the same name is not replaced: the new one gets a number behind its feed.
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
    target, number = folder / file.name, 1
    while target.exists():
        number += 1
        stem, dot, rest = file.name.partition(".")
        target = folder / f"{stem}{'' if '__' in stem else '_'}_{number:04d}{dot}{rest}"
    part = target.with_name(target.name + ".part")
    shutil.copyfile(file, part)
    part.rename(target)
    return target
