"""What a release says of its own files, and from how many groups on figures are printed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.contracts import disclosure_policy
from orchestration.release.manifest import describe_files
from orchestration.release.method import LARGEST_SMALL_CELL, counts_in_words, method_text

LAST = LARGEST_SMALL_CELL - 1


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ([21, *range(23, LAST + 1)], "21 and from 23 on"),
        ([5, 8, *range(30, LAST + 1)], "5, 8 and from 30 on"),
        ([*range(51, LAST + 1)], "51 and more"),
        ([*range(1, LAST + 1)], "1 and more"),
    ],
)
def test_group_counts_are_said_in_words(printed: list[int], words: str) -> None:
    assert counts_in_words(printed) == words


def test_each_profile_has_its_own_group_counts() -> None:
    policy = disclosure_policy()
    public, members = (method_text(policy.profile(name), policy, "1", "x") for name in ("public", "members"))
    assert "quartiles appear at 21 and from 23 on, P10 and P90 at 51 and more groups" in public
    assert "quartiles appear at 18 and more, P10 and P90 at 36 and more groups" in members


def test_rows_are_told_of_tables_that_can_be_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, 3]}), tmp_path / "whole.parquet")
    (tmp_path / "damaged.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-9])
    (tmp_path / "lines.csv").write_text('a,b\n1,"two\nlines"\n2,3\n')
    (tmp_path / "page.html").write_text("<p>")
    rows = {name: facts["rows"] for name, facts in describe_files(tmp_path).items()}
    assert rows == {"whole.parquet": 3, "damaged.parquet": None, "lines.csv": 2, "page.html": None}
