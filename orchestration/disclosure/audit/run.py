"""All attacks on one candidate, as claims: what was tried, how much of it, the narrowest interval found, and whether it held."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.contracts import Profile
from orchestration.disclosure.audit import attacks, pairs
from orchestration.disclosure.audit.editions import PublishedEdition
from orchestration.disclosure.audit.outcome import Outcome

AUDIT = "audit.json"
EDITIONS = 8
SAYS = {
    "identification": (
        "No group is singled out by sums and differences of published sets, two colluders helping.",
        "cells, stacked with earlier editions of the period",
    ),
    "interval": (
        "No group's value is pinned to less than the limit by what its cell prints, two colluders helping.",
        "cells, each under the worst coalitions",
    ),
    "change_of_one": (
        "Had one group joined or left since an edition, new figures would not be served beside the old ones.",
        "cells, each decided on as if one of its groups were not there",
    ),
    "revision": (
        "Old and new figures of a cell together pin nobody to less than the limit.",
        "cells that changed since they were served",
    ),
    "two_cells": (
        "Two cells that differ by few groups pin nobody to less than the limit; inner and outer cells and chains of editions are such.",
        "pairs of cells that differ least",
    ),
    "rebuild": (
        "Figures that are made a second time, on one thread and from rows in another order, are the same.",
        "cells published, and all others",
    ),
    "neutrality": (
        "Under other names and in another order, vendors, companies and cells are decided on in the same way.",
        "cells published, and all others",
    ),
    "newcomers": (
        "Were all groups of a cell newcomers but one fewer than the minimum, it would not be published.",
        "cells, each decided on as if filled up with newcomers",
    ),
}
"""What each claim says, and what is counted as tried."""
NOT_TRIED_HERE = (
    "Own reports: the program that writes one is given one participant's values and the published tables, and nothing else. "
    "That two consortia with equal tables give equal reports for equal own values is tried in the test suite, not on each release."
)


@dataclass(frozen=True)
class Claim:
    """One claim and what became of the attack on it. narrowest, limit: shares of the typical range, or None where no interval is looked for."""

    name: str
    says: str
    tried: str
    count: int
    broken: int
    narrowest: float | None = None
    limit: float | None = None

    @property
    def passed(self) -> bool:
        return self.broken == 0


@dataclass(frozen=True)
class Audit:
    """claims: in the order of DISCLOSURE. broken: the candidate's cells that an attack broke, by place."""

    claims: tuple[Claim, ...]
    broken: frozenset[int]
    pinned: frozenset[int]


def audit(
    candidate: PublishedEdition,
    served: Sequence[PublishedEdition],
    profile: Profile,
    known: dict[str, float],
    made: Sequence[Claim] = (),
    threads: int = 1,
    sets: attacks.SetsKnown | None = None,
) -> Audit:
    """Attack a candidate beside the editions served before it. known: narrowest intervals by the content of a cell, and taken note of.
    made: claims on how the candidate was made, which stand beside those on what it says. threads: how many cells are attacked at a time.
    sets: what attack 1 found in families before, by content, and taken note of.
    """
    limit = profile.narrowest_interval
    identified = attacks.identify(candidate, served, sets)
    pinned = attacks.pin(candidate, limit, known, threads)
    changed = attacks.change_one(candidate, profile)
    revised = pairs.revise(candidate, served, limit, known)
    compared = pairs.compare(candidate, served, limit, known)
    filled = attacks.fill_up(candidate, profile)
    claims = (
        _claim("identification", identified),
        _claim("interval", pinned, limit),
        _claim("change_of_one", changed),
        _claim("revision", revised, limit),
        _claim("two_cells", compared, limit),
        _claim("newcomers", filled),
    )
    found = {place for outcome in (identified, pinned, changed, revised, compared, filled) for place in outcome.broken}
    return Audit(
        tuple(sorted((*claims, *made), key=lambda claim: list(SAYS).index(claim.name))), frozenset(found), frozenset(pinned.broken)
    )


def stacked(before: Sequence[str], release_id: str) -> list[str]:
    """Of the ids of all editions that left before one, in order, those that it is attacked beside: the last eight, and all of its period."""
    return [name for place, name in enumerate(before) if place >= len(before) - EDITIONS or _period(name) == _period(release_id)]


def _period(release_id: str) -> str:
    return release_id.rsplit("-r", 1)[0]


def audit_of(release_id: str, profile: Profile, editions: Mapping[str, str], content: str, catalogue: bytes) -> dict[str, object]:
    """What an audit says that it was made of. editions: those that left before, each with a digest of its tables. content: the digest
    of the rows; catalogue: what they are read with.
    """
    return {
        "release_id": release_id,
        "profile": profile.name,
        "beside_editions": dict(editions),
        "content_sha256": content,
        "catalogue_sha256": hashlib.sha256(catalogue).hexdigest(),
    }


def audit_text(attacked: Mapping[str, object], claims: Sequence[Claim]) -> str:
    """`audit.json`. attacked: as from `audit_of`. Percentages are of the typical range, rounded down to a tenth."""
    facts = {
        **attacked,
        "passed": all(claim.passed for claim in claims),
        "claims": [_facts(claim) for claim in claims],
        "not_tried_here": NOT_TRIED_HERE,
    }
    return json.dumps(facts, indent=1, sort_keys=True) + "\n"


def made_claim(name: str, tried: int, broken: int) -> Claim:
    """A claim on how a candidate was made: `rebuild` or `neutrality`."""
    return Claim(name, *SAYS[name], tried, broken)


def _claim(name: str, outcome: Outcome, limit: float | None = None) -> Claim:
    narrowest = outcome.narrowest if outcome.narrowest is not None and math.isfinite(outcome.narrowest) else None
    return Claim(name, *SAYS[name], outcome.tried, len(outcome.broken), narrowest, limit)


def _facts(claim: Claim) -> Mapping[str, Any]:
    return {
        "name": claim.name,
        "claim": claim.says,
        "what_was_tried": claim.tried,
        "how_many": claim.count,
        "broken": claim.broken,
        "narrowest_interval_percent": None if claim.narrowest is None else math.floor(claim.narrowest * 1000 + 1e-6) / 10,
        "limit_percent": None if claim.limit is None else round(claim.limit * 100, 6),
        "passed": claim.passed,
    }
