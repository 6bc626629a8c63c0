"""What the benchmarks decide and draw: when the check fails, what the straight line is, and whose time a second is."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from benchmarks import check, measuring, parts, run, spark
from benchmarks.consortium import CORRECTED_ROWS, plan
from benchmarks.cube import DIMENSIONS, LEVELS, differences, is_equal
from benchmarks.measuring import child, put_into_readme, throwaway
from benchmarks.plot import growth_svg
from benchmarks.profile_models import SHARED, Span, groups, parts_of_wall
from benchmarks.remade import parts_of
from benchmarks.utility import rank_error
from orchestration.errors import EvenhandError
from orchestration.settings import PROJECT_ROOT
from tests.spark.cluster import ClusterError

EQUAL = {
    "cells": 10,
    "cells by hand": 10,
    "pairs": 10,
    "only in cell_evidence": 0,
    "only by hand": 0,
    "other contributors": 0,
    "other quantiles": 0,
}
FIGURES: dict[str, Any] = {
    "machine": {},
    "dbt": {"cpu_median": 8.0},
    "by_hand": {"duckdb": {"cpu_median": 2.0}},
    "one_per_cent": {"dbt": {"cpu_median": 2.0}, "made": {"rows": 50, "of": 400}, "differences": EQUAL},
    "differences": {"duckdb": EQUAL, "polars": EQUAL, "pandas": EQUAL},
}


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that commits to what FIGURES say and then checks others. Returns the exit status."""
    monkeypatch.setattr(check, "RESULTS", tmp_path)
    monkeypatch.setattr(measuring, "RESULTS", tmp_path)

    def run(figures: dict[str, Any], *arguments: str) -> int:
        monkeypatch.setattr(parts, "cube", lambda rows, repeats, compared_once: figures)
        return check.main(list(arguments))

    assert run(FIGURES, "--write") == 0
    assert json.loads((tmp_path / "check.json").read_text())["ratios"] == {
        "processor time of the dbt part to DuckDB by hand": 4.0,
        "rows made for one per cent more to all rows": 0.125,
    }
    return run


def test_the_check_passes_on_the_same_figures_and_on_better_ones(checked: Any) -> None:
    better = copy.deepcopy(FIGURES)
    better["dbt"]["cpu_median"] = 6.5
    assert checked(FIGURES) == 0
    assert checked(better) == 0


def test_the_check_fails_on_a_dbt_part_that_got_clearly_slower(checked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    worse = copy.deepcopy(FIGURES)
    worse["dbt"]["cpu_median"] = 10.5
    assert checked(worse) == 1
    assert capsys.readouterr().err.count("FAILED") == 1


def test_the_check_fails_where_one_per_cent_more_rows_make_more_again(checked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for rows, failed in ((62, 0), (63, 1), (404, 2)):  # of 400; committed are 50, allowed a quarter more, and the half in any case
        worse = copy.deepcopy(FIGURES)
        worse["one_per_cent"]["made"]["rows"] = rows
        assert checked(worse) == bool(failed)
        assert capsys.readouterr().err.count("FAILED rows made") == failed


def test_the_check_never_fails_on_a_time(checked: Any) -> None:
    slower = copy.deepcopy(FIGURES)
    for at in (slower["dbt"], slower["one_per_cent"]["dbt"], slower["by_hand"]["duckdb"]):
        at["cpu_median"] *= 10
    assert checked(slower) == 0


@pytest.fixture
def cells(tmp_path: Path) -> Any:
    """A function that compares two cells with what `select` makes of them."""
    dimensions = ", ".join(f"null::varchar as {d}" for d in DIMENSIONS)
    quantiles = ", ".join(f"(n + {n}) * 1.5::double as {p}" for n, p in enumerate(LEVELS))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.cell_evidence as select 'all' as cut, {dimensions}, 'A-01' as kpi_code, 1 as kpi_version, "
            f"20250 + n as period_key, '2025' as period, 5 + n as contributors, {quantiles} from range(1, 3) as t(n)"
        )

    def compare(select: str) -> dict[str, int]:
        path = tmp_path / "cells.parquet"
        with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
            made = "(select * exclude (period, period_key), period_key as period from marts.cell_evidence)"
            connection.execute(f"copy ({select.format(cells=made)}) to '{path}' (format parquet)")
        return differences(tmp_path / "warehouse.duckdb", path)

    return compare


@pytest.mark.parametrize("select", ["from {cells}", "select * replace (p10 * (1 + 1e-12) as p10) from {cells}"])
def test_the_same_cells_are_equal(cells: Any, select: str) -> None:
    found = cells(select)
    assert found == {**EQUAL, "cells": 2, "cells by hand": 2, "pairs": 2}
    assert is_equal(found)


@pytest.mark.parametrize(
    ("select", "what", "number"),
    [
        ("select * replace ({}) from {{cells}}".format(", ".join(f"null::double as {p}" for p in LEVELS)), "other quantiles", 2),
        ("select * replace ({}) from {{cells}}".format(", ".join(f"'nan'::double as {p}" for p in LEVELS)), "other quantiles", 2),
        ("select * replace ('inf'::double as p90) from {cells}", "other quantiles", 2),
        ("select * replace (null::integer as contributors) from {cells}", "other contributors", 2),
        ("from {cells} union all from {cells}", "pairs", 4),
        ("select * replace (p50 * (1 + 1e-6) as p50) from {cells}", "other quantiles", 2),
        ("from {cells} where contributors = 6", "only in cell_evidence", 1),
        ("select * replace ('other' as cut) from {cells}", "only by hand", 2),
    ],
    ids=["no quantiles", "not a number", "infinite", "no contributors", "twice", "a little apart", "one missing", "another cut"],
)
def test_wrong_cells_are_not_equal(cells: Any, select: str, what: str, number: int) -> None:
    found = cells(select)
    assert found[what] == number
    assert not is_equal(found)


@pytest.mark.parametrize("version", ["duckdb", "polars", "pandas"])
def test_the_check_fails_where_a_version_differs_or_did_not_finish(checked: Any, version: str) -> None:
    for found in ({**EQUAL, "other quantiles": 1}, {**EQUAL, "cells": 0}, None):
        figures = copy.deepcopy(FIGURES)
        figures["differences"][version] = found
        if found is None:
            del figures["differences"][version]
        assert checked(figures) == 1
        assert checked(figures, "--write") == 1


def test_the_check_fails_where_nothing_is_committed() -> None:
    assert len(check.worse(check.ratios(FIGURES), {})) == 2


WRONG = {**EQUAL, "other quantiles": 3}
MEASURED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # of each part: what is right, and what is not
    "cube": (FIGURES, {**FIGURES, "one_per_cent": {"differences": WRONG}}),
    "night": ({"differences": EQUAL}, {"differences": WRONG}),
    "growth": ({"sizes": [{"rows": 1, "equal": True}]}, {"sizes": [{"rows": 1, "equal": True}, {"rows": 2, "equal": False}]}),
    "memory": ({"differences": {"duckdb": EQUAL}}, {"differences": {"duckdb": WRONG}}),
}


@pytest.mark.parametrize("part", MEASURED)
def test_a_run_writes_nothing_where_cells_are_wrong(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []
    monkeypatch.setattr(run, "write_result", lambda name, figures: written.append(name))
    monkeypatch.setattr(run, "write_tables", written.append)
    monkeypatch.setattr(run, "_as_tables", lambda part, measured: "the tables")
    right, wrong = MEASURED[part]
    for figures, status in ((wrong, 1), (right, 0)):
        monkeypatch.setattr(run, "_measure", lambda *_, figures=figures: figures)
        assert run.main(["--parts", part]) == status
        told = capsys.readouterr()
        assert "the tables" in told.out
        assert ("NOT EQUAL" in told.err, bool(written)) == (bool(status), not status)


@pytest.fixture
def on_spark(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that a measurement on Spark needs is there. Returns what was written."""
    written: list[str] = []
    for name in ("require_java", "server_version", "require_extra"):
        monkeypatch.setattr(spark, name, lambda: "")
    monkeypatch.setattr(spark, "table", lambda figures: "the table")
    monkeypatch.setattr(spark, "write_result", lambda name, figures: written.append(name))
    monkeypatch.setattr(spark, "put_into_readme", lambda block, shown: written.append(block))
    return written


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("require_java", ClusterError("there is no Java")),
        ("server_version", ClusterError("there is no server")),
        ("require_extra", EvenhandError("there is no extra")),
        ("measure", ClusterError("it did not come up")),
    ],
)
def test_what_a_measurement_on_spark_lacks_is_one_sentence(
    on_spark: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(spark, "measure", lambda *_: pytest.fail("it was begun"))
    monkeypatch.setattr(spark, name, fail)
    assert spark.main([]) == 1
    assert capsys.readouterr().err == f"{error}\n"
    assert on_spark == []


def test_marts_that_are_not_duckdbs_are_not_written(
    on_spark: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = {"workers": 2, "first": {"compared": {"unequal": {}}}, "later": {"compared": {"unequal": {"cell_evidence": [0, 0, 1]}}}}
    monkeypatch.setattr(spark, "measure", lambda *_: {"spark": [ran]})
    assert spark.main([]) == 1
    assert "Spark, 2 workers, later run: cell_evidence" in capsys.readouterr().err
    assert on_spark == []
    ran["later"] = ran["first"]
    assert spark.main([]) == 0
    assert on_spark == ["spark_2m", "spark figures"]


def test_tables_and_their_parts_are_what_dbt_says() -> None:
    def node(kind: str, materialized: str) -> dict[str, Any]:
        config = {"materialized": materialized, "part": "home_key"}
        return {"resource_type": kind, "schema": "intermediate", "alias": f"int_{materialized}", "config": config}

    nodes = {"a": node("model", "by_part"), "b": node("model", "table"), "c": node("test", "by_part")}
    assert parts_of({"nodes": nodes}) == {"intermediate.int_by_part": "home_key"}


def test_a_straight_line_through_points_on_one_and_beside_it() -> None:
    # 3 seconds and 2 a million
    assert parts.straight_line([(1e6, 5), (2e6, 7), (10e6, 23)]) == {"at_nothing": 3.0, "per_million": 2.0, "r2": 1.0}
    # (1, 1) (2, 3) (3, 2): slope 0.5, mean (2, 2), at nothing 1; residuals -0.5, 1, -0.5: R2 = 1 - 1.5 / 2
    assert parts.straight_line([(1e6, 1), (2e6, 3), (3e6, 2)]) == {"at_nothing": 1.0, "per_million": 0.5, "r2": 0.25}


def test_every_second_belongs_to_one_place() -> None:
    # a runs 0-4, b 2-6, nothing 6-7, c 7-8: a = 2 + 1, b = 1 + 2, c = 1, none = 1
    parts_, between = parts_of_wall([Span("a", 0, 4), Span("b", 2, 6), Span("c", 7, 8)])
    assert parts_ == {"a": 3, "b": 3, "c": 1}
    assert between == 1


def test_models_are_grouped_by_what_is_built_from_them() -> None:
    children = {
        "model.e.stg": ["model.e.int_cells", "model.e.int_questions", "test.e.x"],
        "model.e.int_cells": ["model.e.cell_evidence"],
        "model.e.cell_evidence": ["model.e.trend_evidence"],
        "model.e.trend_evidence": [],
        "model.e.int_questions": ["model.e.int_cells"],
        "model.e.int_values": ["model.e.participant_values"],
        "model.e.participant_values": [],
        "seed.e.cuts": ["model.e.int_cells"],
    }
    assert groups(children) == {
        "model.e.stg": SHARED,
        "model.e.int_cells": SHARED,
        "model.e.cell_evidence": SHARED,
        "model.e.trend_evidence": "trend",
        "model.e.int_questions": "questions and grades",
        "model.e.int_values": "every participant's own values",
        "model.e.participant_values": "every participant's own values",
    }


def test_the_plot_has_both_curves_their_lines_and_axes_with_units() -> None:
    sizes = [{"rows": n * 10**6, "dbt": {"wall": {"median": 4 + 2.5 * n}}, "by_hand": {"median": 1.3 * n}} for n in (1, 2, 5, 10, 20)]
    lines = {
        "dbt": {"at_nothing": 4.0, "per_million": 2.5, "r2": 1.0},
        "by_hand": {"at_nothing": 0.0, "per_million": 1.3, "r2": 1.0},
    }
    svg = ET.fromstring(growth_svg({"sizes": sizes, "lines": lines}))  # noqa: S314 - drawn by us
    name = "{http://www.w3.org/2000/svg}"
    texts = [t.text for t in svg.iter(f"{name}text")]
    assert {"observations, millions", "wall time, seconds", "dbt part", "DuckDB by hand", "0", "20"} <= set(texts)
    assert len(list(svg.iter(f"{name}circle"))) == 5 + 1
    assert len([line for line in svg.iter(f"{name}line") if line.get("stroke-dasharray")]) == 2
    places = [float(c.get("cy", "nan")) for c in svg.iter(f"{name}circle")][:5]
    assert places == sorted(places, reverse=True)
    assert min(places) > 40


def test_a_plan_gives_exactly_the_rows_asked_for() -> None:
    for rows in (8000, 200_000, 1_000_000, 2_000_000, 20_000_000, 100_000_000):
        made = plan(rows)
        assert int(made.sent.sum()) + CORRECTED_ROWS * len(made.correcting) == rows
        assert made.companies == min(5000, rows // 200)
    with pytest.raises(ValueError, match="at least 400"):
        plan(300)


def test_a_child_tells_its_peak_and_is_stopped_beyond_a_limit(tmp_path: Path) -> None:
    ran = child(tmp_path, ["-c", "import time; a = bytearray(300_000_000); time.sleep(0.2); print(1)"])  # seen by looking now and then
    assert ran.told == 1
    assert 280 < ran.peak_mb < 500
    with pytest.raises(RuntimeError, match="100 MB are allowed"):
        child(tmp_path, ["-c", "import time; a = bytearray(300_000_000); time.sleep(30)"], most_mb=100)
    with pytest.raises(RuntimeError, match="took too long"):
        child(tmp_path, ["-c", "import time; time.sleep(30)"], longest_seconds=0.5)
    with pytest.raises(RuntimeError, match="its last words"):
        child(tmp_path, ["-c", "raise SystemExit('its last words')"])


def test_what_a_child_leaves_behind_is_ended_and_removed() -> None:
    with throwaway(0) as folder:
        script = "import subprocess, sys, tempfile; open(tempfile.mkdtemp() + '/x', 'w'); p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print(p.pid)"
        ran = child(folder, ["-c", script])
        assert list((folder / "spill").glob("*/x"))
    assert not folder.exists()
    deadline = time.monotonic() + 10  # it was told to end; the system takes a moment
    while (still_runs := _runs(ran.told)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not still_runs
    with pytest.raises(RuntimeError, match="GB are needed"), throwaway(1e9):
        sys.exit("never here")


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_run_that_is_ended_leaves_nothing_behind(tmp_path: Path) -> None:
    script = """
import pathlib, sys
from benchmarks.cube import DIMENSIONS, LEVELS, differences, is_equal
from benchmarks.measuring import child, throwaway
with throwaway(0) as folder:
    child(folder, ["-c", f"import os, time; open({sys.argv[1]!r}, 'w').write(str(os.getpid()) + ' {folder}'); time.sleep(60)"])
"""
    told = tmp_path / "told"
    run = subprocess.Popen([sys.executable, "-c", script, str(told)], cwd=PROJECT_ROOT)
    while not told.exists() or " " not in told.read_text():
        time.sleep(0.05)
    pid, folder = told.read_text().split()
    assert Path(folder).is_dir()
    run.terminate()
    assert run.wait(20) == 128 + 15
    assert not Path(folder).exists()
    assert not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def test_figures_replace_their_own_block_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "README.md"
    page.write_text("a\n<!-- x -->\nold\n<!-- end of x -->\nb\n")
    monkeypatch.setattr(measuring, "README", page)
    put_into_readme("x", "new")
    assert page.read_text() == "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n"


@pytest.mark.parametrize(
    ("median", "values", "points"),
    [
        (30.0, [10.0, 20.0, 30.0, 40.0, 50.0], 0.0),
        (35.0, [10.0, 20.0, 30.0, 40.0, 50.0], 12.5),
        (20.0, [10.0, 20.0, 30.0, 40.0, 50.0], 25.0),
        (25.0, [10.0, 20.0, 30.0, 40.0], 0.0),
        (5.0, [5.0, 5.0, 5.0, 9.0, 10.0], 0.0),
        (0.0, [5.0, 6.0, 7.0], 50.0),
    ],
)
def test_a_rank_error_is_in_points_of_the_percentile_rank(median: float, values: list[float], points: float) -> None:
    assert rank_error(median, np.array(values)) == pytest.approx(points)
