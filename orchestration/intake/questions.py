"""What the intake asks a sender about rows it accepts. A question never sets a row aside; the sender answers by sending.

One question is asked here: a row names a project that its participant has not declared in `projects`, that night's
files included. Which questions are still open is the mart `questions`; this is what stands in the receipt.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.contracts import TableContract
from orchestration.intake.checking import SHOWN_VALUE_LENGTH
from orchestration.intake.personal import shown
from orchestration.intake.pseudonyms import pseudonyms_of
from orchestration.sql import literal

DECLARING_FEED = "projects"
REFERENCE = "project_ref"
LISTED_QUESTIONS = 1000
UNKNOWN_PROJECT = "unknown_project"
UNKNOWN_PROJECT_WORDS = (
    "You have not declared this project: is it spelled as in your projects file, or still to be sent there? The row counts either way."
)


@dataclass(frozen=True)
class Question:
    """One question about one accepted row, with the value as its sender wrote it."""

    row: int
    column: str
    value: str
    question: str


@dataclass(frozen=True)
class Asked:
    """What one file raises: its first questions in row order, and all of them counted by kind."""

    questions: tuple[Question, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


NOTHING_ASKED = Asked()


def ask(connection: duckdb.DuckDBPyConnection, contract: TableContract, lake: Path, as_of: date) -> dict[int, Asked]:
    """Questions by file number over a checked batch: temp tables `judged` and `senders`, names hidden (`hide_names`)."""
    if contract.name == DECLARING_FEED or REFERENCE not in contract.column_names:
        return {}
    _name_unknown(connection, contract, lake, as_of)
    counts = connection.execute("select _file, count(*) from unknown_projects group by _file").fetchall()
    rows = connection.execute(
        f"select _file, _row, value from unknown_projects qualify row_number() over (partition by _file order by _row) <= {LISTED_QUESTIONS} "
        "order by _file, _row"
    ).fetchall()
    listed: dict[int, list[Question]] = defaultdict(list)
    for number, row, value in rows:
        listed[number].append(Question(row, REFERENCE, value, UNKNOWN_PROJECT_WORDS))
    return {number: Asked(tuple(listed[number]), ((UNKNOWN_PROJECT, count),)) for number, count in counts}


def _name_unknown(connection: duckdb.DuckDBPyConnection, contract: TableContract, lake: Path, as_of: date) -> None:
    """Look for each reference of a file among the projects of its sender; rows that withdraw ask nothing."""
    asking = f"r._fate = 'accepted' and r.{REFERENCE} is not null" + (
        " and r.numerator is not null" if contract.name == "kpi_values" else ""
    )
    declared = (
        f"select participant_id, {REFERENCE} from read_parquet({literal(str(lake / DECLARING_FEED / '*.parquet'))}) where received_on <= $1"
    )
    connection.execute(
        f"""create or replace temp table unknown_projects as
        with unknown as (
            select h._file, h.name from {pseudonyms_of(REFERENCE)} as h join senders as s using (_file)
            anti join ({declared}) as d on d.participant_id = s.participant_id and d.{REFERENCE} = h.pseudonym
        )
        select r._file, r._row, {shown(f"r.{REFERENCE}", SHOWN_VALUE_LENGTH)} as value
        from judged as r semi join unknown as u on u._file = r._file and u.name = r.{REFERENCE} where {asking}""",
        [as_of],
    )
