"""What must hold of a protected table whatever the contract says: DISCLOSURE and INTERFACE, one check a rule.

Conditions over the relations of `relations.py` and `cells.py`. A re-served row shows an earlier edition, so what
depends on today's evidence is asked of fresh rows only; a re-served row must be the previous revision's, unchanged.
"""

from __future__ import annotations

from dataclasses import replace

from orchestration.contracts import Policy, Profile, TableContract
from orchestration.gate.cells import GRADES, count_band, dimensions, share_band
from orchestration.gate.check import Check, at_least_one_row, must_hold, unexpected_rows
from orchestration.gate.estimator import QUANTILES
from orchestration.gate.model import GateInput, Severity
from orchestration.gate.sql import literal

FORBIDDEN_WORDS = (
    "min", "minimum", "max", "maximum", "mean", "avg", "average", "sum", "total", "count", "n",
    "contributors", "established", "share", "std", "stddev", "variance", "var", "rank",
)  # fmt: skip
VENDOR_DIMENSIONS = ("vendor", "vendor_class")
INTERVAL_NAMES = {"p50": "median", "p25": "lower quartile", "p75": "upper quartile"}
NO_REVISION, NO_PERIOD = "no previous revision", "no previous period"


def invariant_checks(inputs: GateInput, contract: TableContract, profile: Profile, policy: Policy) -> tuple[Check, ...]:
    """The invariants in their order: inputs, table, labels, cuts, figures, protection, change."""
    return (
        *_inputs_usable(),
        *_table_shape(contract),
        *_labels(inputs, profile),
        *_cut(contract, profile),
        *_quantiles(),
        *_intervals(),
        *_protection(inputs, profile),
        *_revision(inputs, contract),
        *_change(inputs, policy),
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
    return (
        at_least_one_row("rows_present", "There is at least one row.", "candidate"),
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
        must_hold("kpi_in_catalogue", "Every KPI and version is in the catalogue.", "cells", "in_catalogue"),
        must_hold("unit_matches", "The unit is the catalogue's.", "cells", "unit = cat_unit"),
        must_hold("direction_matches", "The direction is the catalogue's.", "cells", "direction = cat_direction"),
    )


def _cut(contract: TableContract, profile: Profile) -> tuple[Check, ...]:
    names = dimensions(contract)
    no_blank = " AND ".join(f"({name} IS NULL OR {name} <> '')" for name in names)
    with_vendor = " OR ".join(f"{name} IS NOT NULL" for name in names if name in VENDOR_DIMENSIONS)
    bands = ", ".join(literal(share_band(*band)) for band in profile.share_bands)
    return (
        must_hold(
            "dimensions_match_cut",
            "A dimension is filled exactly where the cut names it, in the order of the columns.",
            "cells",
            f"cut = cut_of_dimensions AND {no_blank}",
        ),
        must_hold(
            "attributed_band",
            "The attributed share is one of the profile's bands, and empty where the cut has no vendor.",
            "candidate",
            f"attributed IS NULL OR (attributed IN ({bands}) AND ({with_vendor or 'false'}))",
        ),
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
            "A quantile is printed exactly where the profile's windows allow it for the cell's number of groups.",
            "fresh_cells",
            "printed = allowed",
        ),
    )


def _intervals() -> tuple[Check, ...]:
    """Three checks on the interval of the median, which every reader knows, and the same on those of the quartiles."""
    return tuple(check for quantile, name in INTERVAL_NAMES.items() for check in _interval(quantile, name))


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


def _protection(inputs: GateInput, profile: Profile) -> tuple[Check, ...]:
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
        _band_matches("tie_share_band", "most common value"),
        _band_matches("zero_share_band", "value zero"),
        *(_grade_band(grade) for grade in GRADES),
    )


def _band_matches(column: str, what: str) -> Check:
    sentence = f"The band of the share at the {what} is the evidence's."
    return must_hold(f"{column}_matches", sentence, "fresh_cells", f"{column} = ev_{column}")


def _grade_band(grade: str) -> Check:
    column = f"grade_{grade}_band"
    sentence = f"The band of the share of companies with grade {grade.upper()} is the evidence's, and empty in cells too small for it."
    return must_hold(f"{column}_matches", sentence, "fresh_cells", f"{column} IS NOT DISTINCT FROM ev_{column}")


def _revision(inputs: GateInput, contract: TableContract) -> tuple[Check, ...]:
    same = ", ".join(name for name in contract.column_names if name not in ("release_id", "status"))
    key = ", ".join(contract.key)
    hidden = unexpected_rows(
        "hidden_stays_hidden",
        "A revision shows no cell that the revision before it hid.",
        "candidate",
        f"SELECT 1 AS violation FROM (SELECT {key} FROM {{batch}} EXCEPT SELECT {key} FROM previous_revision)",
    )
    return (
        unexpected_rows(
            "reserved_unchanged",
            "A re-served row is the previous revision's row, unchanged.",
            "reserved_rows",
            f"SELECT 1 AS violation FROM (SELECT {same} FROM {{batch}} EXCEPT ALL SELECT {same} FROM previous_revision)",
        ),
        hidden if inputs.previous_revision else replace(hidden, not_applicable=NO_REVISION),
    )


def _change(inputs: GateInput, policy: Policy) -> tuple[Check, ...]:
    revision = _change_checks("revision", policy.revision_row_change_share, "error")
    period = _change_checks("period", policy.period_row_change_share, "warning")
    return (
        *(check if inputs.previous_revision else replace(check, not_applicable=NO_REVISION) for check in revision),
        *(check if inputs.previous_period else replace(check, not_applicable=NO_PERIOD) for check in period),
    )


def _change_checks(against: str, share: float, severity: Severity) -> tuple[Check, ...]:
    relation = f"{against}_change"
    return (
        must_hold(
            f"{against}_rows",
            f"The number of rows is close to that of the previous {against}.",
            relation,
            f"abs(rows_now - rows_before) <= {share!r} * rows_before + 1e-9",
            limit=f"at most {share:.0%} more or fewer rows",
            severity=severity,
            figures=f"SELECT rows_now, concat(rows_now, ' rows, ', rows_before, ' before') FROM {relation}",
        ),
        must_hold(
            f"{against}_coverage",
            f"Most cells of the previous {against} are still there.",
            relation,
            f"cells_before - cells_kept <= {share!r} * cells_before + 1e-9",
            limit=f"at most {share:.0%} of the cells gone",
            severity=severity,
            figures=f"SELECT cells_before, concat(cells_kept, ' of ', cells_before, ' cells kept') FROM {relation}",
        ),
    )


def _unique(name: str, sentence: str, relation: str, key: str) -> Check:
    query = f"SELECT 1 AS violation FROM {{batch}} QUALIFY count(*) OVER (PARTITION BY {key}) > 1"
    return unexpected_rows(name, sentence, relation, query)
