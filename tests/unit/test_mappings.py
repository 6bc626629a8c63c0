"""Exports of other systems as submissions: counted by hand here, accepted by the intake, and no text of a ticket in them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import EvenhandError
from orchestration.intake.mappings import OUTPUT, map_export
from orchestration.intake.sources import MAPPINGS, mapping
from orchestration.intake.templates import sendable_kpis
from orchestration.intake.validate import validate_file
from orchestration.settings import Settings

SERVICENOW = "number,opened_at,resolved_at,made_sla,priority,contact_type,reopen_count,reassignment_count,short_description,caller_id\n"
INCIDENTS = (
    ("INC1", "2025-01-10 08:00:00", "2025-01-10 10:00:00", "true", "1 - Critical", "phone", "0", "0"),
    ("INC2", "2025-02-01 08:00:00", "2025-02-02 08:00:00", "false", "2 - High", "Phone", "0", "1"),
    ("INC3", "2025-03-31 23:30:00", "2025-03-31 23:45:00", "true", "3 - Moderate", "chat", "0", "0"),
    ("INC3", "2025-03-31 23:30:00", "2025-03-31 23:45:00", "true", "3 - Moderate", "chat", "0", "0"),  # listed twice
    ("INC4", "2025-03-31 08:00:00", "2025-04-01 08:00:00", "true", "1 - Critical", "email", "0", "0"),  # belongs to Q2
    ("INC5", "2025-02-01 08:00:00", "", "", "1 - Critical", "phone", "0", "0"),  # still open
    ("INC6", "2025-06-30 08:00:00", "2025-06-30 08:30:00", "", "4 - Low", "chat", "1", "0"),
    ("INC7", "2025-07-02 08:00:00", "2025-07-02 09:00:00", "true", "1 - Critical", "phone", "0", "0"),  # Q3 has only begun
)


def export(
    folder: Path,
    header: str = SERVICENOW,
    rows: tuple[tuple[str, ...], ...] = INCIDENTS,
    tail: str = '"Ms. Doe\'s laptop, ""slow""\n",Jane Doe',
) -> Path:
    path = folder / "export.csv"
    path.write_text(header + "".join(",".join(row) + f",{tail}\n" for row in rows), "utf-8")
    return path


def figures(path: Path, name: str = "servicenow_incident") -> list[tuple]:
    return [(row[0], str(row[1]), str(row[2]), float(row[4]), row[5]) for row in map_export(name, path).rows]


def test_incidents_are_counted_by_quarter_of_resolution(tmp_path: Path) -> None:
    assert figures(export(tmp_path)) == [
        ("SVC-04", "2025-01-01", "2025-03-31", 2.0, 3),
        ("SVC-04", "2025-04-01", "2025-06-30", 1.0, 1),
        ("SVC-02", "2025-01-01", "2025-03-31", 26.0, 2),
        ("SVC-02", "2025-04-01", "2025-06-30", 24.0, 1),
        ("SVC-03", "2025-01-01", "2025-03-31", 1.0, 3),
        ("SVC-03", "2025-04-01", "2025-06-30", 0.0, 1),
    ]


def test_what_was_not_derived_or_left_out_is_said(tmp_path: Path) -> None:
    header = "Number,Opened,Resolved,Priority\n"
    path = export(tmp_path, header, tuple((r[0], r[1], r[2], r[4]) for r in INCIDENTS[:3]), tail="")
    path.write_text(path.read_text().replace(",\n", "\n"))
    notes = map_export("servicenow_incident", path).notes
    assert notes[0] == "SVC-04: not derived, the export lacks made_sla"
    assert notes[1].startswith("SVC-02: hours from opening")
    assert notes[2] == "SVC-03: not derived, the export lacks contact_type, reopen_count, reassignment_count"
    assert "Left out: 3 figure(s)" in map_export("servicenow_incident", export(tmp_path)).notes[-1]


def test_jira_issues_are_counted(tmp_path: Path) -> None:
    header = "Summary,Issue key,Issue Type,Priority,Created,Resolved,Due date,Sprint,Sprint,Custom field (Change type)\n"
    rows = (
        *("x,A-1,Incident,Highest,05/Jan/25 9:00 AM,05/Jan/25 3:00 PM,06/Jan/25 12:00 AM,s,s,",),
        *("x,A-2,[System] Incident,High,06/Jan/25 9:00 AM,08/Jan/25 9:00 AM,07/Jan/25 12:00 AM,s,s,",),
        *(
            "x,A-3,Change,Low,06/Feb/25 9:00 AM,08/Feb/25 9:00 AM,,s,s,Emergency",
            "x,A-4,Change,Low,06/Mar/25 9:00 AM,31/Mar/25 9:00 AM,,s,s,Normal",
        ),
        *("x,A-5,Story,High,06/Feb/25 9:00 AM,08/Feb/25 9:00 AM,,s,s,", "x,A-6,Incident,High,06/Feb/25 9:00 AM,,,s,s,"),
    )
    path = tmp_path / "jira.csv"
    path.write_text(header + "\n".join(rows) + "\n")
    assert figures(path, "jira_issues") == [
        ("SVC-02", "2025-01-01", "2025-03-31", 54.0, 2),
        ("SVC-04", "2025-01-01", "2025-03-31", 1.0, 2),
        ("SVC-08", "2025-01-01", "2025-03-31", 1.0, 2),
    ]


def test_the_command_writes_what_the_intake_accepts_and_no_text_of_a_ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["map", "servicenow_incident", str(path), "--stage", "OP"])
    assert done.exit_code == 0, done.exception
    text = (tmp_path / "kpi_values.csv").read_text()
    assert "kpi_values.csv: 6 rows." in done.output
    assert not any(word in text for word in ("Doe", "laptop", "INC", "Critical"))
    rows = list(csv.DictReader(text.splitlines()))
    assert tuple(rows[0]) == OUTPUT
    assert {(row["value_chain_stage"], row["evidence_grade"]) for row in rows} == {("OP", "A")}
    receipt = validate_file(tmp_path / "kpi_values.csv", None, Settings())
    assert (receipt["verdict"], receipt["rows_accepted"]) == ("accepted", 6)
    again = CliRunner().invoke(app, ["map", "servicenow_incident", str(path)])
    assert "nothing was overwritten" in str(again.exception)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("number,priority\nINC1,1\n", "lacks columns that incidents of ServiceNow .* 'opened_at' or 'Opened' .*'resolved_at'"),
        ("", "The export is empty"),
        ("number|opened_at|resolved_at\n", "lacks columns"),
        (
            "number,opened_at,resolved_at,made_sla\nINC1,2025-01-01,2025-01-05,true\nINC2,2025-01-01,2025-01-05,kyllä\n",
            "1 answers of 'made_sla' cannot be read, the first in row 2: allowed are true and false",
        ),
        (
            'number,opened_at,resolved_at,reopen_count\nINC1,2025-01-01,2025-01-05,"1,5"\n',
            "1 numbers of 'reopen_count' cannot be read, the first in row 1",
        ),
        ("number,opened_at,resolved_at\nINC1,2025-01-01,05/01/2025\n", "1 dates of 'resolved_at' cannot be read, the first in row 1"),
        ('number,opened_at,resolved_at\nINC1,"2025-01-01,2025-01-05\n', "quotation marks"),
        (b"number,opened_at,resolved_at\x81\xff\n", "UTF-8"),
    ],
)
def test_what_cannot_be_counted_is_one_sentence(tmp_path: Path, text: str | bytes, words: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(EvenhandError, match=words):
        map_export("servicenow_incident", path)


def test_unknown_names_are_named(tmp_path: Path) -> None:
    for call, words in (
        (lambda: map_export("servicenow", tmp_path / "x"), "The mapping 'servicenow' is unknown. Did you mean 'servicenow_incident'"),
        (lambda: map_export("jira_issues", tmp_path / "x"), "There is no file"),
        (lambda: map_export("servicenow_incident", export(tmp_path), "XX"), "--stage is 'XX'; allowed are IL"),
    ):
        with pytest.raises(EvenhandError, match=words):
            call()


def test_an_export_without_tickets_says_so(tmp_path: Path) -> None:
    path = export(tmp_path, rows=())
    mapped = map_export("servicenow_incident", path)
    assert mapped.rows == ()
    assert mapped.notes[-1] == "The export holds no ticket."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("told", [False, True])
def test_an_export_is_read_as_the_intake_reads(tmp_path: Path, encoding: str, delimiter: str, told: bool) -> None:
    path = export(tmp_path, tail="Müller €,x")
    expected = figures(path)
    text = path.read_text("utf-8").replace(",", delimiter)
    path.write_bytes((f"sep={delimiter}\n" * told + text).replace("\n", "\r\n").encode(encoding))
    assert figures(path) == expected
    assert len(expected) == 6
    notes = map_export("servicenow_incident", path).notes
    assert (encoding != "cp1252") or notes[0].startswith("Read as Windows-1252; columns separated by")
    assert (delimiter != ";") or notes[0].endswith("columns separated by semicolon.")


@pytest.mark.parametrize(
    ("yes", "no"), [("vrai", "faux"), ("WAHR", "FALSCH"), ("Oui", "Non"), ("ja", "nein"), ("1", "0"), ("Sí", "no"), ("y", "n")]
)
def test_answers_in_other_languages_are_answers(tmp_path: Path, yes: str, no: str) -> None:
    words = {"true": yes, "false": no, "": ""}
    rows = tuple((*row[:3], words[row[3]], *row[4:]) for row in INCIDENTS)
    plain = figures(export(tmp_path))
    assert figures(export(tmp_path, rows=rows)) == plain


@pytest.mark.parametrize(("first", "second"), [("P1", "P2 - High"), ("1", "2"), ("Critical", "high"), ("1-Kritisch", "2 - Élevée")])
def test_priorities_in_other_forms_count(tmp_path: Path, first: str, second: str) -> None:
    words = {"1 - Critical": first, "2 - High": second}
    rows = tuple((*row[:4], words.get(row[4], row[4]), *row[5:]) for row in INCIDENTS)
    plain = figures(export(tmp_path))
    assert figures(export(tmp_path, rows=rows)) == plain


def test_nothing_is_left_out_in_silence(tmp_path: Path) -> None:
    strange = (
        ("INC8", "2025-02-01 08:00:00", "2025-02-02 08:00:00", "true", "Urgent", "Telefon", "0", "0"),
        ("INC9", "2025-02-03 08:00:00", "2025-02-02 08:00:00", "true", "1", "phone", "0", "0"),
        ("", "2025-02-03 08:00:00", "2025-02-04 08:00:00", "true", "1", "phone", "0", "0"),
    )
    notes = map_export("servicenow_incident", export(tmp_path, rows=(*INCIDENTS, *strange))).notes[3:]
    assert notes[0] == "1 of 11 lines have no 'number' and are not counted."
    assert notes[1] == "1 of 11 lines name a ticket that stands above already, and are not counted again."
    assert notes[2] == "2 of 9 tickets are not counted: they are not resolved, or were resolved before they were opened."
    assert notes[3].startswith("1 of 9 tickets have a 'priority' of a form that is not known")
    assert notes[4].startswith("1 of 9 tickets have a 'contact_type' of a form that is not known")
    assert not any(word in note for note in notes for word in ("Urgent", "Telefon", "INC"))


def test_unknown_types_priorities_and_changes_of_jira_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "jira.csv"
    dates = "05/Jan/25 9:00 AM;05/Jan/25 3:00 PM"
    lines = (f"A-1;Incident;P1;{dates};", f"A-2;Störung;High;{dates};", f"A-3;Incident;Sev 1;{dates};", f"A-4;Change;;{dates};Notfall")
    path.write_bytes("\n".join(("Issue key;Issue Type;Priority;Created;Resolved;Change type", *lines, "")).encode("cp1252"))
    mapped = map_export("jira_issues", path)
    strange = [note for note in mapped.notes if "not known" in note]
    assert [note.split("' of a form")[0] for note in strange] == [
        "1 of 4 tickets have a 'Issue Type",
        "1 of 4 tickets have a 'Priority",
        "1 of 4 tickets have a 'Change type",
    ]


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_mapping_names_its_own_columns_and_kpis_that_are_sent(path: Path) -> None:
    source = mapping(path.stem)
    names = {column.name for column in source.columns}
    assert source.name == path.stem
    assert source.id in names
    assert {kpi.kpi_code for kpi in source.kpis} <= {kpi["code"] for kpi in sendable_kpis()}
    for kpi in source.kpis:
        assert {*kpi.needs, kpi.period_by} <= names
