"""Check a batch of files of one feed in bulk: which rows are accepted, quarantined or collapsed, and why.

The whole batch is one DuckDB relation. A row is first compared with the other rows of its file (identical rows
collapse to one, contradicting rows of one key are all quarantined), then judged alone against its contract. A file
of which more than half is bad is rejected whole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contracts import TableContract
from orchestration.intake.grading import wanted_values
from orchestration.intake.reading import RaggedRow, ReadFile
from orchestration.intake.rules import CONTRADICTION, PERSONAL, Rule, canonical, raw_text, rules_of, typed_value
from orchestration.sql import literal, quoted

LISTED_PROBLEMS = 1000
SHOWN_VALUE_LENGTH = 120
REJECTED, QUARANTINED, ACCEPTED = "rejected", "accepted_with_quarantine", "accepted"
CONTRADICTION_WORDS = "one row per key: rows of one key with different content are all set aside, since nobody can know which was meant"


@dataclass(frozen=True)
class Problem:
    """One broken rule of one row, as its sender reads it."""

    row: int
    column: str
    value: str
    rule: str
    allowed: str


@dataclass(frozen=True)
class FileVerdict:
    """What became of one file's rows. read = accepted + quarantined + collapsed, always."""

    verdict: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_collapsed: int = 0
    problems: tuple[Problem, ...] = ()
    rule_counts: tuple[tuple[str, int], ...] = ()
    evidenced_rows: int | None = None
    wanted_values: int = 0
    given_values: int = 0
    sentence: str | None = None


def refused(sentence: str) -> FileVerdict:
    """The verdict on a file that could not be read at all."""
    return FileVerdict(REJECTED, sentence=sentence)


def check_batch(connection: duckdb.DuckDBPyConnection, contract: TableContract, files: list[ReadFile], seeds: Path) -> list[FileVerdict]:
    """Judge every row of `files`, all of one feed; one verdict per file, in order.

    Leaves the temp table `judged` on the connection: per column the typed value and the text sent ("raw <column>"),
    _file (0-based), row (1-based), _contradicts, and _fate (accepted, quarantined, collapsed); rows of a rejected file are all
    quarantined. `seeds` is the folder of the seeds that the contract's lookups name.
    """
    rules = rules_of(contract)
    _load(connection, contract, files, seeds)
    _type(connection, contract)
    _judge(connection, contract, rules)
    counts, tallies, problems = (
        _counts(connection, contract),
        _tallies(connection, contract, rules),
        _problems(connection, contract, rules),
    )
    verdicts = [_verdict(file, counts[n], tallies[n], problems[n]) for n, file in enumerate(files)]
    _quarantine_rejected(connection, verdicts)
    return verdicts


def _load(connection: duckdb.DuckDBPyConnection, contract: TableContract, files: list[ReadFile], seeds: Path) -> None:
    tables = [file.table.append_column("_file", pa.repeat(pa.scalar(n, pa.int32()), file.table.num_rows)) for n, file in enumerate(files)]
    connection.register("arrived", pa.concat_tables(tables).combine_chunks())  # thousands of small chunks scan slowly
    for lookup in contract.lookups:
        source = literal(str(seeds / f"{lookup.seed}.csv"))
        connection.execute(f"create temp table if not exists {quoted(lookup.seed)} as select * from read_csv({source}, header = true)")


def _type(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    texts = ", ".join(f"nullif(trim({quoted(c)}), '') as {raw_text(c)}" for c in contract.column_names)
    typed = ", ".join(f"{typed_value(c)} as {quoted(c.name)}" for c in contract.columns)
    connection.execute(f"create or replace temp table typed as select *, {typed} from (select _file, _row, {texts} from arrived)")


def _judge(connection: duckdb.DuckDBPyConnection, contract: TableContract, rules: list[Rule]) -> None:
    broken = " or ".join(_any_broken(suspect, rules) for suspect in dict.fromkeys(rule.suspect for rule in rules))
    connection.execute(
        f"""create or replace temp table judged as
        select r.*, coalesce(twin.fate = 'contradicts', false) as _contradicts,
            case when twin.fate = 'contradicts' then 'quarantined'
                when twin.fate = 'collapsed' then 'collapsed'
                when {broken} then 'quarantined'
                else 'accepted' end as _fate
        from typed as r {_lookup_joins(contract)}
        left join ({_twins(contract)}) as twin on twin._file = r._file and twin._row = r._row"""
    )


def _any_broken(suspect: str, rules: list[Rule]) -> str:
    """SQL of "one of the rules that share a suspicion is broken"; they are looked at only where it holds."""
    broken = " or ".join(f"coalesce({rule.broken}, false)" for rule in rules if rule.suspect == suspect)
    return f"(coalesce({suspect}, false) and ({broken}))" if suspect else broken


def _twins(contract: TableContract) -> str:
    """Rows whose key stands more than once in their file. Hashes only narrow the search; texts decide."""
    key = ", ".join(canonical(c) for c in contract.key)
    whole = ", ".join(canonical(c) for c in contract.column_names)
    return f"""
        with hashed as (select _file, _row, hash({key}) as key_hash from typed),
        suspects as (select _file, key_hash from hashed group by _file, key_hash having count(*) > 1),
        compared as (
            select _file, _row,
                count(*) over (partition by _file, {key}) as same_key,
                count(*) over (partition by _file, {whole}) as identical,
                row_number() over (partition by _file, {whole} order by _row) as occurrence
            from typed semi join (hashed join suspects using (_file, key_hash)) using (_file, _row)
        )
        select _file, _row, case when identical < same_key then 'contradicts' when occurrence > 1 then 'collapsed' end as fate
        from compared where same_key > 1"""


def _lookup_joins(contract: TableContract) -> str:
    return " ".join(f"left join {quoted(look.seed)} as {look.alias} on {look.on}" for look in contract.lookups)


@dataclass(frozen=True)
class _Counts:
    """Counts of one file's rows, of those with evidence (None where the feed has no such column), and of wanted values."""

    accepted: int = 0
    quarantined: int = 0
    collapsed: int = 0
    evidenced: int | None = None
    wanted: int = 0
    given: int = 0


def _counts(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> dict[int, _Counts]:
    accepted = "r._fate = 'accepted'"
    graded = "evidence_grade" in contract.column_names
    evidenced = f"count(*) filter (where {accepted} and r.evidence_grade in ('A', 'B'))" if graded else "null"
    wanted = wanted_values(contract.name)
    asked = " + ".join(f"count(*) filter (where {accepted} and {rows})" for rows in wanted.values()) or "0"
    given = " + ".join(f"count(r.{quoted(c)}) filter (where {accepted} and {rows})" for c, rows in wanted.items()) or "0"
    joins = _lookup_joins(contract) if wanted else ""
    rows = connection.execute(
        f"""select r._file, count(*) filter (where {accepted}), count(*) filter (where r._fate = 'quarantined'),
        count(*) filter (where r._fate = 'collapsed'), {evidenced}, {asked}, {given} from judged as r {joins} group by r._file"""
    ).fetchall()
    return defaultdict(_Counts, {row[0]: _Counts(*row[1:]) for row in rows})


def _tallies(connection: duckdb.DuckDBPyConnection, contract: TableContract, rules: list[Rule]) -> dict[int, dict[str, int]]:
    """Broken rules by file and rule name, over every bad row."""
    names = [CONTRADICTION, *(rule.name for rule in rules)]
    columns = ", ".join(f"count(*) filter (where {rule.broken})" for rule in rules)
    rows = connection.execute(
        f"select r._file, count(*) filter (where r._contradicts), {columns} from {_bad_rows(contract)} group by r._file"
    ).fetchall()
    tallies: dict[int, dict[str, int]] = defaultdict(dict)
    for number, *counts in rows:
        for name, count in zip(names, counts, strict=True):
            tallies[number][name] = tallies[number].get(name, 0) + count
    return tallies


def _problems(connection: duckdb.DuckDBPyConnection, contract: TableContract, rules: list[Rule]) -> dict[int, list[Problem]]:
    """The problems of the first `LISTED_PROBLEMS` bad rows of each file, in row order."""
    contradiction = Rule(CONTRADICTION, contract.key[0], "r._contradicts", CONTRADICTION_WORDS)
    found = ", ".join(_problem_struct(rule) for rule in [contradiction, *rules])
    rows = connection.execute(
        f"""with bad as (
            select r._file, r._row, row_number() over (partition by r._file order by r._row) as nth, [{found}] as found
            from {_bad_rows(contract)}
        ), each as (select _file, _row, unnest(found) as problem, generate_subscripts(found, 1) as place from bad where nth <= {LISTED_PROBLEMS})
        select _file, _row, problem.col, problem.val, problem.rule, problem.allowed from each where problem is not null
        order by _file, _row, place"""
    ).fetchall()
    problems: dict[int, list[Problem]] = defaultdict(list)
    for number, row, column, value, rule, allowed in rows:
        problems[number].append(Problem(row, column, value, rule, allowed))
    return problems


def _bad_rows(contract: TableContract) -> str:
    return f"(select * from judged where _fate = 'quarantined') as r {_lookup_joins(contract)}"


def _problem_struct(rule: Rule) -> str:
    shown = 2 if rule.name == PERSONAL else SHOWN_VALUE_LENGTH  # receipts are kept for good: enough to find the value, not to read it
    value = f"substr(coalesce(r.{raw_text(rule.column)}, ''), 1, {shown})" + (" || '…'" if rule.name == PERSONAL else "")
    fields = f"'col': {literal(rule.column)}, 'val': {value}, 'rule': {literal(rule.name)}, 'allowed': {literal(rule.allowed)}"
    return f"case when {rule.broken} then {{{fields}}} end"


def _verdict(file: ReadFile, counts: _Counts, tally: dict[str, int], problems: list[Problem]) -> FileVerdict:
    quarantined = counts.quarantined + file.rows_apart
    listed = sorted([*problems, *(_ragged_problem(r, file) for r in file.ragged)], key=lambda p: p.row)[:LISTED_PROBLEMS]
    rule_counts = {**tally, **dict(file.apart_counts)}
    shown = tuple((name, count) for name, count in sorted(rule_counts.items()) if count)
    if quarantined * 2 > file.rows:
        sentence = f"More than half of the rows are bad ({quarantined:,} of {file.rows:,}), so no row of this file counts: mend the rows listed and send the whole file again."
        return FileVerdict(REJECTED, file.rows, 0, file.rows, 0, tuple(listed), shown, 0, sentence=sentence)
    verdict = QUARANTINED if quarantined else ACCEPTED
    return FileVerdict(
        verdict,
        file.rows,
        counts.accepted,
        quarantined,
        counts.collapsed,
        tuple(listed),
        shown,
        counts.evidenced,
        counts.wanted,
        counts.given,
    )


def _ragged_problem(ragged: RaggedRow, file: ReadFile) -> Problem:
    return Problem(
        ragged.row,
        "",
        ragged.text[:SHOWN_VALUE_LENGTH],
        ragged.rule,
        ragged.allowed or f"{file.header_fields} fields as in the header row; this row has {ragged.fields}",
    )


def _quarantine_rejected(connection: duckdb.DuckDBPyConnection, verdicts: list[FileVerdict]) -> None:
    rejected = [number for number, verdict in enumerate(verdicts) if verdict.verdict == REJECTED]
    connection.execute("update judged set _fate = 'quarantined' where list_contains($1, _file)", [rejected])
