"""Page one, "All measures on one page", and which peer groups were asked and served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from orchestration.contracts import Profile
from orchestration.reports import labels, words
from orchestration.reports.answers import Answer
from orchestration.reports.measures import Comparison, Measure, terms_for
from orchestration.reports.position import contributors_at_least, grid_of
from orchestration.reports.strips import position_strip

NAMED_MOST = 5
NO_STRIP = Markup("")
Weights = Mapping[str, float]
NO_WEIGHTS: Weights = {}


@dataclass(frozen=True)
class Line:
    """One measure on the common position axis; without a strip where no main peer group is published."""

    anchor: str
    name: str
    you: str
    median: str = words.NOT_SHOWN
    median_quantity: str = words.NOT_SHOWN
    strip: Markup = NO_STRIP
    band: str | None = None
    words: str = ""
    ahead: str = ""
    group: str = ""


@dataclass(frozen=True)
class Phase:
    """The lines of one life-cycle phase."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Tally:
    """Over measures with a published main peer group: how many stand where."""

    compared: int
    best: int
    middle: int
    weakest: int
    level: int
    one_side: int
    context: int
    group: str

    @property
    def rest(self) -> str:
        """`1 level with the median, 3 of context without a better side`; empty where the quarters say it all."""
        named = (
            (self.level, "level with the median"),
            (self.one_side, f"where {words.ONLY_SIDE}"),
            (self.context, "of context without a better side"),
        )
        return ", ".join(f"{count} {what}" for count, what in named if count)


@dataclass(frozen=True)
class GroupLine:
    """One kind of peer group: measures asked about, those it answered itself, and those a broader group answered."""

    name: str
    asked: int
    served: int
    broader: int


def phases(measures: Sequence[Measure], profile: Profile) -> list[Phase]:
    """Every measure with a company-level value, in life-cycle order."""
    shown = [m for m in measures if m.company_answers]
    grouped = groupby(shown, key=lambda m: m.kpi.phase)
    return [Phase(labels.phase_name(name), tuple(line(m, profile) for m in group)) for name, group in grouped]


def line(measure: Measure, profile: Profile) -> Line:
    """One row of the overview."""
    one = measure.main
    if one is None:
        you = words.quantity(measure.company_answers[0].own.value, terms_for(measure.company_answers, profile))
        return Line(measure.anchor, measure.kpi.name, you, words=words.NARROWER)
    cell = one.served.cell
    terms = words.terms_of(one.kpi, grid_of(one.kpi, profile), [one.own, one.own if cell.p50 is None else cell.p50])
    return Line(
        anchor=measure.anchor,
        name=measure.kpi.name,
        you=words.quantity(one.own, terms),
        median=words.published(cell, "p50", terms),
        median_quantity=words.published_quantity(cell, "p50", terms),
        strip=Markup(position_strip(cell, one.place)),
        band=one.place.band,
        words=words.band_words(one.place),
        ahead=_ahead_beside_band(one),
        group="" if one.group.cut == "industry" else labels.cut_name(one.group.cut).lower(),
    )


def tally(measures: Sequence[Measure]) -> Tally:
    """Counts of bands; `group` completes "the measures we can compare" where one peer group serves them all."""
    mains = [m.main for m in measures if m.main is not None]
    bands = Counter(one.place.band for one in mains)
    cuts = {one.group.cut for one in mains}
    named = {"industry": "with your industry", "sector": "with your sector", "all": "with all participants"}
    return Tally(
        compared=len(mains),
        best=bands["best_quarter"],
        middle=bands["upper_middle"] + bands["lower_middle"] + bands[None],
        weakest=bands["weakest_quarter"],
        level=bands["level"],
        one_side=bands["above_median"] + bands["below_median"],
        context=bands["context"],
        group=named[min(cuts)] if len(cuts) == 1 else "",
    )


def leads(measures: Sequence[Measure], profile: Profile, weights: Weights = NO_WEIGHTS) -> list[Line]:
    """At most five measures whose percentile interval lies above the median, those that weigh most to the participant
    first, and of equal weight the farthest first.
    """
    return _foremost(measures, profile, weights, lambda one: one.place.mark > 50)


def gaps(measures: Sequence[Measure], profile: Profile, weights: Weights = NO_WEIGHTS) -> list[Line]:
    """At most five measures whose percentile interval lies below the median, in the same order."""
    return _foremost(measures, profile, weights, lambda one: one.place.mark < 50)


def main_group(measures: Sequence[Measure]) -> str:
    """`Your industry (manufacturing), 50-99 companies`: the group that serves most measures, and its count bands."""
    mains = [m.main for m in measures if m.main is not None]
    if not mains:
        return "none published"
    counted = Counter(one.group.cut for one in mains)
    cut = max(sorted(counted), key=lambda c: counted[c])
    chosen = [one for one in mains if one.group.cut == cut]
    return f"{labels.group_name(chosen[0].group._replace(kpi_code='', kpi_version=0))}, {_bands(chosen)}"


def group_lines(answers: Iterable[Answer]) -> list[GroupLine]:
    """Per cut, broad ones first: on how many measures it was asked, and on how many it is published."""
    ordered = sorted(answers, key=lambda a: (labels.cut_order(a.own.asked)[:2], a.own.asked.cut))
    lines: list[GroupLine] = []
    for cut, group in groupby(ordered, key=lambda a: a.own.asked.cut):
        members = list(group)
        served = {_measure_id(a) for a in members if a.is_served_itself}
        broader = {_measure_id(a) for a in members if a.served} - served
        lines.append(GroupLine(labels.cut_name(cut), len({_measure_id(a) for a in members}), len(served), len(broader)))
    return lines


def _ahead_beside_band(one: Comparison) -> str:
    """What the band beside it does not say already."""
    if one.place.band == "level" or (one.place.percentile is None and one.place.between not in ((0, 10), (90, 100))):
        return ""
    return words.ahead(one.place, one.kpi)


def _foremost(measures: Sequence[Measure], profile: Profile, weights: Weights, side: Callable[[Comparison], bool]) -> list[Line]:
    apart = [m for m in measures if m.main is not None and m.main.place.stands_apart and side(m.main)]
    apart.sort(key=lambda m: (-weights.get(m.kpi.code, 0.0), -abs(m.main.place.mark - 50) if m.main else 0.0, m.kpi.code, m.kpi.version))
    return [line(m, profile) for m in apart[:NAMED_MOST]]


def _bands(mains: Sequence[Comparison]) -> str:
    bands = sorted({one.served.cell.contributors_band for one in mains}, key=contributors_at_least)
    if len(bands) == 1:
        return f"{bands[0]} companies"
    return f"{bands[0]} to {bands[-1]} companies a measure"


def _measure_id(a: Answer) -> tuple[str, int]:
    return a.own.asked.kpi_code, a.own.asked.kpi_version
