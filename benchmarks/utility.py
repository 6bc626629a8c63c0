"""What protection costs: how many cells and readers are served, and how far published figures are from exact ones.

    python -m benchmarks.utility HOME [--name demo] [--period 2025 ...] [--profile public members] [--without KPI ...]

HOME is a workspace whose warehouse is built (`make demo` leaves one in workspace/demo). Candidates of the periods are made anew in a
throwaway folder, each period beside the one before it, decided on and attacked as if they were due; nothing in HOME is changed. With a
name the figures are kept as `results/utility_<name>.json` and written into the README.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from benchmarks.measuring import RESULTS, put_into_readme, write_result
from orchestration.contracts import Profile, disclosure_policy, release_contracts
from orchestration.cuts import DIMENSIONS
from orchestration.disclosure.candidates import build_candidates
from orchestration.disclosure.coming import Candidate, Coming
from orchestration.disclosure.datasets import DATASETS
from orchestration.disclosure.deciding import Past, same_cell
from orchestration.disclosure.protect import open_marts
from orchestration.periods import Period, parse_period
from orchestration.settings import load_settings
from orchestration.sql import literal
from orchestration.warehouse import DBT_PROJECT

KEY = ("kpi_code", "kpi_version", "cut", *DIMENSIONS)
QUANTILES = ("p10", "p25", "p50", "p75", "p90")
CATALOGUE = DBT_PROJECT / "seeds" / "kpi_catalogue.csv"


def measure(home: Path, profile: Profile, periods: list[Period], without: list[str]) -> dict[str, Any]:
    """The figures of one profile over some periods of one workspace, but for some KPIs. Shares in percent; errors in percent of the exact interquartile
    range of the cell (on log10 for KPIs of log scale), and in percentile-rank points.
    """
    settings = load_settings(home)
    with tempfile.TemporaryDirectory() as name, open_marts(home / "warehouse.duckdb", settings) as connection:
        root = Path(name)
        threads = settings.threads
        build_candidates(
            connection, root, profile, release_contracts(), CATALOGUE, lambda period: _coming(root, period, periods), threads=threads
        )
        made = [c for period in periods if (c := Candidate.of(root, f"{period.label}-r0")).folder.is_dir()]
        _gather(connection, made, periods, without)
        return _figures(connection, profile)


def _coming(root: Path, period: Period, asked: list[Period]) -> Coming | None:
    if period not in asked:
        return None
    before = Candidate.of(root, f"{period.previous.label}-r0")
    ledgers = {dataset.name: before.ledger(dataset.name) for dataset in DATASETS if dataset.contributors}
    past = (Past(before.release_id, False, before.folder, ledgers),) if before.folder.is_dir() else ()
    year_before = Candidate.of(root, f"{period.year_before.label}-r0").folder
    return Coming(f"{period.label}-r0", year_before if year_before.is_dir() else None, past, is_due=True, stack=past)


def _gather(connection: duckdb.DuckDBPyConnection, made: list[Candidate], periods: list[Period], without: list[str]) -> None:
    others = f"kpi_code not in ({', '.join(map(literal, ['', *without]))})"
    files = {kind: [literal(str(path(c))) for c in made] for kind, path in _PATHS.items()}
    for kind, paths in files.items():
        connection.execute(f"create or replace temp table {kind} as select * from read_parquet([{', '.join(paths)}]) where {others}")
    labels = ", ".join(literal(period.label) for period in periods)
    connection.execute(
        f"create or replace temp table own as select * from warehouse.marts.participant_values where period in ({labels}) and {others}"
    )


_PATHS = {
    "shown": lambda c: c.dataset,
    "exact": lambda c: c.evidence,
    "members": lambda c: c.ledger("benchmark"),
}


def _figures(connection: duckdb.DuckDBPyConnection, profile: Profile) -> dict[str, Any]:
    key = ("period", *KEY)
    shown = {
        q: f"count(*) filter (s.{q} is not null or contains(s.edge_low, '{q}') or contains(s.edge_high, '{q}'))" for q in ("p25", "p10")
    }
    counted = connection.execute(
        f"""select count(*), count(*) filter (contributors >= {profile.k}), count(s.cut), {shown["p25"]}, {shown["p10"]}, count(s.p50_low)
        from exact as e left join shown as s on {same_cell(key, "e", "s")}"""
    ).fetchone()
    cells = counted or (0,) * 6
    readers = connection.execute(
        f"select count(*), count(s.cut) from own as o left join shown as s on {same_cell(key, 'o', 's')}"
    ).fetchone() or (0, 0)
    medians = connection.execute(
        f"""select any_value(p50), list(value order by value) from shown as s join members as m on {same_cell(key, "s", "m")}
            where p50 is not null group by {", ".join(f"s.{k}" for k in key)}"""
    ).fetchall()
    off = [rank_error(median, np.array(values)) for median, values in medians]
    return {
        "profile": profile.name,
        "cells with data": cells[0],
        "of k groups": cells[1],
        "published": cells[2],
        "with quartiles": cells[3],
        "with P10 and P90": cells[4],
        "with the interval on the median": cells[5],
        "published, % of those with data": _percent(cells[2], cells[0]),
        "published, % of those of k groups": _percent(cells[2], cells[1]),
        "own values": readers[0],
        "served at the asked level, %": _percent(readers[1], readers[0]),
        "rank error of P50, points": {"median": _quantile(off, 0.5), "P90": _quantile(off, 0.9)},
        "error, % of the interquartile range": {q: _error(connection, key, q) for q in QUANTILES},
    }


def rank_error(median: float, values: npt.NDArray[np.float64]) -> float:
    """How many percentile-rank points a published median is from the exact one, linear between neighbouring values (type 7); 0
    where it is a value that several have, the exact one among them.
    """
    least, most = np.searchsorted(values, median, "left"), np.searchsorted(values, median, "right") - 1
    if most < least:
        least = most = np.interp(median, values, np.arange(len(values)))
    return float(max(0.0, 100 * least / (len(values) - 1) - 50, 50 - 100 * most / (len(values) - 1)))


def _quantile(values: list[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None


def _error(connection: duckdb.DuckDBPyConnection, key: tuple[str, ...], quantile: str) -> dict[str, float | None]:
    scaled = {
        name: f"case when k.scale = 'log' then log10(greatest({name}, k.typical_low)) else {name} end"
        for name in (f"s.{quantile}", f"e.{quantile}", "e.p25", "e.p75")
    }
    found = connection.execute(
        f"""select median(off), quantile_cont(off, 0.9) from (
            select 100 * abs({scaled[f"s.{quantile}"]} - {scaled[f"e.{quantile}"]}) / nullif({scaled["e.p75"]} - {scaled["e.p25"]}, 0) as off
            from shown as s join exact as e on {same_cell(key, "s", "e")}
            join warehouse.intermediate.int_kpis as k on (k.kpi_code, k.kpi_version) = (s.kpi_code, s.kpi_version)
            where s.{quantile} is not null)"""
    ).fetchone() or (None, None)
    return {"median": found[0], "P90": found[1]}


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def table(measured: list[dict[str, Any]]) -> str:
    """A Markdown table with a column for each profile."""
    lines = ["| | " + " | ".join(f"`{m['profile']}`" for m in measured) + " |", "|---|" + "---:|" * len(measured)]
    for name in (n for n in measured[0] if n != "profile"):
        if name.startswith("error"):
            lines += [
                _line(f"error of {q.upper()}, % of the interquartile range: median, P90", [m[name][q] for m in measured]) for q in QUANTILES
            ]
        else:
            lines.append(_line(name + (": median, P90" if isinstance(measured[0][name], dict) else ""), [m[name] for m in measured]))
    return "\n".join(lines)


def _line(name: str, values: list[Any]) -> str:
    return f"| {name} | " + " | ".join(_text(value) for value in values) + " |"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(_text(v) for v in value.values())
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"


def _periods(home: Path) -> list[Period]:
    """Every year of the warehouse that holds cells."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute("select distinct period from marts.cell_evidence where length(period) = 4 order by 1").fetchall()
    return [parse_period(label) for (label,) in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--name")
    parser.add_argument("--period", nargs="+", type=parse_period)
    parser.add_argument("--without", nargs="+", default=[], metavar="KPI")
    parser.add_argument("--profile", nargs="+", default=["public", "members"])
    given = parser.parse_args()
    periods = given.period or _periods(given.home)
    measured = [measure(given.home, disclosure_policy().profile(name), periods, given.without) for name in given.profile]
    print(table(measured))
    if given.name:
        write_result(
            f"utility_{given.name}", {"periods": [period.label for period in periods], "without": given.without, "profiles": measured}
        )
        put_into_readme("utility figures", "\n\n".join(_kept(path) for path in sorted(RESULTS.glob("utility_*.json"))))


def _kept(path: Path) -> str:
    figures = json.loads(path.read_text("utf-8"))
    without = f", without {', '.join(figures['without'])}" if figures["without"] else ""
    return f"**{path.stem.removeprefix('utility_').replace('_', ' ')}**, {', '.join(figures['periods'])}{without}:\n\n{table(figures['profiles'])}"


if __name__ == "__main__":
    main()
