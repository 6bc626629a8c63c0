"""Who takes part: two hundred made companies and one more whose only file is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeAlias

import numpy as np

from orchestration.demo.catalogue import STAGES
from orchestration.demo.model import Company, Earlier, picked, shuffled, stream

INDUSTRIES = {
    "C": 34, "K": 27, "G": 26, "J": 22, "O": 18, "Q": 16, "M": 14, "H": 14, "P": 10, "D": 8, "F": 7, "B": 4,
}  # fmt: skip
COUNTRIES = {
    "DE": 42, "CH": 36, "FR": 26, "NL": 20, "GB": 20, "US": 20, "AT": 15, "SE": 11, "PL": 7, "JP": 3,
}  # fmt: skip
SIZE_BANDS = {"S": 40, "M": 70, "L": 60, "XL": 30}
STAGE_WEIGHTS = np.array((0.09, 0.20, 0.09, 0.13, 0.11, 0.12, 0.12, 0.06, 0.08))
STAGE_COUNT_WEIGHTS = (0.20, 0.45, 0.25, 0.10)
GROUP_SIZES = (3, 3, 3, 2, 2, 2)
UNVERIFIED = 4
JOINERS_2024 = 14
JOINERS_2025 = 26
LATE_JOINERS = 4
FISCAL_MONTHS = (4,) * 10 + (7,) * 8 + (10,) * 8
OTHER_CURRENCIES = {"CH": ("CHF", 6), "US": ("USD", 4)}
EUR_PER_UNIT = {"EUR": 1.0, "CHF": 1.05, "USD": 0.92}
CHANGED_ON_LAST_DAY = date(2024, 6, 30)


def draw_companies(seed: int) -> tuple[Company, ...]:
    """The companies that send figures, in the order of their ids; exactly one vendor and one operator among them."""
    rng = stream(seed, "companies")
    plain = _plain_companies(rng)
    order = shuffled(rng, len(plain))
    changed = list(plain)
    for change in _special_changes(rng):
        index = order.pop(0)
        changed[index] = change(changed[index])
    return tuple(_with_earlier(_with_currencies(changed), order))


def broken_sender() -> Company:
    """A buyer in good standing whose only file carries a misspelt column."""
    return Company(
        index=-1, participant_id="DEMO-P201", holding_group_id="DEMO-G201", role="buyer", industry_code="G",
        country="DE", size_band="M", joined_on=date(2025, 1, 15), verified=True, currency="EUR", fiscal_month=1,
        stages=("OP",), quality=0.0,
    )  # fmt: skip


def participant_rows(companies: tuple[Company, ...]) -> list[list[str]]:
    """Rows of `participants.csv`; a company with an earlier entry has two dated ones."""
    return [row for company in (*companies, broken_sender()) for row in _registry_rows(company)]


def _plain_companies(rng: np.random.Generator) -> list[Company]:
    decks = zip(_deck(rng, INDUSTRIES), _deck(rng, COUNTRIES), _deck(rng, SIZE_BANDS), strict=True)
    return [_plain_company(rng, i, *cards) for i, cards in enumerate(decks)]


def _plain_company(rng: np.random.Generator, index: int, industry: str, country: str, size_band: str) -> Company:
    number = f"{index + 1:03d}"
    used = picked(rng, len(STAGES), int(rng.choice((1, 2, 3, 4), p=STAGE_COUNT_WEIGHTS)), STAGE_WEIGHTS)
    return Company(
        index=index, participant_id=f"DEMO-P{number}", holding_group_id=f"DEMO-G{number}", role="buyer",
        industry_code=industry, country=country, size_band=size_band,
        joined_on=date(2022, int(rng.integers(1, 13)), int(rng.integers(1, 29))), verified=True, currency="EUR",
        fiscal_month=1, stages=tuple(STAGES[i] for i in sorted(used)), quality=float(rng.normal()),
    )  # fmt: skip


def _deck(rng: np.random.Generator, counts: dict[str, int]) -> list[str]:
    cards = [value for value, count in counts.items() for _ in range(count)]
    return [cards[i] for i in shuffled(rng, len(cards))]


_Change: TypeAlias = Callable[[Company], Company]


def _special_changes(rng: np.random.Generator) -> list[_Change]:
    """One change per company that is not plain; applied to distinct companies in a drawn order."""
    changes: list[_Change] = [_role("vendor"), _role("operator")]
    changes += [_unverified] * UNVERIFIED
    for number, size in enumerate(GROUP_SIZES, start=1):
        changes += [_group(f"DEMO-G9{number:02d}")] * size
    changes += [_joined(date(2024, 1, int(rng.integers(3, 31)))) for _ in range(JOINERS_2024)]
    changes += [_joined(date(2025, 1, int(rng.integers(3, 31)))) for _ in range(JOINERS_2025 - LATE_JOINERS)]
    changes += [_joined(date(2025, 7, int(rng.integers(3, 31)))) for _ in range(LATE_JOINERS)]
    changes += [_fiscal(month) for month in FISCAL_MONTHS]
    return changes


def _role(role: str) -> _Change:
    return lambda company: replace(company, role=role)


def _unverified(company: Company) -> Company:
    return replace(company, verified=False)


def _group(group_id: str) -> _Change:
    return lambda company: replace(company, holding_group_id=group_id)


def _joined(day: date) -> _Change:
    return lambda company: replace(company, joined_on=day)


def _fiscal(month: int) -> _Change:
    return lambda company: replace(company, fiscal_month=month)


def _with_currencies(companies: list[Company]) -> list[Company]:
    left = {country: count for country, (_, count) in OTHER_CURRENCIES.items()}
    result: list[Company] = []
    for company in companies:
        if left.get(company.country, 0) > 0:
            left[company.country] -= 1
            result.append(replace(company, currency=OTHER_CURRENCIES[company.country][0]))
        else:
            result.append(company)
    return result


def _with_earlier(companies: list[Company], plain: list[int]) -> list[Company]:
    """One plain company moved from G to H, another grew from M to L, both in the middle of 2024."""
    moved = next(i for i in plain if companies[i].industry_code == "H")
    grown = next(i for i in plain if companies[i].size_band == "L" and i != moved)
    result = list(companies)
    result[moved] = replace(result[moved], earlier=Earlier("G", result[moved].size_band, CHANGED_ON_LAST_DAY))
    result[grown] = replace(result[grown], earlier=Earlier(result[grown].industry_code, "M", CHANGED_ON_LAST_DAY))
    return result


def _registry_rows(company: Company) -> list[list[str]]:
    if company.earlier is None:
        return [_registry_row(company, company.industry_code, company.size_band, "", "")]
    before, last_day = company.earlier, company.earlier.until
    first_day = date.fromordinal(last_day.toordinal() + 1)
    return [
        _registry_row(company, before.industry_code, before.size_band, "", last_day.isoformat()),
        _registry_row(company, company.industry_code, company.size_band, first_day.isoformat(), ""),
    ]


def _registry_row(company: Company, industry: str, size_band: str, valid_from: str, valid_to: str) -> list[str]:
    return [
        company.participant_id, company.holding_group_id, company.role, industry, company.country, size_band,
        company.joined_on.isoformat(), "true" if company.verified else "false", valid_from, valid_to,
        company.participant_id.replace("DEMO-P", "DEMO-REGISTER-"), "demo-1",
    ]  # fmt: skip
