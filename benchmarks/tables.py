"""The README's tables, made from the figures in `results/`. Measures nothing."""

from __future__ import annotations

from typing import Any

from benchmarks.cube import declared_cuts, is_equal

NAMES = {"duckdb": "DuckDB", "polars": "Polars", "pandas": "pandas"}
FULL_RATIO_BAR = 2.0
SHARE_BAR = 0.15
IDLE_SECONDS_BAR = 3
SHOWN_MODELS = 12


def cube_tables(measured: list[dict[str, Any]]) -> str:
    """One column for each size."""
    rows = [
        ("dbt part, wall", [_dbt(f) for f in measured]),
        ("of which dbt's own start-up and end", [f"{f['dbt']['start_up']['median']:.1f} s" for f in measured]),
        *((f"{label} by hand", [_hand(f, version) for f in measured]) for version, label in NAMES.items()),
        (f"**ratio, dbt part to DuckDB by hand** (at most {FULL_RATIO_BAR})", [f"**{_ratio(f):.2f}**" for f in measured]),
        ("ratio, without dbt's start-up", [f"{f['dbt']['busy']['median'] / f['by_hand']['duckdb']['median']:.2f}" for f in measured]),
        (
            "ratio, processor time of the processes",
            [f"{f['dbt']['cpu_median'] / f['by_hand']['duckdb']['cpu_median']:.2f}" for f in measured],
        ),
        ("cells compared with `cell_evidence`", [_equal(f["differences"]) for f in measured]),
        ("one per cent more rows: dbt part, wall", [_dbt(f["one_per_cent"]) for f in measured]),
        (f"**share of the full run, start-up apart** (at most {SHARE_BAR:.0%})", [f"**{share(f):.1%}**" for f in measured]),
        ("its cells compared with the yardstick's on all rows", [_equal({"duckdb": f["one_per_cent"]["differences"]}) for f in measured]),
    ]
    return "\n".join(
        [*(_on(f) for f in measured), "", *_table(["", *(f"{f['rows']:,} observations" for f in measured)], rows), "", *_spent(measured)]
    )


def share(figures: dict[str, Any]) -> float:
    """What one per cent more rows cost beyond start-up, of the full run. The bar is this share of the full run plus start-up."""
    return max(0.0, figures["one_per_cent"]["dbt"]["busy"]["median"] / figures["dbt"]["wall"]["median"])


def _ratio(figures: dict[str, Any]) -> float:
    return figures["dbt"]["wall"]["median"] / figures["by_hand"]["duckdb"]["median"]


def _spent(measured: list[dict[str, Any]]) -> list[str]:
    """Where the dbt part's wall time goes, of a full run and of one per cent more rows; the groups add up to it."""
    runs = [(head, f["dbt"]) for g in measured for head, f in ((f"{g['rows']:,}", g), ("one per cent more", g["one_per_cent"]))]
    names = dict.fromkeys(name for _, dbt in runs for name in dbt["groups"])
    rows = [(name, [_group_time(dbt["groups"], name) for _, dbt in runs]) for name in names]
    last = measured[-1]
    slowest = [
        (m["model"], [m["group"], f"{m['seconds']:.1f} s", "view" if m["rows"] is None else f"{m['rows']:,}", _later(last, m["model"])])
        for m in last["dbt"]["models"][:SHOWN_MODELS]
    ]
    return [
        f"Where the dbt part's time goes, of the middle runs (all {len(declared_cuts())} declared cuts):",
        "",
        *_table(["", *(head for head, _ in runs)], rows),
        "",
        f"The slowest models at {last['rows']:,} (two nodes run at a time, so that these seconds overlap):",
        "",
        *_table(["model", "what for", "seconds", "rows", "one per cent more"], slowest),
    ]


def _group_time(groups: dict[str, float], name: str) -> str:
    seconds = groups.get(name, 0)
    return f"{seconds:.1f} s ({seconds / sum(groups.values()):.0%})"


def _later(figures: dict[str, Any], model: str) -> str:
    return next((f"{m['seconds']:.1f} s" for m in figures["one_per_cent"]["dbt"]["models"] if m["model"] == model), "")


def night_tables(figures: dict[str, Any]) -> str:
    first, later, idle = figures["first"], figures["later"], figures["nothing_new"]
    stages = list(dict.fromkeys(name for ran in (first, *later) for name in ran["stages"]))
    rows = [(name, _beside([(_stage(ran, name), _part(first, ran, name)) for ran in (first, *later)])) for name in stages]
    whole = [(f"**{ran['seconds']:.1f} s**", f"**{ran['seconds'] / first['seconds']:.1%}**") for ran in (first, *later)]
    rows += [("**whole process** (with imports)", _beside(whole))]
    rows += [("peak memory", _beside([(f"{ran['peak_mb']:,} MB", "") for ran in (first, *later)]))]
    brought = " and ".join(f"{ran['rows']:,} rows in {ran['files']:,} files" for ran in later)
    heads = ["stage", "first night", "one per cent more", "share", "and one more", "share"]
    return "\n".join(
        [
            (
                f"{_on(figures)} {figures['companies']:,} companies, {figures['files']:,} files; the second and the third night bring {brought}. "
                f"Cells after them against the yardstick's: {_equal({'duckdb': figures['differences']})}."
            ),
            "",
            *_table(heads, rows),
            "",
            (
                f"A night with nothing new and nothing due: **{idle['seconds']['median']:.2f} s** of wall time (at most {IDLE_SECONDS_BAR} s), "
                f"median of {len(idle['seconds']['all'])}; {idle['peak_mb']:,} MB."
            ),
        ]
    )


def growth_tables(figures: dict[str, Any]) -> str:
    rows = [
        (
            f"{s['rows']:,}",
            [
                f"{s['dbt']['wall']['median']:.1f} s",
                f"{s['dbt']['peak_mb']:,} MB",
                f"{s['by_hand']['median']:.1f} s",
                f"{s['by_hand']['peak_mb']:,} MB",
                f"{s['dbt']['wall']['median'] / s['by_hand']['median']:.2f}",
                "equal" if s["equal"] else "NOT EQUAL",
            ],
        )
        for s in figures["sizes"]
    ]
    lines = "; ".join(
        f"{label}: {line['at_nothing']:.1f} s and {line['per_million']:.2f} s a million observations, R² {line['r2']:.4f}"
        for label, line in (("dbt part", figures["lines"]["dbt"]), ("by hand", figures["lines"]["by_hand"]))
    )
    head = ["observations", "dbt part", "peak memory", "DuckDB by hand", "peak memory", "ratio", "cells"]
    runs = len(figures["sizes"][0]["dbt"]["wall"]["all"])
    return "\n".join(
        [
            f"{_on(figures)} Medians of {runs}.",
            "",
            "![Growth](results/growth.svg)",
            "",
            f"Straight lines by least squares: {lines}.",
            "",
            *_table(head, rows),
        ]
    )


def memory_tables(figures: dict[str, Any]) -> str:
    dbt, hand = figures["dbt"], figures["by_hand"]["duckdb"]
    rows = [
        ("lake", [f"{figures['lake_mb']:,} MB of Parquet"]),
        ("dbt part", [f"{dbt['wall']['median']:.0f} s"]),
        (f"**peak resident memory** (stopped beyond {figures['most_mb']:,} MB)", [f"**{dbt['peak_mb']:,} MB**"]),
        ("warehouse", [f"{figures['warehouse_mb']:,} MB"]),
        ("DuckDB by hand, same limit", [f"{hand['median']:.0f} s, {hand['peak_mb']:,} MB"]),
        ("ratio", [f"{dbt['wall']['median'] / hand['median']:.2f}"]),
        ("cells compared with `cell_evidence`", [_equal(figures["differences"])]),
    ]
    head = f"{_on(figures)} DuckDB's own limit is {figures['memory_limit']}, Python and Arrow come on top."
    return "\n".join([head, "", *_table(["", f"{figures['rows']:,} observations"], rows)])


def _on(figures: dict[str, Any]) -> str:
    on = figures["machine"]
    versions = ", ".join(
        f"{label} {on[name]}" for name, label in (("duckdb", "DuckDB"), ("polars", "Polars"), ("pandas", "pandas")) if name in on
    )
    return (
        f"{figures['rows']:,} observations: {on['cores']} cores, {on['memory_gb']} GB, {on['os']}, Python {on['python']}, dbt {on['dbt-core']}, {versions}; "
        f"load of the machine {on['load_at_start']} at the start (0 is quiet), {on['load_at_end']} at the end."
    )


def _dbt(figures: dict[str, Any]) -> str:
    return f"{figures['dbt']['wall']['median']:.1f} s, {figures['dbt']['peak_mb']:,} MB"


def _hand(figures: dict[str, Any], version: str) -> str:
    found = figures["by_hand"][version]
    return "did not finish" if "failed" in found else f"{found['median']:.1f} s, {found['peak_mb']:,} MB"


def _equal(differences: dict[str, dict[str, int]]) -> str:
    wrong = [version for version, found in differences.items() if not is_equal(found)]
    cells = next(iter(differences.values()))["cells"]
    return f"{cells:,}, equal" if not wrong else f"NOT EQUAL, so that the ratio does not count: {', '.join(wrong)}"


def _beside(nights: list[tuple[str, str]]) -> list[str]:
    """A figure of each night and its share of the first one, for which a share says nothing."""
    return [nights[0][0], *(cell for night in nights[1:] for cell in night)]


def _stage(night: dict[str, Any], name: str) -> str:
    return f"{night['stages'][name]:.1f} s" if name in night["stages"] else ""


def _part(first: dict[str, Any], second: dict[str, Any], name: str) -> str:
    both = name in first["stages"] and name in second["stages"] and first["stages"][name] > 0
    return f"{second['stages'][name] / first['stages'][name]:.1%}" if both else ""


def _table(head: list[str], rows: list[tuple[str, list[str]]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}", *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)]
