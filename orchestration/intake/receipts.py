"""Receipts: what a sender reads about one submission, and the grade it got. Of that submission alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from orchestration.intake.checking import FileVerdict
from orchestration.intake.grading import grade
from orchestration.intake.questions import NOTHING_ASKED, Asked
from orchestration.workspace import write_atomically

SHOWN_PROBLEMS = 20
SHOWN_QUESTIONS = 5


def receipt(submission: dict[str, Any], verdict: FileVerdict, assumed: dict[str, str], asked: Asked = NOTHING_ASKED) -> dict[str, Any]:
    """The receipt as INTERFACE "Verdict on a submission" declares it."""
    graded = grade(verdict)
    return {
        **submission,
        "verdict": verdict.verdict,
        "sentence": verdict.sentence,
        "rows_read": verdict.rows_read,
        "rows_accepted": verdict.rows_accepted,
        "rows_quarantined": verdict.rows_quarantined,
        "rows_collapsed": verdict.rows_collapsed,
        "grade": graded.grade,
        "grade_reasons": list(graded.reasons),
        "assumed": assumed,
        "rule_counts": dict(verdict.rule_counts),
        "problems": [asdict(problem) for problem in verdict.problems],
        "question_counts": dict(asked.counts),
        "questions": [asdict(question) for question in asked.questions],
    }


def write_receipt(folder: Path, content: dict[str, Any]) -> None:
    """Write it beside the stored original; the caller makes a whole batch durable at once."""
    write_atomically(folder / "receipt.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n", durable=False)


def read_receipt(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "receipt.json").read_text("utf-8"))


def receipt_lines(content: dict[str, Any]) -> list[str]:
    """A receipt for a person at a terminal: the verdict, counts, the rules broken and the first problems."""
    named = content.get("submission_id") or content.get("file")
    lines = [f"{named}  {content['feed']}  {str(content['verdict']).replace('_', ' ')}"]
    if content.get("sentence"):
        lines.append(str(content["sentence"]))
    counts = (f"{content[f'rows_{name}']:,} {name}" for name in ("read", "accepted", "quarantined", "collapsed"))
    lines.append("Rows: " + ", ".join(counts) + (f"; grade {content['grade']}" if content.get("grade") else ""))
    lines += [f"  grade: {reason}" for reason in content.get("grade_reasons", [])]
    lines += [f"  {rule}: {count:,}" for rule, count in content["rule_counts"].items()]
    for problem in content["problems"][:SHOWN_PROBLEMS]:
        where = f"row {problem['row']}" + (f", {problem['column']}" if problem["column"] else "")
        lines.append(f"  {where}: {problem['value']!r} breaks {problem['rule']}; allowed is {problem['allowed']}.")
    if len(content["problems"]) > SHOWN_PROBLEMS:
        lines.append(f"  ... and {len(content['problems']) - SHOWN_PROBLEMS:,} more in receipt.json")
    return lines + _question_lines(content)


def _question_lines(content: dict[str, Any]) -> list[str]:
    counts, questions = content.get("question_counts", {}), content.get("questions", [])
    lines = [f"  question {kind}: {count:,} rows" for kind, count in counts.items()]
    lines += [f"  row {q['row']}, {q['column']}: {q['value']!r}. {q['question']}" for q in questions[:SHOWN_QUESTIONS]]
    if len(questions) > SHOWN_QUESTIONS:
        lines.append(f"  ... and {len(questions) - SHOWN_QUESTIONS:,} more questions in receipt.json")
    return lines
