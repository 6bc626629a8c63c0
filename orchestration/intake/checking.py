"""Check a batch of files of one feed in bulk: which rows are accepted, quarantined or collapsed, and why.

The whole batch is one DuckDB relation. A row is first compared with the other rows of its file (identical rows
collapse to one, contradicting rows of one key are all quarantined), then judged alone against its contract. A file
of which more than half is bad is rejected whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contracts import Column, TableContract
from orchestration.intake.grading import wanted_values
from orchestration.intake.personal import shown_texts
from orchestration.intake.pseudonyms import REGISTRY_HASH, spelled_alike
from orchestration.intake.reading import ReadFile
from orchestration.intake.rules import CONTRADICTION, Rule, canonical, raw_text, rules_of, typed_value
from orchestration.sql import literal, quoted

LISTED_PROBLEMS = 1000
SHOWN_VALUE_LENGTH = 120
LOOKED_AT_LENGTH = 400  # of a value, for personal data: an address that is cut escapes
QUARANTINED_ROWS = "(from arrived semi join (from judged where _fate = 'quarantined') using (_file, _row))"
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

    Leaves on the connection the temp table `judged`: _file (0-based), _row (1-based), the typed columns, _contradicts, and
    _fate (accepted, quarantined, collapsed; rows of a rejected file are all quarantined); and `arrived`, the texts as they
    were read (`texts_sent`). `seeds` is the folder of the seeds that the contract's lookups name.
    """
    rules = rules_of(contract)
    _load(connection, contract, files, seeds)
    _judge(connection, contract, rules)
    _set_twins_apart(connection, contract)
    _look_at_bad_rows(connection, contract)
    counts, tallies, problems = (
        _counts(connection, contract),
        _tallies(connection, contract, rules),
        _problems(connection, contract, rules),
    )
    ragged = _ragged_problems(connection, files)
    verdicts = [_verdict(file, counts[n], tallies[n], [*problems[n], *ragged[n]]) for n, file in enumerate(files)]
    _quarantine_rejected(connection, verdicts)
    return verdicts


def _load(connection: duckdb.DuckDBPyConnection, contract: TableContract, files: list[ReadFile], seeds: Path) -> None:
    tables = [file.table.append_column("_file", pa.repeat(pa.scalar(n, pa.int32()), file.table.num_rows)) for n, file in enumerate(files)]
    connection.register("read", pa.concat_tables(tables).combine_chunks())  # thousands of small chunks scan slowly
    connection.execute("create or replace temp table arrived as from read")  # a table is scanned by all threads, Arrow by one
    connection.unregister("read")
    for lookup in contract.lookups:
        source = literal(str(seeds / f"{lookup.seed}.csv"))
        connection.execute(f"create temp table if not exists {quoted(lookup.seed)} as select * from read_csv({source}, header = true)")


def _judge(connection: duckdb.DuckDBPyConnection, contract: TableContract, rules: list[Rule]) -> None:
    """Type every text and judge every row alone, in one pass; only what is typed is kept, texts stay where they arrived."""
    typed = ", ".join(f"{typed_value(c)} as {quoted(c.name)}" for c in contract.columns)
    kept = ", ".join(f"r.{quoted(c)}" for c in contract.column_names)
    broken = " or ".join(_any_broken(suspect, rules) for suspect in dict.fromkeys(rule.suspect for rule in rules))
    connection.execute(
        f"""create or replace temp table judged as
        select r._file, r._row, {kept}, false as _contradicts, case when {broken} then 'quarantined' else 'accepted' end as _fate
        from (select *, {typed} from ({texts_sent(contract, "arrived")})) as r {_lookup_joins(contract)}"""
    )


def _set_twins_apart(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Rows whose key stands more than once in their file: identical ones collapse, contradicting ones are all set aside."""
    connection.execute(f"create or replace temp table twins as {_twins(contract)}")
    connection.execute(
        """update judged set _fate = case twins.fate when 'contradicts' then 'quarantined' else 'collapsed' end, _contradicts = twins.fate = 'contradicts'
        from twins where twins._file = judged._file and twins._row = judged._row and twins.fate is not null"""
    )


def _look_at_bad_rows(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """The temp table `bad`: quarantined rows with the texts that were sent."""
    connection.execute(
        f"create or replace temp table bad as select * from judged join ({texts_sent(contract, QUARANTINED_ROWS)}) using (_file, _row) "
        "where _fate = 'quarantined'"
    )


def texts_sent(contract: TableContract, source: str) -> str:
    """SQL of the texts of `arrived`, or of rows chosen from it: _file, _row and "raw <column>"."""
    texts = ", ".join(f"{quoted(c)} as {raw_text(c)}" for c in contract.column_names)
    return f"select _file, _row, {texts} from {source}"


def _any_broken(suspect: str, rules: list[Rule]) -> str:
    """SQL of "one of the rules that share a suspicion is broken"; they are looked at only where it holds."""
    broken = " or ".join(f"coalesce({rule.broken}, false)" for rule in rules if rule.suspect == suspect)
    return f"(coalesce({suspect}, false) and ({broken}))" if suspect else broken


def _twins(contract: TableContract) -> str:
    """Rows whose key stands more than once in their file. Hashes only narrow the search; texts decide."""
    typed_key = ", ".join(_compared(c, quoted(c.name)) for c in contract.columns if c.name in contract.key)
    compared = {c.name: _compared(c) for c in contract.columns}
    key = ", ".join(compared[c] for c in contract.key)
    whole = ", ".join(compared.values())
    return f"""
        with hashed as (select _file, _row, hash({typed_key}) as key_hash from judged),
        repeated as (select _file, key_hash from hashed group by _file, key_hash having count(*) > 1),
        suspects as (select _file, _row from hashed semi join repeated using (_file, key_hash)),
        compared as (
            select _file, _row,
                count(*) over (partition by _file, {key}) as same_key,
                count(*) over (partition by _file, {whole}) as identical,
                row_number() over (partition by _file, {whole} order by _row) as occurrence
            from (from judged semi join suspects using (_file, _row))
            join ({texts_sent(contract, "(from arrived semi join suspects using (_file, _row))")}) using (_file, _row)
        )
        select _file, _row, case when identical < same_key then 'contradicts' when occurrence > 1 then 'collapsed' end as fate
        from compared where same_key > 1"""


def _compared(column: Column, text: str | None = None) -> str:
    """SQL of what makes two values of a column the same; ids of one legal entity are one, however they are spelled."""
    text = text or canonical(column.name)
    return spelled_alike(text) if column.privacy == REGISTRY_HASH else text


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
    values = shown_texts(connection, [row[3] for row in rows], SHOWN_VALUE_LENGTH)
    for (number, row, column, _, rule, allowed), value in zip(rows, values, strict=True):
        problems[number].append(Problem(row, column, value, rule, allowed))
    return problems


def _bad_rows(contract: TableContract) -> str:
    return f"bad as r {_lookup_joins(contract)}"


def _problem_struct(rule: Rule) -> str:
    value = f"substr(coalesce(r.{raw_text(rule.column)}, ''), 1, {LOOKED_AT_LENGTH})"
    fields = f"'col': {literal(rule.column)}, 'val': {value}, 'rule': {literal(rule.name)}, 'allowed': {_allowed_words(rule.allowed)}"
    return f"case when {rule.broken} then {{{fields}}} end"


def _allowed_words(allowed: str) -> str:
    """SQL of what is allowed; `{column}` in it stands for the row's own value, a number without needless zeros."""
    parts = re.split(r"\{([a-z_.]+)\}", allowed)
    values = [f"regexp_replace(coalesce(cast({p} as varchar), ''), '\\.0+$', '')" if n % 2 else literal(p) for n, p in enumerate(parts)]
    return " || ".join(values)


def _verdict(file: ReadFile, counts: _Counts, tally: dict[str, int], problems: list[Problem]) -> FileVerdict:
    quarantined = counts.quarantined + file.rows_apart
    listed = sorted(problems, key=lambda p: p.row)[:LISTED_PROBLEMS]
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


def _ragged_problems(connection: duckdb.DuckDBPyConnection, files: list[ReadFile]) -> dict[int, list[Problem]]:
    """Rows that could not be put into columns, as problems by file number."""
    rows = [(number, ragged, file.header_fields) for number, file in enumerate(files) for ragged in file.ragged]
    problems: dict[int, list[Problem]] = defaultdict(list)
    texts = shown_texts(connection, [ragged.text for _, ragged, _ in rows], SHOWN_VALUE_LENGTH)
    for (number, ragged, fields), text in zip(rows, texts, strict=True):
        allowed = ragged.allowed or f"{fields} fields as in the header row; this row has {ragged.fields}"
        problems[number].append(Problem(ragged.row, "", text, ragged.rule, allowed))
    return problems


def _quarantine_rejected(connection: duckdb.DuckDBPyConnection, verdicts: list[FileVerdict]) -> None:
    rejected = [number for number, verdict in enumerate(verdicts) if verdict.verdict == REJECTED]
    connection.execute("update judged set _fate = 'quarantined' where list_contains($1, _file)", [rejected])
