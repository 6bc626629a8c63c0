"""A fixed small part of the fuzz run (`benchmarks/fuzz_intake.py`, 20,000 files with `make soak`): mutated files of every format through the whole intake."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fuzz_intake import run

FILES = 100


def test_mutated_files_leave_no_traceback_and_each_a_receipt(tmp_path: Path) -> None:
    findings = run(FILES, seed=20240630, keep=tmp_path / "kept")
    assert findings.failures == []
    assert findings.receipts + findings.repeated == findings.files.total() == FILES
    assert set(findings.files) == {".csv", ".jsonl", ".parquet", ".xlsx"}
    assert set(findings.verdicts) == {"accepted", "accepted_with_quarantine", "rejected"}
    assert findings.slowest[0] < 20
