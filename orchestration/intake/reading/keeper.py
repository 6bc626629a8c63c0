"""The program that reads formats with native parsers, one process a file. Started by `apart.py`, never imported by it.

A keeper is a small process with the parsers loaded and nothing else: no threads, no secrets, no connection. For every
file it forks; the child sets its own limits of memory and processor time, reads, writes an Arrow file and ends. A child
that crashes, hangs or eats memory takes nothing with it. Forking a loaded keeper costs milliseconds, where a fresh
interpreter would cost a third of a second a file, and unlike a pool of workers no file meets what another left behind.

One request a line on standard input, one answer a line on standard output (JSON).
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.intake.reading.limits import Limits
from orchestration.intake.reading.parquet_files import read_parquet
from orchestration.intake.reading.results import Expected, RaggedRow, TextTable, UnreadableFileError
from orchestration.intake.reading.xlsx_files import read_xlsx

LATE, NO_MEMORY = "late", "no memory"
READERS = {".xlsx": read_xlsx, ".parquet": read_parquet}
WORKING_MEMORY = 1 << 30
ANSWER_BYTES = 1 << 16


def main() -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.array([""])  # the first array makes Arrow import pandas: once here, not in every child
    for line in sys.stdin:
        print(json.dumps(_serve(json.loads(line))), flush=True)


def _serve(request: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(request, writing)
    os.close(writing)
    try:
        return _answer(child, reading, request["limits"]["read_seconds"])
    finally:
        os.close(reading)


def _answer(child: int, reading: int, seconds: int) -> dict[str, Any]:
    """What the child wrote, once it has ended; `ended` says how, where it wrote nothing."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    parts: list[bytes] = []
    is_late = False
    while not is_late:
        is_late = not poll.poll(seconds * 1000)
        block = b"" if is_late else os.read(reading, ANSWER_BYTES)
        if not block:
            break
        parts.append(block)
    if is_late:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if is_late or code == -signal.SIGXCPU:
        return {"ended": LATE}
    return json.loads(b"".join(parts)) if code == 0 and parts else {"ended": code}


def _child(request: dict[str, Any], writing: int) -> None:
    """Never returns. An exception nobody expects prints its traceback into the file beside the result and ends with code 1."""
    code = 1
    try:
        errors = os.open(request["out"] + ".err", os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(errors, 2)
        limits = Limits(**request["limits"])
        _limit(limits)
        os.write(writing, json.dumps(_read(request, limits)).encode())
        code = 0
    except MemoryError:
        os.write(writing, json.dumps({"ended": NO_MEMORY}).encode())
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())  # pyright: ignore[reportArgumentType]
        os._exit(code)


def _limit(limits: Limits) -> None:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    memory = pages * resource.getpagesize() + 2 * limits.max_unpacked_bytes + WORKING_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.read_seconds, limits.read_seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    path = Path(request["path"])
    try:
        read = READERS[request["suffix"]](path, Expected(**request["expected"]), limits)
    except UnreadableFileError as reason:
        return {"sentence": str(reason)}
    _write(read, request["out"])
    return {
        "apart": [_plain(row) for row in read.apart],
        "apart_counts": read.apart_counts,
        "header_fields": read.header_fields,
        "assumed": read.assumed,
    }


def _write(read: TextTable, out: str) -> None:
    table = read.table.append_column("_row", pa.array(read.numbers, pa.int32()))
    with pa.OSFile(out, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _plain(row: RaggedRow) -> list[Any]:
    return [row.row, row.fields, row.text, row.rule, row.allowed]


if __name__ == "__main__":
    main()
