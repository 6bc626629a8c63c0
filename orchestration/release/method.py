"""`method.md` of a release: how its figures are made, so that a stranger can recompute them."""

from __future__ import annotations

from functools import cache

from orchestration.contracts import Policy, Profile
from orchestration.cuts import cut_parents
from orchestration.disclosure.intervals import printed_intervals
from orchestration.disclosure.windows import printed_windows
from orchestration.intake.grading import days_to_answer, grading
from orchestration.release.method_datasets import datasets_text
from orchestration.release.money import money_text

LARGEST_SMALL_CELL = 500


def method_text(profile: Profile, policy: Policy, code_version: str, catalogue_version: str) -> str:
    """The method in Markdown; numbers come from the policy file, derived ones are computed here, none are typed twice."""
    quartiles = _from_on(profile, 3)
    tails = _from_on(profile, 5)
    bands = ", ".join(f"{low}+" if high is None else f"{low}-{high}" for low, high in profile.count_bands)
    return f"""# Method of this release

Software version {code_version}, disclosure policy {policy.version}, profile `{profile.name}`, KPI catalogue {catalogue_version}.

## What a figure is
- One **company value** per holding group and cell: the group's rows are merged first, then
  value = multiplier x sum(numerator) / sum(denominator). Amounts are exact decimals with 6 places, summed exactly, divided last.
- One company, one vote: quantiles are over company values, unweighted. No mean, no sum, no minimum, no maximum is published.
- A **cell** is one KPI, one period and one peer group. Peer groups come from declared cuts (`cut`); dimensions outside a cut are empty.
- Only verified buyers count. A row whose base is below the KPI's minimum base, and a row that measured nothing (0 / 0), enters no cell.

## Periods
- A row belongs to the calendar year that holds most of its days; rows of at most 100 days also to the quarter that holds most of
  theirs (for KPIs of quarterly frequency). Ties go to the earlier. So the fiscal year 2025 that began in April 2025 belongs to 2025, one that
  began in October 2024 to 2025 too.
- A company value needs rows that together last at least 75 % as long as the period, counted in distinct days; event KPIs are exempt.
- Where rows of one participant, KPI, stage, project and vendor overlap in time, the longest counts; of two equally long the one received last.
- A period is published once it is {profile.min_age_months} months old, and revised once, six months later, if anything changed.

{money_text()}

## KPIs and their versions
- `kpi_catalogue.csv` says what each KPI means: definition, what stands above and below the line, unit, direction, ranges, base, price basis.
- A version never changes its meaning. Where a KPI is defined anew it gets a new version, valid from a date on; a row takes the version valid on
  its last day. That is a break in the series: figures of two versions are not compared, whatever their KPI's code.
- `money_driver` names the amount that a gap in the KPI acts on. What a gap would be worth is never added up over KPIs that share one.

## Peer groups by stage, project and vendor
- The value-chain stage belongs to the row. A row of a project without a vendor counts for every vendor engaged in that project,
  if the KPI is one a vendor can influence; `attributed` shows the share of such rows.
- Where a group sends rows with and without a project or vendor for one KPI, stage and period, peer groups without that dimension
  use only the rows without it, so that nothing counts twice.

## Grades and questions
- Each accepted submission has a grade, the worst of its parts (A, B and C allow or need at least, else D; only A to C count):
  rows set aside at most {_limits("quarantined_share")} (D only in files of {grading()["least_rows_for_d"]} rows or more); rows with evidence grade A or B at least
  {_limits("evidenced_share")}; wanted but not required values (such as the base of a survey KPI) at least {_limits("complete_share")}.
  While a question about it is unanswered for {days_to_answer()} days or more, a submission is graded one step lower, never below C because of it.
- Questions never take a figure out. A row is asked about outside the resistant fences of its sender's own history (quartiles of the value, or of its
  log10 on a KPI of log scale, and 3 interquartile ranges beyond; with fewer than 8 figures the typical range stands in), or where its change
  since the period before is unlike its sender's own changes (Hidiroglou and Berthelot 1986 over the sender's own ratios, U = 0.5, A = 0.05,
  C = 4, 8 ratios at least). Less than a tenth of the typical range is never asked about. No other participant's value is looked at.

## Peer groups that are not published
- Where a cell is not published, the first published cell of its ladder answers; the answer names the group asked, the group served and why.
  A step drops a dimension or merges it (industry into sector, vendor into its class):
{_ladders()}

## A participant's position
- A function of its own company value and this table alone: the quarter, the percentile (linear between neighbouring printed quantiles, on log10
  for KPIs of log scale, nothing beyond the outermost), its 95 % interval (Wilson 1927, from the lower end of `contributors_band`), and the gaps to
  the median and to the better quartile in the KPI's unit, positive where the own value is better. Nearer to the median than the rounding step reads `level`.
- Where a money KPI has a money driver, closing the gap to the better quartile is worth gap x own denominators / multiplier, gross. KPIs that
  share a driver tell of the same money and are never added up.

## Protection
- A cell appears with at least {profile.k} holding groups, of which at least {profile.k} joined before the period began (not asked in
  the consortium's first period), and not where one value holds {100 * profile.homogeneity_share:.0f} % of the groups or all but one of them.
- A published quantile is not a company's value. In a cell of n groups, sorted, h = (n - 1) p + 1 is the type 7 position
  (Hyndman & Fan 1996); the figure is the average of the values at the ranks inside [h - {profile.window}/2, h + {profile.window}/2), each weighted by its
  overlap with the rank's unit cell [i - 1/2, i + 1/2).
- It is printed only if its window touches no rank below {profile.tail} or above n - {profile.tail - 1} (the median: no rank outside 1..n) and shares no
  rank with another printed one; quartiles appear together, and P10 and P90 together and only where quartiles do.
  So quartiles appear at {quartiles}, P10 and P90 at {tails} groups.
- Averages are rounded to 9 significant digits, then to the 1-2-5 step nearest to {100 * profile.rounding_share:g} % of the KPI's typical range, half away from zero.
- A figure within {100 * profile.edge_share:g} % of the typical range of a hard bound is printed as the band next to that bound
  (`edge_low`, `edge_high`), without a number.
- A cell with two or more figures that lie less than two rounding steps apart is hidden.
- **Left-overs**: of a published cell and any published cells of the same KPI inside it, no two of which share a group, the groups that
  are in none of these are nobody or at least {profile.change_guard}. Where they are fewer, the smallest of the inner cells is hidden; those of one size
  together, and first those that the newest edition of the period before did not show. New figures and those of earlier revisions of the period are
  looked at together; what was served stays, and the new cell is hidden.
- **Between editions**: groups that joined, left or have another value since an edition of the cell that was served are nobody or at least
  {profile.change_guard}, taken together. Else the old figures are served again (`status` is `re-served`). The same is asked against the editions of
  the periods next to this one, whose figures cannot stand here: the cell is hidden. What a revision's predecessor hid stays hidden.
- **Attacks**: where an attack of `audit.json` succeeds on a cell, it loses the figures that pin somebody (ends of intervals, P10 and P90, quartiles), or is hidden.
- On KPIs of log scale all of this works on log10; values below `typical_low` are clamped to it, the lower band means
  "at most typical_low", and figures have 3 significant digits.
- Numbers of companies are shown as bands: {bands}.
- `p50_low` and `p50_high` are the 95 % interval on the median (binomial order-statistic interval, Hahn & Meeker 1991, section 5.2):
  with X binomial (n, p), the lower end is the largest rank l with P(X < l) <= 2.5 %, the upper the smallest rank u with P(X >= u) <= 2.5 %,
  so that the ranks hold the median of what the companies stand for in at least 95 of 100 such cells. Each end is printed like a quantile: the average
  of the values at the ranks inside [l - {profile.window}/2, l + {profile.window}/2), rounded alike. An interval is printed where quartiles are, where both of its windows
  are clear of the tails as above, share no rank with another printed one, and neither end lies in a band at a hard bound: {_intervals_from_on(profile, 2)} groups;
  those on the quartiles (`p25_low` to `p75_high`) both or not at all: {_intervals_from_on(profile, 6)} groups. The company is the unit, never the row.
- `grade_a_band`, `grade_b_band` and `grade_c_band` are the shares of companies by quality grade (below), in cells with quartiles where
  one company lies in the same band as none: from {100 // profile.share_bands[0][1] + 1} groups on.

{datasets_text(profile)}

## Limits
Tested are the rules above and the attacks of `audit.json`, on the very bytes of this release; `checks.html` says with which figures. What was not
tried is not claimed.
"""


def _limits(part: str) -> str:
    return ", ".join(f"{grade} {100 * share:g} %" for grade, share in grading()[part].items())


def _ladders() -> str:
    return "\n".join(f"  - {cut}: {', then '.join(parents)}" for cut, parents in sorted(cut_parents().items()))


def _from_on(profile: Profile, figures: int) -> str:
    """Group counts at which at least `figures` quantiles are printed, e.g. "21 and from 23 on"."""
    return counts_in_words([n for n, (quantiles, _) in enumerate(_printed(profile), start=1) if quantiles >= figures])


def _intervals_from_on(profile: Profile, ends: int) -> str:
    """Group counts at which at least `ends` ends of intervals may be printed."""
    return counts_in_words([n for n, (_, printed) in enumerate(_printed(profile), start=1) if printed >= ends])


@cache
def _printed(profile: Profile) -> tuple[tuple[int, int], ...]:
    """How many quantiles and how many ends of intervals a cell of 1, 2, ... groups prints."""
    return tuple((len(printed_windows(n, profile)), len(printed_intervals(n, profile))) for n in range(1, LARGEST_SMALL_CELL))


def counts_in_words(printed: list[int]) -> str:
    """Group counts below the largest small one, in rising order, the last ones without a gap: `21 and from 23 on`."""
    start = 1 + max(set(range(1, LARGEST_SMALL_CELL)).difference(printed), default=0)
    before = [str(n) for n in printed if n < start]
    return f"{', '.join(before)} and from {start} on" if before else f"{start} and more"
