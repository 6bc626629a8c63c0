"""`report.html`: the view of one participant, rendered once. Self-contained: no script, nothing loaded from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from orchestration.intake.grading import days_to_answer
from orchestration.reports import labels, overview, strips, words
from orchestration.reports.answers import Answer
from orchestration.reports.measures import Block, Measure, blocks_of, measures_of
from orchestration.reports.position import Position, PublishedCell
from orchestration.reports.questions import SHOWN_MOST, OwnQuestion, to_answer
from orchestration.reports.tables import Participant, Release

TEMPLATES = Path(__file__).parent / "templates"
EXAMPLE_CELL = PublishedCell("50-99", p10=130.0, p25=150.0, p50=175.0, p75=200.0, p90=220.0)
EXAMPLE_PLACE = Position("best_quarter", 84.0, 70.0, 92.0, None, None, (75, 90), stands_apart=True)
QUARTER_ENDS = {"1": (3, 31), "2": (6, 30), "3": (9, 30), "4": (12, 31)}


@dataclass(frozen=True)
class Fact:
    """One entry of the line of facts under the title."""

    name: str
    value: str


@dataclass(frozen=True)
class MeasureView:
    """One measure of section 4, ready to print."""

    anchor: str
    name: str
    code: str
    definition: str
    version: str
    direction: str
    blocks: tuple[Block, ...]


def render(participant: Participant, answers: Sequence[Answer], release: Release, questions: Sequence[OwnQuestion] = ()) -> str:
    """The whole page as text. Same inputs, same bytes."""
    measures = measures_of(answers)
    profile = release.profile
    return _template().render(
        release=release,
        profile=profile,
        participant=participant,
        facts=facts(participant, answers, measures, release),
        tally=overview.tally(measures),
        leads=overview.leads(measures, profile, participant.weights),
        gaps=overview.gaps(measures, profile, participant.weights),
        groups=overview.group_lines(answers),
        questions=to_answer(questions),
        shown_questions=SHOWN_MOST,
        days_to_answer=days_to_answer(),
        phases=overview.phases(measures, profile),
        measures=[_measure_view(m, release) for m in measures],
        **_drawings(),
    )


def facts(participant: Participant, answers: Sequence[Answer], measures: Sequence[Measure], release: Release) -> list[Fact]:
    """Who, compared with whom, of what grade, how old. What is not known is left out."""
    found = [Fact("You", _who(participant))]
    if answers:
        found.append(Fact("Main peer group", overview.main_group(measures)))
    grades = sorted({a.own.grade for a in answers if a.own.grade})
    if grades:
        found.append(Fact("Your data", f"grade {' and '.join(grades)}"))
    if release.published_on is not None:
        months = whole_months(period_end(release.period), release.published_on)
        found.append(Fact("Data age", f"{months} month{'' if months == 1 else 's'} at publication"))
    return found


def period_end(period: str) -> date:
    """The last day of `2025` or `2025-Q3`."""
    year, _, quarter = period.partition("-Q")
    month, day = QUARTER_ENDS[quarter or "4"]
    return date(int(year), month, day)


def whole_months(last_day: date, published_on: date) -> int:
    """Completed calendar months from the end of a period's last day, never negative."""
    months = (published_on.year - last_day.year) * 12 + published_on.month - last_day.month
    return max(0, months - 1)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("report.html.j2")


@cache
def _drawings() -> dict[str, Any]:
    """The fixed drawings of "How to read a strip"."""
    label = 'role="img" aria-label="Example of a position strip: a mark in the best quarter, at the right end"'
    keys = {name: Markup(strips.legend_band(name)) for name in ("outer", "inner", "median")}
    keys |= {name: Markup(strips.legend_glyph(name)) for name in ("best", "dot", "weakest", "context")}
    return {"example": Markup(strips.position_strip(EXAMPLE_CELL, EXAMPLE_PLACE, label)), "keys": keys}


def _who(participant: Participant) -> str:
    industry = participant.industry
    parts = [participant.participant_id]
    if industry:
        parts.append(f"{industry} {labels.sentence_case(labels.value_name('industry', industry))}")
    if participant.size_band:
        parts.append(f"{participant.size_band} ({labels.value_name('size_band', participant.size_band)} employees)")
    if participant.country:
        parts.append(participant.country)
    return " · ".join(parts)


def _measure_view(measure: Measure, release: Release) -> MeasureView:
    kpi = measure.kpi
    return MeasureView(
        anchor=measure.anchor,
        name=kpi.name,
        code=kpi.code,
        definition=kpi.definition,
        version=words.version_note(kpi),
        direction=labels.DIRECTIONS[kpi.direction],
        blocks=tuple(blocks_of(measure, release.profile)),
    )
