"""The part of `method.md` on the datasets beside the benchmark. Numbers come from where they are declared."""

from __future__ import annotations

import csv

from orchestration.contracts import Profile
from orchestration.disclosure.attainment import HIGH, LOW
from orchestration.disclosure.coverage import declared_cuts
from orchestration.disclosure.rounding import rounding_step
from orchestration.warehouse import DBT_PROJECT


def datasets_text(profile: Profile) -> str:
    """Trend, attainment and coverage in Markdown."""
    step, _ = rounding_step(HIGH - LOW, profile.rounding_share)
    edge = profile.edge_share * (HIGH - LOW)
    with (DBT_PROJECT / "seeds" / "go_live_bands.csv").open(encoding="utf-8", newline="") as handle:
        bands = ", ".join(row["months_since_go_live"] for row in csv.DictReader(handle))
    with declared_cuts("attainment").open(encoding="utf-8", newline="") as handle:
        cuts = ", ".join(f"`{row['cut']}`" for row in csv.DictReader(handle))
    return f"""## `trend`: change against the year before
- A year is compared with the year before, a quarter with the same quarter of the year before, so that seasons do not count as
  change. Only the same version of a KPI in both: a changed definition breaks the series.
- `earlier_p50` and `p50` are the medians that the two benchmarks print; `earlier_release_id` says where. `cross_section_change` is
  what lies between them. It mixes two things: what companies changed, and who is in the peer group.
- `real_change` is the **matched panel**: of every holding group with a company value in this cell in both periods, the change;
  of these the median. `membership_change` is the rest: joiners, leavers, and companies that moved to another cell.
- On KPIs of linear scale changes are differences in the KPI's unit and cross_section_change = real_change + membership_change. On
  KPIs of log scale a company's change is log10 of its later over its earlier value (values below `typical_low` count as
  `typical_low`), printed in percent, and (1 + cross) = (1 + real) x (1 + membership).
- A matched panel is a cell of its own with its own contributors and is protected like a median of the benchmark: at least
  {profile.k} groups, {profile.k} of them established, the same window, the same rounding step as the KPI's values. A change so close to the largest
  possible one that it would lie in an edge band is not printed, and then the panel has no row.

## `attainment`: promised and achieved
- A promise is the first version of what the feed `promises` recorded for a project, KPI, due date and promising party; later
  versions are re-baselines: counted in `rebaselined_share_band`, never used. It must have been made before the project went live
  or before the days measured began.
- Attainment is achieved / promised where higher is better and promised / achieved where lower is better; 1 is as promised. There is none for
  context KPIs, for KPIs of money (a promise has no currency), for promises of zero or less, and, where lower is better, for figures of zero or less.
- Achieved is the project's newest figure of the year in each band of months since go-live ({bands}): the rows that end last, of
  those the longest, all stages together. Months are those the sender stated, else whole months from the project's go-live to
  the end of the figure. The promise it is held against is the last one due by then, else the one due next.
- One company, one vote: a group's value is the median of its attainments in the cell. Cuts: {cuts}; a project
  counts for every vendor engaged in it, for KPIs that a vendor can influence.
- Values outside {LOW:g} to {HIGH:g} count as {LOW:g} or {HIGH:g}. Figures are rounded to {step:g}; those within {edge:g} of the two ends are printed as bands.
- Abandoned and closed projects stay in the base: `abandoned_share_band`, `closed_share_band` and `no_figure_share_band` are shares of
  all projects that something was promised for by the year's end (of this KPI and peer group, whatever their months), averaged over companies. A
  promise without a figure has no attainment; none is made up for it. The base must hold {profile.k} groups too. By year only.

## `coverage`: what is served
- One row per declared cut of each dataset (`declared`) and one per cell that has a row in it (`served`). A cell that is not listed is
  hidden or empty; nothing tells which."""
