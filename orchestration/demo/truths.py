"""The planted truths as data: each entry is both what is added to the values and what the truth file says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orchestration.demo.model import YEARS, Company, Floats, Slot
from orchestration.demo.truth import PlantedTruth, PromiseTruth

BETTER_VENDOR = "Kestrowen Integration"
WORSE_VENDOR = "Marlithane Systems"
COST_VARIANCE_OF_VENDOR = {BETTER_VENDOR: (-10.0, 4.0), WORSE_VENDOR: (28.0, 8.0)}
"""Median and spread, in percent of planned cost."""
COST_OVERRUN_WHERE_NOT_PLANTED = 14.0
SHARE_ON_BUDGET = 0.45
GO_LIVE_SLIP_DAYS = 40
TARGET_RATIOS = {"EXP-04": 0.80, "BEN-01": 0.75, "REN-05": 0.70}
"""Median attainment of `target`: achieved / target for higher is better, target / achieved for lower is better."""
BANDS = ("0-6", "7-12", "13-24", "25-36", "37+")
BAND_STARTS = (0, 7, 13, 25, 37)
"""First month of each band."""
PROMISE_RATIOS = {
    "ADO-01": (0.70, 0.80, 0.88, 0.92, 0.94),
    "BEN-01": (0.45, 0.60, 0.75, 0.85, 0.90),
    "BEN-03": (0.40, 0.55, 0.70, 0.80, 0.85),
    "BEN-05": (0.65, 0.70, 0.75, 0.78, 0.80),
    "BEN-07": (0.60, 0.62, 0.65, 0.65, 0.65),
    "DEL-03": (0.90, 0.92, 0.94, 0.95, 0.95),
}
PROMISE_SPREAD_LOG10 = 0.03
PROMISE_TOLERANCE = 0.10
REBASELINED_SHARE = 0.15
PROMISES_NOTE = (
    "Attainment is achieved / promised for higher is better and promised / achieved for lower is better. Each promise is "
    "drawn around what the project achieved in that band, so that the median attainment of a KPI and band is the figure "
    f"given; spread {PROMISE_SPREAD_LOG10:g} on log10, the interval for the median over companies {PROMISE_TOLERANCE:.0%} to either side. "
    f"{REBASELINED_SHARE:.0%} of the projects changed their promises in a second file; the first version stands."
)


def planted_truths() -> tuple[PlantedTruth, ...]:
    """All of them, in the order of the truth file."""
    return (*_VENDOR, *_STAGE, *_TREND, *_MEMBERSHIP, *_PROMISED, *_INDUSTRY, *_SIZE)


def promise_truths() -> tuple[PromiseTruth, ...]:
    """One entry per KPI and band, from `PROMISE_RATIOS`."""
    return tuple(
        PromiseTruth(code, band, ratio, round(ratio * (1 - PROMISE_TOLERANCE), 6), round(ratio * (1 + PROMISE_TOLERANCE), 6))
        for code, ratios in PROMISE_RATIOS.items()
        for band, ratio in zip(BANDS, ratios, strict=True)
    )


def planted_shift(kpi_code: str, slots: Sequence[Slot], companies: Sequence[Company], scale: str) -> Floats:
    """What the planted truths add to each slot's value on one scale (`unit` or `log10`)."""
    total = np.zeros(len(slots))
    for truth in planted_truths():
        if truth.kpi_code == kpi_code and truth.scale == scale and truth.shifts_values:
            total += [_share_of(truth, slot, companies[slot.company]) * truth.size for slot in slots]
    return total


def _share_of(truth: PlantedTruth, slot: Slot, company: Company) -> float:
    """How many times the size applies to this slot: 0 or 1, and the years passed for a trend."""
    match truth.dimension:
        case "year":
            return slot.period.year - YEARS[0]
        case "vendor":
            return float(slot.project is not None and slot.project.planted_vendor == truth.value)
        case "value_chain_stage":
            return float(slot.stage == truth.value)
        case "industry":
            return float(company.industry_code == truth.value)
        case "size_band":
            return float(company.size_band == truth.value)
        case "joined":
            return float(company.is_joiner)
        case _:
            raise ValueError(f"{truth.name}: nothing is planted by {truth.dimension!r}.")


def _cost_variance(name: str, vendor: str, direction: str, meaning: str, tolerance: float) -> PlantedTruth:
    size, spread = COST_VARIANCE_OF_VENDOR[vendor]
    return PlantedTruth(
        name=name, kind="vendor_effect", kpi_code="DEL-01", dimension="vendor", value=vendor,
        reference="projects engaged with neither of the two planted vendors (their median is exactly 0)",
        direction=direction, meaning=meaning, size=size, scale="unit", unit="%", years=YEARS,
        statistic="median of project rows of the vendor minus median of project rows of the reference",
        interval_low=size - tolerance, interval_high=size + tolerance, shifts_values=False,
        how=f"cost variance of the vendor's projects drawn from a normal of median {size:g} and spread {spread:g}",
    )  # fmt: skip


def _active_use(name: str, vendor: str, size: float, direction: str, meaning: str) -> PlantedTruth:
    return PlantedTruth(
        name=name, kind="vendor_effect", kpi_code="ADO-01", dimension="vendor", value=vendor,
        reference="projects engaged with neither of the two planted vendors",
        direction=direction, meaning=meaning, size=size, scale="unit", unit="%", years=YEARS,
        statistic="median over projects of the vendor of the project's mean value, minus the same of the reference",
        interval_low=round(size - 4.0, 6), interval_high=round(size + 4.0, 6),
        how="size added to the value of each row of the vendor's projects",
    )  # fmt: skip


_VENDOR = (
    _cost_variance("vendor_better_cost", BETTER_VENDOR, "lower", "better", 3.0),
    _cost_variance("vendor_worse_cost", WORSE_VENDOR, "higher", "worse", 5.0),
    _active_use("vendor_better_use", BETTER_VENDOR, 13.0, "higher", "better"),
    _active_use("vendor_worse_use", WORSE_VENDOR, -15.0, "lower", "worse"),
)
_STAGE = (
    PlantedTruth(
        name="stage_hr_satisfaction", kind="stage_effect", kpi_code="EXP-02", dimension="value_chain_stage", value="HR",
        reference="the other eight stages", direction="lower", meaning="worse", size=-10.0, scale="unit", unit="%",
        years=YEARS, statistic="median of company-stage-year values at the stage minus the same at the other stages",
        interval_low=-14.0, interval_high=-6.0, how="size added to the value of each row of the stage",
    ),
)  # fmt: skip
_TREND = (
    PlantedTruth(
        name="trend_within_sla", kind="trend", kpi_code="SVC-04", dimension="year", value="each year after 2023",
        reference="the same company a year earlier", direction="higher", meaning="better", size=2.0, scale="unit",
        unit="%", years=YEARS[1:],
        statistic="matched panel: median of a company's yearly value minus that of the year before",
        interval_low=1.5, interval_high=2.5, how="size times the years since 2023 added to each company's value",
    ),
)  # fmt: skip
_MEMBERSHIP = (
    PlantedTruth(
        name="restore_no_real_change", kind="no_change", kpi_code="SVC-02", dimension="year",
        value="each year after 2023",
        reference="the same company a year earlier", direction="none", meaning="level", size=0.0, scale="log10",
        unit="h",
        years=YEARS[1:],
        statistic="matched panel: median of log10 of a company's yearly value minus that a year earlier",
        interval_low=-0.02, interval_high=0.02, how="no year effect at all, only noise", shifts_values=False,
    ),
    PlantedTruth(
        name="restore_joiners_better", kind="membership", kpi_code="SVC-02", dimension="joined", value="2024 or 2025",
        reference="members from before 2024", direction="lower", meaning="better", size=-0.7, scale="log10", unit="h",
        years=YEARS[1:], statistic="median of log10 of 2025 values of joiners minus the same of earlier members",
        interval_low=-0.9, interval_high=-0.5,
        how="size added to log10 of the value of every company that joined later",
    ),
    PlantedTruth(
        name="restore_cross_section_moves", kind="membership_change", kpi_code="SVC-02", dimension="joined",
        value="2024 or 2025", reference="cross-section of 2023", direction="lower", meaning="better", size=-0.09,
        scale="log10", unit="h", years=(YEARS[0], YEARS[2]),
        statistic="log10 of the cross-section median of 2025 minus that of 2023; all of it membership change",
        interval_low=-0.17, interval_high=-0.03, how="follows from restore_joiners_better", shifts_values=False,
    ),
)  # fmt: skip
_INDUSTRY = (
    PlantedTruth(
        name="industry_finance_spend", kind="industry_effect", kpi_code="NED-03", dimension="industry", value="K",
        reference="all other industries", direction="higher", meaning="context", size=0.35, scale="log10", unit="%",
        years=YEARS, statistic="median of log10 of company-year values in the industry minus the same elsewhere",
        interval_low=0.22, interval_high=0.48, how="size added to log10 of the value of each company of the industry",
    ),
    PlantedTruth(
        name="industry_public_tracking", kind="industry_effect", kpi_code="BEN-02", dimension="industry", value="O",
        reference="all other industries", direction="lower", meaning="worse", size=-18.0, scale="unit", unit="%",
        years=YEARS, statistic="median of company-year values in the industry minus the same elsewhere",
        interval_low=-26.0, interval_high=-10.0, how="size added to the value of each company of the industry",
    ),
)  # fmt: skip
_SIZE = tuple(
    PlantedTruth(
        name=f"size_{band.lower()}_sourcing", kind="size_effect", kpi_code="SRC-01", dimension="size_band", value=band,
        reference="size bands M and L", direction=direction, meaning=meaning, size=size, scale="log10", unit="days",
        years=YEARS, statistic="median of log10 of company-year values in the band minus the same in M and L",
        interval_low=round(size - 0.13, 6), interval_high=round(size + 0.13, 6),
        how="size added to log10 of the value of each company of the band",
    )
    for band, size, direction, meaning in (("XL", 0.35, "higher", "worse"), ("S", -0.25, "lower", "better"))
)  # fmt: skip


def _target_truth(kpi_code: str, ratio: float, unit: str) -> PlantedTruth:
    formula = "target / achieved" if kpi_code == "REN-05" else "achieved / target"
    return PlantedTruth(
        name=f"target_missed_{kpi_code.lower().replace('-', '_')}", kind="target_gap", kpi_code=kpi_code,
        dimension="target", value="all rows with a target", reference="the row's own target", direction="below 1",
        meaning="worse", size=ratio, scale="ratio", unit=unit, years=YEARS, statistic=f"median over rows of {formula}",
        interval_low=round(ratio - 0.02, 6), interval_high=round(ratio + 0.02, 6), shifts_values=False,
        how="target drawn around the row's own value at this ratio, spread 0.04 on log10",
    )  # fmt: skip


_PROMISED = (
    PlantedTruth(
        name="go_live_slip", kind="promise_gap", kpi_code="DEL-02", dimension="projects", value="live or closed",
        reference="planned_go_live_on", direction="later", meaning="worse", size=GO_LIVE_SLIP_DAYS, scale="days",
        unit="days", years=YEARS,
        statistic="median of go_live_on minus planned_go_live_on over live and closed projects",
        interval_low=GO_LIVE_SLIP_DAYS - 6, interval_high=GO_LIVE_SLIP_DAYS + 6, shifts_values=False,
        how="slip drawn from a Laplace distribution around the size; DEL-02 rows are computed from the same dates",
    ),
    PlantedTruth(
        name="cost_ties_at_zero", kind="ties", kpi_code="DEL-01", dimension="projects", value="live or closed",
        reference="projects engaged with neither of the two planted vendors", direction="level", meaning="level",
        size=SHARE_ON_BUDGET, scale="share", unit="share", years=YEARS,
        statistic="share of the reference projects whose actual_cost equals planned_cost",
        interval_low=round(SHARE_ON_BUDGET - 0.07, 6), interval_high=round(SHARE_ON_BUDGET + 0.07, 6),
        shifts_values=False,
        how="this share of unplanted projects costs exactly what was planned; DEL-01 rows are computed from the costs",
    ),
    PlantedTruth(
        name="cost_overrun_where_not_on_budget", kind="promise_gap", kpi_code="DEL-01", dimension="projects",
        value="live or closed", reference="planned_cost", direction="higher", meaning="worse",
        size=COST_OVERRUN_WHERE_NOT_PLANTED, scale="unit", unit="%", years=YEARS,
        statistic="median of actual_cost / planned_cost - 1, in percent, over the reference projects of "
        "cost_ties_at_zero that are not tied",
        interval_low=COST_OVERRUN_WHERE_NOT_PLANTED - 3, interval_high=COST_OVERRUN_WHERE_NOT_PLANTED + 4,
        shifts_values=False, how="overrun drawn from a normal around the size with a rare long tail above",
    ),
    *(_target_truth(code, ratio, "months" if code == "REN-05" else "%") for code, ratio in TARGET_RATIOS.items()),
)  # fmt: skip
