"""What must hold of a protected table whatever the contract says: DISCLOSURE and INTERFACE, one check a rule.

Conditions over the relations of `relations.py` and `cells.py`. A re-served row shows an earlier edition, so what
depends on today's evidence is asked of fresh rows only; a re-served row must be the previous revision's, unchanged.
"""

from __future__ import annotations

from dataclasses import replace

from orchestration.contracts import Policy, Profile, TableContract
from orchestration.gate.agreement import own_checks
from orchestration.gate.cells import count_band, dimensions, grades_shown, has_cells, has_edges, share_band, share_columns
from orchestration.gate.change import NO_PERIOD, change_checks, revision_checks
from orchestration.gate.check import Check, must_be_empty, must_hold, of_the_table
from orchestration.gate.estimator import QUANTILES
from orchestration.gate.model import GateInput
from orchestration.gate.sql import literal

FORBIDDEN_WORDS = (
    "min", "minimum", "max", "maximum", "mean", "avg", "average", "sum", "total", "count", "n",
    "contributors", "established", "share", "std", "stddev", "variance", "var", "rank",
)  # fmt: skip
VENDOR_DIMENSIONS = ("vendor", "vendor_class")
INTERVAL_NAMES = {"p50": "median", "p25": "lower quartile", "p75": "upper quartile"}
MAY_BE_EMPTY = ("trend", "attainment")
"""A first year has no year before, and nobody need have promised anything."""


def invariant_checks(inputs: GateInput, contract: TableContract, profile: Profile, policy: Policy) -> tuple[Check, ...]:
    """The invariants in their order: inputs, table, labels, cuts, figures, protection, agreement with other tables, change.

    Which of them concern a dataset follows from its contract's columns; one made of other tables must agree with those.
    """
    if not has_cells(contract):
        return (*_table_shape(contract), *_labels(inputs, profile), *own_checks(inputs, contract))
    return (
        *_inputs_usable(),
        *_table_shape(contract),
        *_labels(inputs, profile),
        *_catalogue(contract),
        *_cut(contract, profile),
        *(_quantiles() if has_edges(contract) else ()),
        *_intervals(contract),
        *_protection(inputs, contract, profile),
        *own_checks(inputs, contract),
        *revision_checks(inputs, contract),
        *change_checks(inputs, contract, policy),
    )


def _inputs_usable() -> tuple[Check, ...]:
    return (
        must_hold("identities_listed", "There are identities to look for.", "private_inputs", "identities_listed"),
        must_hold("evidence_unique", "The evidence has one row for each cell.", "private_inputs", "evidence_unique"),
        _unique("catalogue_unique", "The catalogue has one row for a KPI's version.", "catalogue", "code, version"),
    )


def _table_shape(contract: TableContract) -> tuple[Check, ...]:
    key = ", ".join(contract.key)
    tokens = ", ".join(literal(word) for word in FORBIDDEN_WORDS)
    quantiles = ", ".join(literal(name) for name in QUANTILES)
    no_figure = (
        "(name LIKE '%\\_band' ESCAPE '\\' OR NOT list_has_any(string_split(lower(name), '_'), "
        f"[{tokens}])) AND (name IN ({quantiles}) OR NOT regexp_full_match(lower(name), 'p[0-9]+'))"
    )
    missing, rows = "CAST(count(*) = 0 AS INTEGER)", "concat(count(*), ' rows')"
    present = of_the_table("rows_present", "There is at least one row.", "candidate", missing, "at least 1 row", rows)
    return (
        *(() if contract.name in MAY_BE_EMPTY else (present,)),
        _unique("key_unique", "No two rows describe the same cell; empty dimensions count as equal.", "candidate", key),
        must_hold(
            "forbidden_columns",
            "No column holds a minimum, maximum, mean, sum, exact count, exact share or undeclared quantile.",
            "candidate_columns",
            no_figure,
        ),
        must_hold(
            "no_identity",
            "No text contains the id of a participant or holding group.",
            "texts",
            "NOT names_someone",
        ),
    )


def _labels(inputs: GateInput, profile: Profile) -> tuple[Check, ...]:
    release, period, name = literal(inputs.release_id), literal(inputs.period), literal(profile.name)
    return (
        must_hold("release_id_matches", "Every row names this release.", "candidate", f"release_id = {release}"),
        must_hold("period_matches", "Every row is of the release's period.", "candidate", f"period = {period}"),
        must_hold("profile_matches", "Every row names the profile in force.", "candidate", f"profile = {name}"),
    )


def _catalogue(contract: TableContract) -> tuple[Check, ...]:
    named = [name for name in ("unit", "direction") if name in contract.column_names]
    return (
        must_hold("kpi_in_catalogue", "Every KPI and version is in the catalogue.", "cells", "in_catalogue"),
        *(must_hold(f"{name}_matches", f"The {name} is the catalogue's.", "cells", f"{name} = cat_{name}") for name in named),
    )


def _cut(contract: TableContract, profile: Profile) -> tuple[Check, ...]:
    names = dimensions(contract)
    no_blank = " AND ".join(f"({name} IS NULL OR {name} <> '')" for name in names)
    with_vendor = " OR ".join(f"{name} IS NOT NULL" for name in names if name in VENDOR_DIMENSIONS)
    bands = ", ".join(literal(share_band(*band)) for band in profile.share_bands)
    attributed = must_hold(
        "attributed_band",
        "The attributed share is one of the profile's bands, and empty where the cut has no vendor.",
        "candidate",
        f"attributed IS NULL OR (attributed IN ({bands}) AND ({with_vendor or 'false'}))",
    )
    return (
        must_hold(
            "dimensions_match_cut",
            "A dimension is filled exactly where the cut names it, in the order of the columns.",
            "cells",
            f"cut = cut_of_dimensions AND {no_blank}",
        ),
        *((attributed,) if "attributed" in contract.column_names else ()),
    )


def _quantiles() -> tuple[Check, ...]:
    in_range = " AND ".join(f"({q} IS NULL OR {q} BETWEEN cat_min AND cat_max)" for q in QUANTILES)
    return (
        must_hold(
            "quantiles_ordered",
            "Printed quantiles do not fall from P10 to P90: lower bands first, then rising numbers, then upper bands.",
            "cells",
            "numbers = list_sort(numbers) AND states = list_sort(states)",
        ),
        must_hold(
            "quantile_printed_once",
            "No quantile is both a number and a band, or in both bands.",
            "cells",
            "times_printed <= 1",
        ),
        must_hold(
            "edge_lists_in_order",
            "The lists of banded quantiles name each once, from P10 to P90.",
            "cells",
            "(edge_low IS NULL OR edge_low = array_to_string(low_in_order, ','))"
            " AND (edge_high IS NULL OR edge_high = array_to_string(high_in_order, ','))",
        ),
        must_hold("numbers_in_hard_range", "Every quantile lies in its KPI's hard range.", "cells", in_range),
        must_hold(
            "quantiles_allowed",
            "A quantile is printed exactly where the windows allow it for the cell's number of groups and no attack succeeded with it.",
            "fresh_cells",
            "printed = allowed",
        ),
    )


def _intervals(contract: TableContract) -> tuple[Check, ...]:
    """The same checks on the interval of each quantile whose interval the contract has."""
    printed = {quantile: name for quantile, name in INTERVAL_NAMES.items() if f"{quantile}_low" in contract.column_names}
    return tuple(check for quantile, name in printed.items() for check in _interval(quantile, name))


def _interval(quantile: str, name: str) -> tuple[Check, ...]:
    low, high = f"{quantile}_low", f"{quantile}_high"
    prefix = f"{name.replace(' ', '_')}_interval"
    return (
        must_hold(
            f"{prefix}_complete",
            f"The interval on the {name} has both ends or neither.",
            "cells",
            f"({low} IS NULL) = ({high} IS NULL)",
        ),
        must_hold(
            f"{prefix}_ordered",
            f"The interval's ends are in order and hold the {name} between them.",
            "cells",
            f"({low} IS NULL OR {high} IS NULL OR {low} <= {high})"
            f" AND ({low} IS NULL OR {quantile} IS NULL OR {low} <= {quantile})"
            f" AND ({high} IS NULL OR {quantile} IS NULL OR {quantile} <= {high})",
        ),
        must_hold(
            f"{prefix}_in_range",
            f"The ends of the interval on the {name} lie in the KPI's hard range.",
            "cells",
            f"({low} IS NULL OR {low} BETWEEN cat_min AND cat_max) AND ({high} IS NULL OR {high} BETWEEN cat_min AND cat_max)",
        ),
        must_hold(
            f"{prefix}_allowed",
            f"The interval on the {name} is printed only where its windows are clear of the tails and of every printed window.",
            "fresh_cells",
            f"({low} IS NULL AND {high} IS NULL) OR list_contains(allowed_intervals, '{quantile}')",
        ),
    )


def _protection(inputs: GateInput, contract: TableContract, profile: Profile) -> tuple[Check, ...]:
    bands = ", ".join(count_band(low, high) for low, high in profile.count_bands)
    share = profile.homogeneity_share
    established = must_hold(
        "enough_established",
        "From the second period on, every newly computed cell holds the minimum number of established groups.",
        "fresh_cells",
        f"ev_established >= {profile.k}",
        limit=f"at least {profile.k} established groups",
    )
    return (
        must_hold("cell_in_evidence", "Every newly computed row is a cell that has data.", "fresh_cells", "in_evidence"),
        must_hold(
            "enough_groups",
            "Every newly computed cell holds the minimum number of groups.",
            "fresh_cells",
            f"ev_contributors >= {profile.k}",
            limit=f"at least {profile.k} groups",
        ),
        established if inputs.previous_period else replace(established, not_applicable=NO_PERIOD),
        must_hold(
            "contributors_band_matches",
            "The contributors band is the one that holds the cell's number of groups.",
            "fresh_cells",
            "contributors_band = ev_contributors_band",
            limit=bands,
        ),
        must_hold(
            "not_homogeneous",
            "No cell where one value holds nearly every group.",
            "fresh_cells",
            f"ev_tie_share < {share!r} - 1e-9 AND ev_tie_share <= (ev_contributors - 1.5) / ev_contributors",
            limit=f"one value holds less than {share:.0%} of the groups, and not all but one",
        ),
        *(_band_matches(f"{name}_band") for name in share_columns(contract)),
        *(_grade_band(grade) for grade in grades_shown(contract)),
    )


def _band_matches(column: str) -> Check:
    return must_hold(f"{column}_matches", f"{column} is the band of the evidence's share.", "fresh_cells", f"{column} = ev_{column}")


def _grade_band(grade: str) -> Check:
    column = f"grade_{grade}_band"
    sentence = f"The band of the share of companies with grade {grade.upper()} is the evidence's, and empty in cells too small for it."
    return must_hold(f"{column}_matches", sentence, "fresh_cells", f"{column} IS NOT DISTINCT FROM ev_{column}")


def _unique(name: str, sentence: str, relation: str, key: str) -> Check:
    query = f"SELECT 1 FROM {relation} QUALIFY count(*) OVER (PARTITION BY {key}) > 1"
    return must_be_empty(name, sentence, relation, query)
