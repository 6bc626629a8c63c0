"""`method.md` of a release: how its figures are made, so that a stranger can recompute them."""

from __future__ import annotations

from orchestration.contracts import Policy, Profile
from orchestration.disclosure.windows import printed_windows
from orchestration.release.method_datasets import datasets_text

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
  theirs (for KPIs of quarterly frequency). Ties go to the earlier.
- A company value needs rows that together last at least 75 % as long as the period, counted in distinct days; event KPIs are exempt.
- Where rows of one participant, KPI, stage, project and vendor overlap in time, the longest counts; of two equally long the one received last.
- A period is published once it is {profile.min_age_months} months old, and revised once, six months later, if anything changed.

## Peer groups by stage, project and vendor
- The value-chain stage belongs to the row. A row of a project without a vendor counts for every vendor engaged in that project,
  if the KPI is one a vendor can influence; `attributed` shows the share of such rows.
- Where a group sends rows with and without a project or vendor for one KPI, stage and period, peer groups without that dimension
  use only the rows without it, so that nothing counts twice.

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
- On KPIs of log scale all of this works on log10; values below `typical_low` are clamped to it, the lower band means
  "at most typical_low", and figures have 3 significant digits.
- Numbers of companies are shown as bands: {bands}. `p50_low` and `p50_high` are empty: an interval is not available in this version.

{datasets_text(profile)}

## Limits
Tested are the rules above, on the very bytes of this release; `checks.html` says with which figures. Protection against combining several
published cells, editions or insiders' knowledge is not part of this version's checks. Money is counted where it was sent in EUR, at current prices.
"""


def _from_on(profile: Profile, figures: int) -> str:
    """Group counts at which at least `figures` quantiles are printed, e.g. "21 and from 23 on"."""
    printed = [n for n in range(1, LARGEST_SMALL_CELL) if len(printed_windows(n, profile)) >= figures]
    start = next(n for n in printed if all(m in printed for m in range(n, LARGEST_SMALL_CELL)))
    before = [str(n) for n in printed if n < start]
    return f"{', '.join(before)} and from {start} on" if before else f"{start} and more"
