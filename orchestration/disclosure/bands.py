"""Numbers that are only ever shown as bands, as SQL: counts of groups and shares, with the bounds of the profile."""

from __future__ import annotations

from orchestration.contracts import Profile


def count_band(column: str, profile: Profile) -> str:
    """The band of a number of groups; NULL below the lowest band."""
    cases = " ".join(
        f"when {column} >= {low} then '{f'{low}+' if high is None else f'{low}-{high}'}'" for low, high in reversed(profile.count_bands)
    )
    return f"case {cases} end"


def share_band(share: str, profile: Profile, source: str = "e") -> str:
    """The band, in percent, of a share between 0 and 1; `source` has it as a column."""
    cases = " ".join(
        f"when round(100 * {source}.{share}, 9) >= {low} then '{low}-{high}'" for low, high in reversed(profile.bands_of(share))
    )
    return f"case {cases} end"
