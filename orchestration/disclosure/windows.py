"""Which ranks a published quantile averages, and whether it may be printed (DISCLOSURE "Estimator", steps 1 to 3).

All positions are integers in fortieths of a rank, so that no boundary depends on floating point: with p a multiple of
1/20 and a whole window w, h = (n - 1) p + 1 and the window [h - w/2, h + w/2) have exact fortieths.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.contracts import Profile

UNIT = 40
TWENTIETHS = {"p10": 2, "p25": 5, "p50": 10, "p75": 15, "p90": 18}
MEDIAN, QUARTILES, TAILS = ("p50",), ("p25", "p75"), ("p10", "p90")


@dataclass(frozen=True)
class Window:
    """The fractional window of one quantile: `low` and `high` in fortieths of a rank, and the ranks it touches."""

    quantile: str
    low: int
    high: int

    @property
    def first_rank(self) -> int:
        return (self.low - UNIT // 2) // UNIT + 1

    @property
    def last_rank(self) -> int:
        return -((-self.high - UNIT // 2) // UNIT) - 1

    def weight(self, rank: int) -> int:
        """Overlap of the window with the unit cell [rank - 1/2, rank + 1/2), in fortieths."""
        return max(0, min(self.high, UNIT * rank + UNIT // 2) - max(self.low, UNIT * rank - UNIT // 2))

    def shares_rank_with(self, other: Window) -> bool:
        return self.first_rank <= other.last_rank and other.first_rank <= self.last_rank


def window(quantile: str, groups: int, width: int) -> Window:
    """The window of `width` ranks around Hyndman & Fan's type 7 position h = (n - 1) p + 1 in a cell of `groups`."""
    low = 2 * TWENTIETHS[quantile] * (groups - 1) + UNIT - UNIT // 2 * width
    return Window(quantile, low, low + UNIT * width)


def printed_windows(groups: int, profile: Profile) -> tuple[Window, ...]:
    """The windows of the quantiles that a cell of `groups` holding groups may print, in order of p. Empty below k."""
    median = window("p50", groups, profile.window)
    if groups < profile.k or not (median.first_rank >= 1 and median.last_rank <= groups):
        return ()
    printed = [median]
    for pair in (QUARTILES, TAILS):
        both = [window(q, groups, profile.window) for q in pair]
        if not all(_clear_of_tails(w, groups, profile) for w in both) or _any_shared(printed + both):
            break
        printed += both
    return tuple(sorted(printed, key=lambda w: w.low))


def _clear_of_tails(candidate: Window, groups: int, profile: Profile) -> bool:
    return candidate.first_rank >= profile.tail and candidate.last_rank <= groups - profile.tail + 1


def _any_shared(windows: list[Window]) -> bool:
    return any(a.shares_rank_with(b) for i, a in enumerate(windows) for b in windows[i + 1 :])
