"""Mutated files through the whole intake: no traceback, no hang, a receipt for every file.

    python -m benchmarks.fuzz_intake --files 20000 --seed 1

Each file is read alone under a clock, then all of a round go through `take_in` into a workspace of their own. Files that
broke something are kept in the folder named at the end.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import FrameType

from benchmarks.fuzz_files import Valid, made, valid_files
from orchestration.contracts import intake_contracts
from orchestration.intake.reading import UnreadableFileError, read_file
from orchestration.intake.taking import take_in
from orchestration.settings import Settings, load_settings
from orchestration.workspace import Workspace, create_workspace

AS_OF = date(2024, 6, 30)
SECONDS_PER_FILE = 20
ROUND_FILES = 1000
SENDERS = 20
_PARTICULARS = re.compile(r"'.*?'|[0-9][0-9,]*")
VERDICTS = {"accepted", "accepted_with_quarantine", "rejected"}
REGISTRY = "participant_id,holding_group_id,role,industry_code,country,size_band,joined_on,verified\n"


class TookTooLongError(Exception):
    """One file took longer than `SECONDS_PER_FILE`."""


@dataclass
class Findings:
    """What a run found. `failures` is what must stay empty."""

    files: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)
    gave_up: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    receipts: int = 0
    repeated: int = 0
    slowest: tuple[float, str] = (0.0, "")
    seconds: float = 0.0


class _GaveUp(logging.Handler):
    """Counts readers that broke off in their own process: signals of native code, or an exception of ours that nobody expected."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(logging.DEBUG)
        self.findings = findings

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if not said.startswith("a reader ended"):
            return
        lines = said.strip().splitlines()
        if "Traceback" in said and "PanicException" not in said:
            self.findings.failures.append(f"an exception nobody expected: {said}")
        self.findings.gave_up[f"{lines[0][:80]} ... {lines[-1][:80]}"] += 1


def run(files: int, seed: int, keep: Path) -> Findings:
    """Mutate, read and take in `files` files; the same seed makes the same files."""
    findings, rng, valid = Findings(), random.Random(seed), valid_files()  # noqa: S311 - to be repeatable is the point
    handler, log = _GaveUp(findings), logging.getLogger("evenhand.intake")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    started = time.perf_counter()
    try:
        for first in range(0, files, ROUND_FILES):
            _round(findings, rng, valid, range(first, min(first + ROUND_FILES, files)), keep)
    finally:
        log.removeHandler(handler)
    findings.seconds = time.perf_counter() - started
    return findings


def _round(findings: Findings, rng: random.Random, valid: list[Valid], numbers: range, keep: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        workspace, _ = create_workspace(Path(folder) / "home")
        settings = replace(load_settings(workspace.home, environ={}), read_seconds=SECONDS_PER_FILE, max_unpacked_bytes=1 << 28)
        senders = [f"P{n}" for n in range(SENDERS)]
        rows = "".join(f"{sender},G{sender},buyer,C,CH,L,2024-01-01,true\n" for sender in senders)
        (workspace.landing / "participants.csv").write_text(REGISTRY + rows, "utf-8")
        landed = 1
        for number in numbers:
            file = made(valid, rng)
            path = workspace.landing / rng.choice(senders) / f"{file.feed}__{number}{file.suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(file.data)
            landed += _read_alone(findings, path, file.feed, settings, keep)
        _take_in(findings, workspace, settings, landed, keep)


def _read_alone(findings: Findings, path: Path, feed: str, settings: Settings, keep: Path) -> bool:
    """Read one file under a clock; whether it may go on to the intake."""
    findings.files[path.suffix] += 1
    started = time.perf_counter()
    try:
        with _clock(SECONDS_PER_FILE + 10):
            read_file(path, intake_contracts()[feed], settings)
    except UnreadableFileError as reason:
        findings.sentences[_PARTICULARS.sub("...", str(reason))[:70]] += 1
    except Exception:  # noqa: BLE001 - finding what else can be raised is what this program is for
        findings.failures.append(f"{_kept(path, keep)}: {traceback.format_exc()}")
        path.unlink()
        return False
    findings.slowest = max(findings.slowest, (time.perf_counter() - started, path.name))
    return True


@contextmanager
def _clock(seconds: int) -> Generator[None]:
    def late(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLongError(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _take_in(findings: Findings, workspace: Workspace, settings: Settings, landed: int, keep: Path) -> None:
    files = {p: p.read_bytes() for p in workspace.landing.rglob("*") if p.is_file()}
    try:
        summary = take_in(workspace, settings, AS_OF)
    except Exception:  # noqa: BLE001 - as above
        for path, data in files.items():
            path.write_bytes(data)
            _kept(path, keep)
        findings.failures.append(f"taking in a round, its files kept in {keep}: {traceback.format_exc()}")
        return
    receipts = [json.loads(p.read_text("utf-8")) for p in workspace.vault.glob("submissions/*/receipt.json")]
    findings.failures += [f"a wrong receipt: {r}" for r in receipts if not _is_whole(r)]
    findings.verdicts.update(r["verdict"] for r in receipts)
    findings.receipts += len(receipts) - 1
    findings.repeated += summary.repeated
    if len(receipts) + summary.repeated != landed:
        findings.failures.append(f"{landed} files landed, {len(receipts)} have a receipt, {summary.repeated} were sent before")


def _is_whole(receipt: dict[str, object]) -> bool:
    read, *parts = (int(str(receipt[f"rows_{name}"])) for name in ("read", "accepted", "quarantined", "collapsed"))
    return receipt["verdict"] in VERDICTS and read == sum(parts)


def _kept(path: Path, keep: Path) -> Path:
    keep.mkdir(parents=True, exist_ok=True)
    target = keep / path.name
    target.write_bytes(path.read_bytes())
    return target


def lines_of(findings: Findings) -> list[str]:
    """The figures of a run, for people."""
    by_format = ", ".join(f"{suffix[1:]} {count:,}" for suffix, count in sorted(findings.files.items()))
    return [
        f"files: {findings.files.total():,} ({by_format})",
        f"seconds: {findings.seconds:,.0f}, slowest file {findings.slowest[0]:.2f} s ({findings.slowest[1]})",
        f"receipts: {findings.receipts:,}; the same bytes sent twice: {findings.repeated:,}",
        "verdicts: " + ", ".join(f"{verdict} {count:,}" for verdict, count in findings.verdicts.most_common()),
        f"different sentences: {len(findings.sentences):,}",
        *(f"  {count:>6,}  {sentence}" for sentence, count in findings.sentences.most_common(25)),
        f"native readers that broke off, each a sentence: {findings.gave_up.total():,}",
        *(f"  {count:>6,}  {said}" for said, count in findings.gave_up.most_common(10)),
        f"tracebacks, hangs, files without a receipt: {len(findings.failures):,}",
        *findings.failures[:10],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz-kept", help="where files that broke something go")
    arguments = parser.parse_args()
    findings = run(arguments.files, arguments.seed, arguments.keep)
    print("\n".join(lines_of(findings)))
    sys.exit(bool(findings.failures))


if __name__ == "__main__":
    main()
