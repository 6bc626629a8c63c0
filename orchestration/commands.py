"""What the commands of several rooms share: the console, the day a night is run for, how a verdict is shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from orchestration.errors import EvenhandError
from orchestration.settings import Settings

out = Console(highlight=False, soft_wrap=True)
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
AsOf = Annotated[str, typer.Option("--as-of", help="The day the night is run for, e.g. 2026-06-30. Default: today.", metavar="DATE")]


def day_of(text: str, settings: Settings) -> date:
    """The day of --as-of, today in the settings' time zone where it is empty. Raises `EvenhandError` for no day or one out of range."""
    if not text:
        return datetime.now(ZoneInfo(settings.timezone)).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise EvenhandError(f"--as-of is {text!r}; allowed is an ISO date such as 2026-06-30.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise EvenhandError(f"--as-of is {text}; allowed are days from {FIRST_DAY} to {LAST_DAY}.")
    return day


def print_verdict(receipt: dict[str, object]) -> None:
    """A receipt for a person at a terminal."""
    from orchestration.intake.receipts import receipt_lines

    for line in receipt_lines(receipt):
        out.print(line, markup=False)
