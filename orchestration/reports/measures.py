"""Section "Measure by measure" and the rows of "All measures on one page": answers grouped, in words and strips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby

from markupsafe import Markup

from orchestration.contracts import Profile
from orchestration.reports import labels, words
from orchestration.reports.answers import Answer
from orchestration.reports.ladder import Asked, Served
from orchestration.reports.position import Kpi, Position, PublishedCell, grid_of
from orchestration.reports.strips import Axis, axis_of, axis_svg, value_strip

MAIN_CUTS = ("industry", "sector", "all")


@dataclass(frozen=True)
class Comparison:
    """An answer that a published cell gave: nothing in it is missing."""

    asked: Asked
    own: float
    kpi: Kpi
    served: Served
    place: Position
    worth_eur: float | None = None

    @property
    def group(self) -> Asked:
        """The peer group that answered, which may be broader than the asked one."""
        return self.served.address

    @property
    def is_served_itself(self) -> bool:
        return self.served.address == self.asked


@dataclass(frozen=True)
class Block:
    """One measure at one stage, or at company level: a sentence and the rows of a table that shares one axis."""

    heading: str
    unit: str
    sentence: str
    axis: Markup
    rows: Markup
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """One KPI version. `main` is its company-level answer from the main peer group, where one is published."""

    kpi: Kpi
    answers: tuple[Answer, ...]
    main: Comparison | None

    @property
    def anchor(self) -> str:
        return f"m-{self.kpi.code}-{self.kpi.version}"

    @property
    def company_answers(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.answers if a.stage is None)


def measures_of(answers: Iterable[Answer]) -> list[Measure]:
    """Measures in life-cycle order, then by code; inside one, broad groups first."""
    ordered = sorted(answers, key=lambda a: (_measure_key(a.kpi), labels.cut_order(a.own.asked)))
    return [_measure(tuple(group)) for _, group in groupby(ordered, key=lambda a: _measure_key(a.kpi))]


def comparison(a: Answer) -> Comparison | None:
    """The answer without its Nones, or None where no cell answered."""
    if a.served is None or a.position is None:
        return None
    return Comparison(a.own.asked, a.own.value, a.kpi, a.served, a.position, a.worth_eur)


def terms_for(answers: Sequence[Answer], profile: Profile) -> words.Terms:
    """One way of writing the figures of all these answers, which are of one measure."""
    kpi = answers[0].kpi
    cells = [a.served.cell for a in answers if a.served]
    shown = [value for cell in cells for value in (cell.p25, cell.p50, cell.p75) if value is not None]
    return words.terms_of(kpi, grid_of(kpi, profile), [*shown, *(a.own.value for a in answers)])


def blocks_of(measure: Measure, profile: Profile) -> list[Block]:
    """One block where the measure is known at one stage only, else the company level and then each stage."""
    stages = sorted({a.stage for a in measure.answers if a.stage is not None}, key=labels.stage_order)
    if len(stages) <= 1:
        return [_block("", measure.answers, profile)]
    company = [_block("All stages together", measure.company_answers, profile)] if measure.company_answers else []
    return company + [_stage_block(measure, stage, profile) for stage in stages]


def _measure_key(kpi: Kpi) -> tuple[tuple[int, str], str, int]:
    return labels.phase_order(kpi.phase), kpi.code, kpi.version


def _measure(answers: tuple[Answer, ...]) -> Measure:
    return Measure(answers[0].kpi, answers, _main(answers))


def _main(answers: Sequence[Answer]) -> Comparison | None:
    """The answer of the industry's ladder; of a company without an industry, of its sector's, else of all participants."""
    by_cut = {a.own.asked.cut: a for a in answers}
    found = (comparison(by_cut[cut]) for cut in MAIN_CUTS if cut in by_cut)
    return next((one for one in found if one is not None), None)


def _stage_block(measure: Measure, stage: str, profile: Profile) -> Block:
    answers = tuple(a for a in measure.answers if a.stage == stage)
    return _block(f"Stage: {labels.value_name('value_chain_stage', stage)}", answers, profile)


def _block(heading: str, answers: Sequence[Answer], profile: Profile) -> Block:
    kpi = answers[0].kpi
    terms = terms_for(answers, profile)
    drawn = _drawn(answers)
    axis = axis_of(kpi, terms.grid, [a.served.cell for a in drawn if a.served], [a.own.value for a in drawn])
    return Block(
        heading=heading,
        unit=terms.unit,
        sentence=_sentence(answers, terms),
        axis=Markup(axis_svg(axis)) if axis else Markup(""),
        rows=Markup("".join(_row(a, terms, axis if a in drawn else None) for a in answers)),
        notes=_share_notes(drawn),
    )


def _drawn(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Answers whose figures a block shows: not those of a broader group that has a row of its own there."""
    asked = {a.own.asked for a in answers}
    return tuple(a for a in answers if a.served and (a.is_served_itself or a.served.address not in asked))


def _sentence(answers: Sequence[Answer], terms: words.Terms) -> str:
    """About the main peer group; in a stage's block about the broadest group that is published."""
    found = (comparison(a) for a in answers)
    one = _main(answers) or next((c for c in found if c is not None), None)
    if one is None:
        return words.sentence(answers[0].own.value, None, None, terms, "")
    text = words.sentence(one.own, one.served, one.place, terms, labels.group_in_sentence(one.group))
    return text + ("" if one.is_served_itself else f" {labels.sentence_case(_asked_words(one.asked))}.") + words.worth(one.worth_eur)


def _row(a: Answer, terms: words.Terms, axis: Axis | None) -> str:
    """One peer group as a table row. Written by hand because a report holds hundreds; every text is escaped here.

    Without an axis the row has no figures: no cell answered, or a broader one that has its own row in the block.
    """
    head = f'<tr><th scope="row">{_group_html(a.own.asked)}'
    you = f'</th><td class="num" data-name="You">{escape(words.number(a.own.value, terms.decimals))}</td>'
    one = comparison(a)
    if one is None or axis is None:
        return f"{head}{you}{_unserved_html(a.own.asked, one.group if one else None)}</tr>\n"
    strip = value_strip(axis, one.served.cell, one.own, one.place)
    said = _row_notes(one)
    notes = f" <i>{escape('; '.join(said))}</i>" if said else ""
    return f"{head}{notes}{you}{_served_cells(one, terms, strip)}</tr>\n"


@lru_cache(maxsize=65536)
def _group_html(asked: Asked) -> str:
    return escape(labels.group_name(asked))


def _asked_words(asked: Asked) -> str:
    return f"asked: {labels.cut_name(asked.cut).lower()}; {words.NARROWER}"


@lru_cache(maxsize=65536)
def _unserved_html(asked: Asked, served: Asked | None) -> str:
    text = _asked_words(asked) + ("" if served is None else f"; served: {labels.group_name(served)}, in its own row")
    return f'<td class="unserved" colspan="7"><i>{escape(text)}</i></td>'


def _served_cells(one: Comparison, terms: words.Terms, strip: str) -> str:
    before, after = _cell_html(one.served.cell, terms)
    return f'{before}{strip}{after}<td data-name="You are in">{escape(words.band_words(one.place))}</td>'


@lru_cache(maxsize=65536)
def _cell_html(cell: PublishedCell, terms: words.Terms) -> tuple[str, str]:
    """What a row says of its cell, before and after the strip: the same for everyone in it."""
    count = f'<td class="count" data-name="Companies">{escape(cell.contributors_band)}</td><td class="strip-cell">'
    figures = (
        _figure("P25", words.published(cell, "p25", terms)),
        _figure("Median", words.published(cell, "p50", terms)),
        _figure("95 % interval", _median_interval(cell, terms)),
        _figure("P75", words.published(cell, "p75", terms)),
    )
    return count, f"</td>{''.join(figures)}"


def _figure(name: str, text: str) -> str:
    return f'<td class="num" data-name="{name}">{escape(text)}</td>'


def _median_interval(cell: PublishedCell, terms: words.Terms) -> str:
    if cell.p50_low is None or cell.p50_high is None:
        return words.NOT_SHOWN
    return f"{words.number(cell.p50_low, terms.decimals)} to {words.number(cell.p50_high, terms.decimals)}"


def _row_notes(one: Comparison) -> tuple[str, ...]:
    cell = one.served.cell
    notes: list[str] = [] if one.is_served_itself else [f"{_asked_words(one.asked)}; served: {labels.group_name(one.group)}"]
    if cell.status == "re-served":
        notes.append("figures of an earlier edition, served again")
    if cell.attributed:
        notes.append(f"{cell.attributed}{words.NBSP}% of rows attributed through engagements")
    return tuple(notes)


def _share_notes(answers: Sequence[Answer]) -> tuple[str, ...]:
    """`All participants: 20-50 % of companies report the same value`, groups with the same note together."""
    groups: dict[str, list[str]] = {}
    for a in answers:
        if a.served and (note := words.share_note(a.served.cell)):
            groups.setdefault(note, []).append(labels.group_name(a.served.address))
    return tuple(f"{'; '.join(names)}: {note}." for note, names in groups.items())
