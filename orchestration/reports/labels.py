"""Names a reader sees for codes: peer groups, stages, phases. English only; no numbers here."""

from __future__ import annotations

from functools import lru_cache

from orchestration.cuts import DIMENSIONS
from orchestration.reports.ladder import Asked

INDUSTRIES = {
    "A": "agriculture, forestry and fishing",
    "B": "mining and quarrying",
    "C": "manufacturing",
    "D": "electricity and gas supply",
    "E": "water supply and waste",
    "F": "construction",
    "G": "trade",
    "H": "transport and storage",
    "I": "accommodation and food",
    "J": "information and communication",
    "K": "finance and insurance",
    "L": "real estate",
    "M": "professional and scientific services",
    "N": "administrative and support services",
    "O": "public administration",
    "P": "education",
    "Q": "health and social work",
    "R": "arts and recreation",
    "S": "other services",
    "T": "households as employers",
    "U": "extraterritorial bodies",
}
STAGES = {
    "IL": "inbound logistics",
    "OP": "operations",
    "OL": "outbound logistics",
    "MS": "marketing and sales",
    "SV": "service",
    "FI": "firm infrastructure",
    "HR": "human resources",
    "TD": "technology development",
    "PR": "procurement",
}
SIZES = {"S": "under 250", "M": "250–999", "L": "1,000–4,999", "XL": "5,000 or more"}
PHASES = {
    "need": "Need",
    "business_case": "Business case",
    "vendor_selection": "Vendor selection",
    "contract": "Contract",
    "delivery": "Delivery",
    "go_live": "Go-live",
    "adoption": "Adoption",
    "operate": "Operate",
    "support": "Support",
    "updates": "Updates",
    "renewal": "Renewal",
    "migration": "Migration",
}
DIMENSION_NAMES = {
    "industry": "industry",
    "sector": "sector",
    "country": "country",
    "size_band": "size",
    "value_chain_stage": "stage",
    "project_kind": "project kind",
    "vendor": "vendor",
    "vendor_class": "vendor class",
}
OWN_DIMENSIONS = ("industry", "sector", "country", "size_band")
DIRECTIONS = {"H": "higher is better", "L": "lower is better", "N": "context: no better side"}
BANDS = {
    "best_quarter": "best quarter",
    "upper_middle": "upper middle",
    "lower_middle": "lower middle",
    "weakest_quarter": "weakest quarter",
    "above_median": "better than the median",
    "below_median": "worse than the median",
    "level": "level with the median",
    "context": "no better side",
}


def phase_name(phase: str) -> str:
    """`Go-live` for `go_live`; a phase of a later catalogue is shown as it is spelt."""
    return PHASES.get(phase) or sentence_case(phase.replace("_", " "))


def phase_order(phase: str) -> tuple[int, str]:
    """Life-cycle order (METHOD 2), unknown phases last."""
    return (list(PHASES).index(phase) if phase in PHASES else len(PHASES), phase)


def stage_order(stage: str) -> tuple[int, str]:
    """Porter's order, primary activities first; unknown stages last."""
    return (list(STAGES).index(stage) if stage in STAGES else len(STAGES), stage)


def sentence_case(text: str) -> str:
    """First letter in upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=65536)
def group_name(asked: Asked) -> str:
    """`Your industry (manufacturing) × your size (250–999)`, or `All participants`."""
    if asked.cut == "all":
        return "All participants"
    pairs = zip(DIMENSIONS, asked.dimensions, strict=True)
    return sentence_case(" × ".join(_part(name, value) for name, value in pairs if value is not None))


@lru_cache(maxsize=65536)
def group_in_sentence(asked: Asked) -> str:
    """What follows "the median company": ` in your industry`, ` among all participants`, ` in the group …`."""
    if asked.cut == "all":
        return "among all participants"
    if asked.cut in OWN_DIMENSIONS:
        return "of your size" if asked.cut == "size_band" else f"in your {DIMENSION_NAMES[asked.cut]}"
    if asked.cut == "value_chain_stage":
        return f"at the same stage ({value_name('value_chain_stage', asked.dimensions[4] or '')})"
    name = group_name(asked)
    return f"in the group “{name[:1].lower()}{name[1:]}”"


def cut_name(cut: str) -> str:
    """`Industry × size`, whatever the values."""
    if cut == "all":
        return "All participants"
    return sentence_case(" × ".join(DIMENSION_NAMES.get(part, part) for part in cut.split(" x ")))


@lru_cache(maxsize=65536)
def cut_order(asked: Asked) -> tuple[int, tuple[int, ...], tuple[str, ...]]:
    """Broad groups first, then in the order of the dimensions, then by value."""
    used = tuple(i for i, value in enumerate(asked.dimensions) if value is not None)
    return len(used), used, tuple(asked.dimensions[i] or "" for i in used)


def value_name(dimension: str, value: str) -> str:
    """What a code of a dimension stands for; a code without a name is shown as it is."""
    named = {"industry": INDUSTRIES, "value_chain_stage": STAGES, "size_band": SIZES}
    if dimension in named:
        return named[dimension].get(value, value)
    return value.replace("_", " ") if dimension in ("sector", "project_kind") else value


def _part(dimension: str, value: str) -> str:
    name = DIMENSION_NAMES[dimension]
    shown = value_name(dimension, value)
    if dimension == "size_band":
        return f"your size ({shown} employees)"
    return f"your {name} ({shown})" if dimension in OWN_DIMENSIONS else f"{name}: {shown}"
