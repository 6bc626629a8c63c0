"""Small Markdown tables for the metadata of assets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; "nothing" where there are no rows."""
    body = ["| " + " | ".join(str(value) for value in row) + " |" for row in rows]
    if not body:
        return "nothing"
    return "\n".join(["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *body])
