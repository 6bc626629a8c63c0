"""The review queue: pairs of vendors that may be one, those first where most depends on the answer. For people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from orchestration.vendors.book import Book
from orchestration.vendors.cluster import Doubt, do_agree, first_name, speller_of
from orchestration.vendors.decisions import Rulings
from orchestration.vendors.identity import Registry
from orchestration.vendors.match import Form, evidence, form_of
from orchestration.vendors.normalise import parse

MARKER_SCORE = 3.0


def review_queue(registry: Registry, rulings: Rulings) -> list[Doubt]:
    """What to ask, ranked by the strength of the evidence and the size of the smaller vendor; what was answered is not asked again."""
    rows = registry.identities
    sizes = Counter(row.vendor_id for row in rows.values())
    ruled: dict[str, list[str]] = {}
    for spelling in sorted(rulings.groups.keys() & rows.keys()):
        ruled.setdefault(rows[spelling].vendor_id, []).append(spelling)
    best: dict[tuple[str, str], Doubt] = {}
    for a, b, reason, score in _suspicions(registry):
        left, right = sorted((a, b), key=lambda s: rows[s].vendor_id)
        pair = (rows[left].vendor_id, rows[right].vendor_id)
        if pair[0] == pair[1] or rulings.are_apart(ruled.get(pair[0], []), ruled.get(pair[1], [])):
            continue
        doubt = Doubt(min(left, right), max(left, right), reason, round(score * math.log2(1 + min(sizes[pair[0]], sizes[pair[1]])), 3))
        best[pair] = min(best.get(pair, doubt), doubt, key=_rank)
    return sorted(best.values(), key=_rank)


def _rank(doubt: Doubt) -> tuple[float, str, str, str]:
    return (-doubt.score, doubt.left, doubt.right, doubt.reason)


def _suspicions(registry: Registry) -> Iterator[tuple[str, str, str, float]]:
    """(spelling, spelling, reason, score) of every pair of forms with any evidence, one spelling for each vendor and form."""
    names = {spelling: parse(spelling) for spelling in sorted(registry.identities)}
    speller = speller_of(names.values())
    forms = {spelling: form_of(name, speller) for spelling, name in names.items()}
    by_form = _spellings_by_form(registry, forms)
    book = Book()
    for form in forms.values():
        book.add(form)
    for key, spellings in sorted(by_form.items()):
        yield from ((spellings[0], other, "whole", 9.0) for other in spellings[1:])
        first = by_form.get(first_name(book.forms[key]), [])
        if not book.forms[key].is_plain:
            yield from (
                (spelling, other, "+".join(sorted(book.forms[key].markers)), MARKER_SCORE) for spelling in spellings for other in first
            )
    for a, b in book.pairs():
        found = evidence(book.forms[a], book.forms[b])
        if found:
            reason = found.rule if not found.is_sure or do_agree(book.forms[a].core, book.forms[b].core) else "chain"
            yield from ((s, t, reason, found.score) for s in by_form[a] for t in by_form[b])


def _spellings_by_form(registry: Registry, forms: dict[str, Form]) -> dict[str, list[str]]:
    """One spelling for each form and vendor, so that a pair of vendors is looked at once for each pair of forms."""
    chosen: dict[tuple[str, str], str] = {}
    for spelling in sorted(forms):
        chosen.setdefault((forms[spelling].key, registry.identities[spelling].vendor_id), spelling)
    by_form: dict[str, list[str]] = {}
    for (key, _), spelling in sorted(chosen.items()):
        by_form.setdefault(key, []).append(spelling)
    return by_form
