"""Reports of a small made release: folders, the columns of positions.csv, what a page says and what it never says."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.contracts import disclosure_policy, release_contracts
from orchestration.cuts import DIMENSIONS, SEEDS
from orchestration.errors import EvenhandError
from orchestration.reports import labels, page, words
from orchestration.reports.answers import POSITION_COLUMNS, csv_text
from orchestration.reports.build import Participant, write_reports
from orchestration.reports.ladder import Asked, Ladder, Served, declared_ladder, served_cell
from orchestration.reports.position import Kpi, PublishedCell, grid_of, position
from orchestration.reports.strips import axis_of, position_strip, value_strip
from orchestration.reports.tables import read_release
from orchestration.settings import PROJECT_ROOT

LADDER = declared_ladder()
HOSTILE = "=1+1<script>#x"
PUBLIC = disclosure_policy().profile("public")
MANIFEST = {"release_id": "2025-r0", "period": "2025", "profile": "public", "published_on": "2026-04-15"}
NUMERIC = {"p10", "p25", "p50", "p75", "p90", "p50_low", "p50_high", "p25_low", "p25_high", "p75_low", "p75_high", "volume"}
ME = Participant("P1", "C", "manufacturing", "NL", "L")
OTHER = Participant("P2", "C", "manufacturing", "DE", "M")
SILENT = Participant("P3", "J", None, None, None)


def cell(code: str, cut: str = "all", **fields: Any) -> dict[str, Any]:
    base = {"release_id": "2025-r0", "period": "2025", "kpi_code": code, "kpi_version": 1, "unit": "%", "cut": cut}
    base |= {"direction": "H", "contributors_band": "50-99", "tie_share_band": "0-5", "zero_share_band": "0-5"}
    return base | {"status": "published", "profile": "public"} | fields


def own(participant: str, code: str, value: float, cut: str = "all", **fields: Any) -> dict[str, Any]:
    base = {"participant_id": participant, "cut": cut, "kpi_code": code, "kpi_version": 1, "period": "2025"}
    return base | {"value": value, "rows": 1, "grade": "B"} | fields


CELLS = [
    cell("ADO-01", p10=20.0, p25=30.0, p50=40.0, p75=47.0, p90=80.0, p50_low=38.0, p50_high=42.0),
    cell("ADO-01", "industry", industry="C", p25=31.0, p50=40.0, p75=47.0, contributors_band="30-49"),
    cell("ADO-01", "size_band", size_band="L", p50=43.0, contributors_band="10-14", tie_share_band="20-50"),
    cell("ADO-02", direction="L", p25=10.0, p50=20.0, p75=30.0, contributors_band="100-199"),
    cell("NED-07", direction="N", p25=10.0, p50=20.0, p75=30.0),
    cell("ADO-01", "vendor", vendor=HOSTILE, p50=40.0, contributors_band="10-14", attributed="5-20"),
    cell("ADO-01", "industry", industry="C", vendor_role="cloud", p50=1.0),
    cell("ADO-01", "industry", industry="C", segment="veterans", p50=2.0),
]
OWN = [
    own("P1", "ADO-01", 44.0),
    own("P1", "ADO-01", 44.0, "industry", industry="C"),
    own("P1", "ADO-01", 44.0, "size_band", size_band="L"),
    own("P1", "ADO-01", 44.0, "industry x size_band", industry="C", size_band="L"),
    own("P1", "ADO-01", 41.0, "vendor", vendor=HOSTILE),
    own("P1", "ADO-01", 44.0, "value_chain_stage", value_chain_stage="OP"),
    own("P1", "ADO-01", 46.0, "value_chain_stage", value_chain_stage="SV"),
    own("P1", "ADO-02", 40.0),
    own("P1", "NED-07", 15.0),
    own("P1", "ADO-01", 99.0, period="2024"),
    own("P2", "ADO-01", 12.345),
    own("P9", "ADO-01", 77.0),
]


def write_table(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    def kind(name: str) -> pa.DataType:
        if name in NUMERIC or name == "value":
            return pa.float64()
        return pa.int32() if name in ("kpi_version", "rows") else pa.string()

    pq.write_table(pa.table({c: pa.array([row.get(c) for row in rows], kind(c)) for c in columns}), path)


def write_inputs(folder: Path, cells: list[dict[str, Any]], owns: list[dict[str, Any]], **manifest: str) -> tuple[Path, Path]:
    release = folder / "release"
    release.mkdir(parents=True)
    write_table(release / "benchmark.parquet", cells, release_contracts()["benchmark"].column_names)
    catalogue = PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_catalogue.csv"
    (release / "kpi_catalogue.csv").write_bytes(catalogue.read_bytes())
    (release / "manifest.json").write_text(json.dumps(MANIFEST | manifest), encoding="utf-8")
    columns = ("participant_id", "cut", *DIMENSIONS, "kpi_code", "kpi_version", "period", "value", "rows", "grade", "volume")
    write_table(folder / "own.parquet", owns, columns)
    return release, folder / "own.parquet"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    release, owns = write_inputs(folder, CELLS, OWN, label="made data: demo consortium")
    write_reports(release, owns, [SILENT, OTHER, ME], folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def mine(built: Path) -> str:
    return (built / "P1" / "report.html").read_text("utf-8")


def positions(built: Path, participant: str) -> list[dict[str, str]]:
    with (built / participant / "positions.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("</style>")[1])).replace("\xa0", " ")


def test_everybody_listed_gets_both_files_and_nobody_else(built: Path) -> None:
    assert sorted(path.name for path in built.iterdir()) == ["P1", "P2", "P3"]
    for folder in built.iterdir():
        assert sorted(path.name for path in folder.iterdir()) == ["positions.csv", "questions.csv", "report.html"]


def test_summaries_are_ordered_and_count_asked_and_served(tmp_path: Path) -> None:
    release, owns = write_inputs(tmp_path, CELLS, OWN)
    found = write_reports(release, owns, [SILENT, ME, OTHER], tmp_path / "out")
    assert [(s.participant_id, s.asked, s.served) for s in found] == [("P1", 9, 9), ("P2", 1, 1), ("P3", 0, 0)]
    assert found[0].folder == tmp_path / "out" / "P1"


def test_the_same_inputs_give_the_same_bytes_whatever_their_order(built: Path, tmp_path: Path) -> None:
    release, owns = write_inputs(tmp_path, CELLS[::-1], OWN[::-1], label="made data: demo consortium")
    write_reports(release, owns, [ME, OTHER, SILENT], tmp_path / "out")
    for path in sorted(built.rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "out" / path.relative_to(built)).read_bytes(), path


def test_a_report_depends_on_nobody_elses_values(built: Path, tmp_path: Path) -> None:
    only_mine = [row for row in OWN if row["participant_id"] == "P1"]
    release, owns = write_inputs(tmp_path, CELLS, only_mine, label="made data: demo consortium")
    write_reports(release, owns, [ME], tmp_path / "out")
    for name in ("report.html", "positions.csv"):
        assert (tmp_path / "out" / "P1" / name).read_bytes() == (built / "P1" / name).read_bytes()


def test_positions_have_the_columns_of_the_interface_in_order(built: Path) -> None:
    header = (built / "P1" / "positions.csv").read_text("utf-8").splitlines()[0]
    assert header == (
        "release_id,period,kpi_code,unit,direction,asked_cut,served_cut,industry,sector,country,size_band,"
        "value_chain_stage,project_kind,vendor,vendor_class,own_value,p10,p25,p50,p75,p90,edge_low,edge_high,band,"
        "percentile,percentile_low,percentile_high,gap_to_median,gap_to_better_quartile,served_because,worth_of_gap_eur"
    )
    declared = release_contracts()["benchmark"].column_names
    shared = [name for name in POSITION_COLUMNS if name in declared]
    assert shared == [name for name in declared if name in POSITION_COLUMNS]


def test_a_served_position_carries_table_band_percentile_and_gaps(built: Path) -> None:
    row = next(r for r in positions(built, "P1") if r["asked_cut"] == "all" and r["kpi_code"] == "ADO-01")
    assert row["served_cut"] == "all"
    assert (row["own_value"], row["p10"], row["p50"], row["p90"]) == ("44", "20", "40", "80")
    assert (row["band"], row["percentile"]) == ("upper_middle", "64.3")
    assert float(row["percentile_low"]) < 64.3 < float(row["percentile_high"])
    assert (row["gap_to_median"], row["gap_to_better_quartile"]) == ("4", "-3")


def test_what_is_not_published_is_answered_by_the_first_published_group_of_its_ladder(built: Path) -> None:
    row = next(r for r in positions(built, "P1") if r["asked_cut"] == "industry x size_band")
    assert (row["industry"], row["size_band"], row["own_value"]) == ("C", "L", "44")
    assert (row["served_cut"], row["p25"], row["p10"]) == ("industry", "31", "")  # sector x size_band is not published either
    assert row["served_because"] == "the narrower group is not published in this release"
    itself = next(r for r in positions(built, "P1") if r["asked_cut"] == "industry")
    assert itself["served_because"] == "the asked group is published"


def test_what_no_group_answers_stays_empty_and_says_so(tmp_path: Path) -> None:
    release, owns = write_inputs(tmp_path, [], OWN)
    write_reports(release, owns, [ME], tmp_path / "out")
    row = next(r for r in positions(tmp_path / "out", "P1") if r["asked_cut"] == "industry x size_band")
    empty = POSITION_COLUMNS[POSITION_COLUMNS.index("p10") : -2]
    assert [row[name] for name in ("served_cut", *empty, "worth_of_gap_eur")] == [""] * (2 + len(empty))
    assert row["served_because"] == "no group of its ladder is published in this release"


def test_other_periods_participants_roles_and_segments_are_not_read(built: Path) -> None:
    rows = positions(built, "P1")
    assert len(rows) == 9
    assert "99" not in {row["own_value"] for row in rows}
    assert next(r for r in rows if r["asked_cut"] == "industry")["p50"] == "40"
    assert [row["own_value"] for row in positions(built, "P2")] == ["12.345"]
    assert positions(built, "P3") == []


def test_a_hostile_name_is_shown_literally_and_never_as_markup(built: Path, mine: str) -> None:
    assert "=1+1&lt;script&gt;#x" in mine
    assert "<script" not in mine.lower()
    assert HOSTILE in {row["vendor"] for row in positions(built, "P1")}
    assert f'"{HOSTILE}"' in (built / "P1" / "positions.csv").read_text("utf-8")


@pytest.mark.parametrize("text", ["", "plain", "two words", "=1+1", "+x", "-x", "@x", 'a "b", c', "line\nbreak", "ß"])
def test_csv_text_reads_back_as_it_was(text: str) -> None:
    assert next(csv.reader(io.StringIO(f"{csv_text(text)},x\n", newline=""), strict=True)) == [text, "x"]
    assert csv_text(text).startswith('"') == text.startswith(("=", "+", "-", "@", 'a "', "line"))


def test_a_page_loads_nothing(mine: str) -> None:
    lowered = mine.lower()
    assert "http://" not in lowered
    assert "https://" not in lowered
    assert not re.search(r"<(script|link|img|iframe|object|embed|form)\b|\bon\w+=|url\(|@import", lowered)
    assert set(re.findall(r'href="([^"#]+)"', mine)) == {"positions.csv"}


def test_a_page_is_well_formed_with_headings_in_order_and_scoped_headers(mine: str) -> None:
    outline = Outline()
    outline.feed(mine)
    assert outline.open_tags == []
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.unscoped == 0
    assert outline.tables == outline.captions > 0
    assert outline.silent_drawings == 0
    assert len(outline.ids) == len(set(outline.ids))
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    assert '<html lang="en">' in mine
    assert 'class="skip" href="#main"' in mine


class Outline(HTMLParser):
    """Collects what the tests above ask of the structure of a page."""

    VOID = ("meta", "path", "rect", "circle")

    def __init__(self) -> None:
        super().__init__()
        self.open_tags: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.unscoped = self.tables = self.captions = self.silent_drawings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self.VOID:
            self.open_tags.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        self.unscoped += tag == "th" and "scope" not in given
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.silent_drawings += tag == "svg" and not ("aria-hidden" in given or "aria-label" in given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag


def test_page_one_counts_names_and_warns(mine: str) -> None:
    text = text_of(mine)
    assert "On the 3 measures we can compare, you are in the best quarter on 0" in text
    assert "in the weakest quarter on 1 . The rest: 1 of context without a better side." in text
    assert "A position is a question, not a verdict." in text
    assert "All participants, 50-99 to 100-199 companies a measure" in text
    assert "3 months at publication" in text
    assert "made data: demo consortium" in text
    gaps = mine[mine.index("Where peers are ahead") : mine.index("Before you act")]
    assert "Unused entitlement share" in gaps
    assert "Active-use rate" not in gaps


def test_the_sentence_of_a_measure(mine: str) -> None:
    assert (
        "You: 44 %. That is 4 points better than the median company in your industry, ahead of about 65 in 100"
        " companies, between 45 and 80. The better quarter starts at 47 %." in text_of(mine)
    )


def test_what_is_not_served_always_reads_the_same(mine: str) -> None:
    assert mine.count("asked: industry × size; the narrower group is not published in this release") == 1
    assert "too few" not in text_of(mine).lower()


def test_ties_are_mentioned_and_a_p50_only_row_names_no_quarter(mine: str) -> None:
    assert "Your size (1,000–4,999 employees): 20-50 % of companies report the same value." in text_of(mine)
    row = mine[mine.index("Your size (1,000–4,999 employees)</th>") :].split("</tr>", maxsplit=1)[0]
    assert "better than the median" in row
    assert "quarter" not in row
    assert 'data-name="P25">–<' in row
    assert 'class="inner"' not in row


def test_no_rank_count_or_traffic_light_anywhere(mine: str) -> None:
    text = text_of(mine)
    assert not re.search(r"\b\d+ of \d+\b|\brank|\bgreen\b|\bred\b", text, re.IGNORECASE)
    assert not re.search(r"anonym|re-identif|GDPR|safe harbour", text, re.IGNORECASE)


def test_one_block_per_stage_where_a_measure_is_known_at_several(mine: str) -> None:
    article = mine[mine.index('id="m-ADO-01-1"') :].split("</article>", maxsplit=1)[0]
    assert re.findall(r"<h4>(.*?)</h4>", article) == ["All stages together", "Stage: operations", "Stage: service"]
    other = mine[mine.index('id="m-ADO-02-1"') :].split("</article>", maxsplit=1)[0]
    assert "<h4>" not in other


def test_a_participant_without_values_is_invited(built: Path) -> None:
    text = text_of((built / "P3" / "report.html").read_text("utf-8"))
    assert "No figure of yours could be compared in this release" in text
    assert "An invitation" in text
    assert "Method and caveats" in text


def test_values_that_no_cell_answers_are_listed_with_the_one_sentence(tmp_path: Path) -> None:
    release, owns = write_inputs(tmp_path, [], OWN)
    write_reports(release, owns, [OTHER], tmp_path / "out")
    text = text_of((tmp_path / "out" / "P2" / "report.html").read_text("utf-8"))
    assert "No figure of yours could be compared in this release" in text
    assert "You: 12 %. No comparison: the narrower group is not published in this release." in text


@pytest.mark.parametrize("name", ["../P1", "..", ".", "a/b", "/etc", "", ".hidden", "a\\b", "a\nb", "ä"])
def test_an_id_that_could_leave_the_folder_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    release, owns = write_inputs(tmp_path, CELLS, OWN)
    with pytest.raises(EvenhandError, match="cannot name a report folder"):
        write_reports(release, owns, [ME, replace(ME, participant_id=name)], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_participant_listed_twice_is_refused(tmp_path: Path) -> None:
    release, owns = write_inputs(tmp_path, CELLS, OWN)
    with pytest.raises(EvenhandError, match="P1"):
        write_reports(release, owns, [ME, OTHER, ME], tmp_path / "out")


def test_a_measure_the_release_does_not_know_is_refused_by_name(tmp_path: Path) -> None:
    release, owns = write_inputs(tmp_path, CELLS, [own("P1", "ZZZ-99", 1.0)])
    with pytest.raises(EvenhandError, match="ZZZ-99"):
        write_reports(release, owns, [ME], tmp_path / "out")


@pytest.mark.parametrize("name", ["benchmark.parquet", "kpi_catalogue.csv", "manifest.json"])
def test_a_folder_that_is_not_a_release_is_refused(tmp_path: Path, name: str) -> None:
    release, _ = write_inputs(tmp_path, CELLS, OWN)
    (release / name).unlink()
    with pytest.raises(EvenhandError, match=name):
        read_release(release)


def test_a_manifest_that_lacks_a_key_is_refused_by_name(tmp_path: Path) -> None:
    release, _ = write_inputs(tmp_path, CELLS, OWN)
    (release / "manifest.json").write_text('{"release_id": "2025-r0", "period": "2025"}', encoding="utf-8")
    with pytest.raises(EvenhandError, match="profile, published_on missing"):
        read_release(release)


def at(cut: str, **values: str) -> Asked:
    return Asked("ADO-01", 1, cut, tuple(values.get(name) for name in DIMENSIONS))


def test_the_asked_cell_answers_first_and_never_one_of_another_version() -> None:
    everybody, industry = at("all"), at("industry", industry="C")
    published = {everybody: PublishedCell("50-99", p50=1.0), industry: PublishedCell("10-14", p50=2.0)}
    assert served_cell(industry, published, LADDER) == Served(industry, published[industry])
    assert served_cell(at("industry", industry="D"), published, LADDER) == Served(everybody, published[everybody], words.NARROWER)
    assert served_cell(industry._replace(kpi_version=2), published, LADDER) is None
    assert served_cell(at("industry", industry="D"), published, Ladder()) is None


def test_parents_drop_or_merge_dimensions_in_the_order_of_the_ladder() -> None:
    asked = at("industry x size_band", industry="C", size_band="L")
    assert list(LADDER.above(asked)) == [
        at("sector x size_band", sector="manufacturing", size_band="L"),
        at("industry", industry="C"),
        at("sector", sector="manufacturing"),
        at("all"),
    ]
    assert list(LADDER.above(at("vendor", vendor="V"))) == [at("vendor_class", vendor_class="other vendors"), at("all")]
    assert list(LADDER.above(at("all"))) == []


def test_every_cut_has_a_ladder_that_ends_at_all() -> None:
    with (SEEDS / "cuts.csv").open(encoding="utf-8", newline="") as handle:
        cuts = {row["cut"] for row in csv.DictReader(handle)}
    assert set(LADDER.parents) == cuts - {"all"}
    assert {parents[-1] for parents in LADDER.parents.values()} == {"all"}
    assert all(set(parents) <= cuts for parents in LADDER.parents.values())


def test_the_own_weights_order_what_is_named_first(tmp_path: Path) -> None:
    cells_of_two = [cell(code, p25=20.0, p50=40.0, p75=60.0, contributors_band="500+") for code in ("ADO-01", "ADO-03")]
    owns_of_two = [own("P1", "ADO-01", 30.0), own("P1", "ADO-03", 22.0)]
    release, owns = write_inputs(tmp_path, cells_of_two, owns_of_two)
    for name, weights, first in (("plain", {}, "Process coverage"), ("own", {"ADO-01": 0.7, "ADO-03": 0.3}, "Active-use rate")):
        write_reports(release, owns, [replace(ME, weights=weights)], tmp_path / name)
        page_text = (tmp_path / name / "P1" / "report.html").read_text("utf-8")
        gaps = page_text[page_text.index("Where peers are ahead") : page_text.index("Before you act")]
        assert re.findall(r'<a href="[^"]*">([^<]*)</a>', gaps)[0] == first
        assert ("your own definition of success" in page_text) == bool(weights)


RATE = Kpi("A", 1, "A", "", "%", "H", "linear", "operate", 0.0, 100.0, 0.0, 100.0)
LEAD = Kpi("B", 1, "B", "", "days", "L", "log", "need", 0.0, 1825.0, 3.0, 1000.0)


def sentence(value: float, published: PublishedCell, kpi: Kpi) -> str:
    asked = Asked(kpi.code, 1, "all", (None,) * len(DIMENSIONS))
    served = served_cell(asked, {asked: published}, LADDER)
    shown = [value, *(number for number in published.numbers if number is not None)]
    terms = words.terms_of(kpi, grid_of(kpi, PUBLIC), shown)
    place = position(value, published, kpi, PUBLIC)
    return words.sentence(value, served, place, terms, "among all participants").replace(words.NBSP, " ")


@pytest.mark.parametrize(
    ("value", "published", "kpi", "expected"),
    [
        (
            40.4,
            PublishedCell("10-14", p50=40.0),
            RATE,
            (
                "You: 40 %. That is level with the median company among all participants (40 %):"
                " the difference is smaller than the rounding."
            ),
        ),
        (
            44.6,
            PublishedCell("10-14", p50=40.0),
            RATE,
            (
                "You: 45 %. That is 5 points better than the median company among all participants;"
                " only the side of the median can be shown."
            ),
        ),
        (
            39.0,
            PublishedCell("10-14", p50=40.0),
            RATE,
            ("You: 39 %. That is 1 point worse than the median company among all participants; only the side of the median can be shown."),
        ),
        (
            99.0,
            PublishedCell("50-99", p10=10, p25=20, p50=40, p75=60, p90=80),
            RATE,
            (
                "You: 99 %. That is 59 points better than the median company among all participants,"
                " beyond the best tenth. The better quarter starts at 60 %."
            ),
        ),
        (
            12.9,
            PublishedCell("20-29", p25=10.0, p50=24.0, p75=60.0),
            LEAD,
            (
                "You: 12.9 days. That is 11.1 days better than the median company among all participants, ahead of about"
                " 70 in 100 companies, between 45 and 85. The better quarter starts at 10.0 days."
            ),
        ),
        (
            2.0,
            PublishedCell("20-29", p75=60.0, edge_low=("p25", "p50")),
            LEAD,
            (
                "You: 2.0 days. The median company among all participants lies in the band ≤ 3 days, and so do you:"
                " no difference can be shown. The better quarter starts in the band ≤ 3 days."
            ),
        ),
        (
            50.0,
            PublishedCell("20-29", p25=80.0, edge_high=("p50", "p75")),
            RATE,
            (
                "You: 50 %. The median company among all participants lies in the band 95-100 %: you are in the weakest"
                " quarter. The better quarter starts in the band 95-100 %."
            ),
        ),
        (
            35.0,
            PublishedCell("20-29", p25=30.0, p50=35.0, p75=60.0),
            replace(RATE, direction="N"),
            (
                "You: 35 %. The median company among all participants is at 35 %. You are higher than about 50 in 100"
                " companies, between 25 and 75. A measure of context: it has no better side."
            ),
        ),
    ],
)
def test_sentences(value: float, published: PublishedCell, kpi: Kpi, expected: str) -> None:
    assert sentence(value, published, kpi) == expected


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(-1234.5, 1, "−1,234.5"), (-0.04, 1, "0.0"), (0.0, 0, "0"), (12500.0, 0, "12,500"), (-0.6, 0, "−1")],
)
def test_numbers_have_a_true_minus_and_no_negative_zero(value: float, decimals: int, text: str) -> None:
    assert words.number(value, decimals) == text


@pytest.mark.parametrize(("percentile", "rounded"), [(62.5, 65), (62.4, 60), (10.0, 10), (90.0, 90), (87.5, 90)])
def test_percentiles_in_words_are_rounded_to_five(percentile: float, rounded: int) -> None:
    assert words.to_five(percentile) == rounded


@pytest.mark.parametrize(
    ("last_day", "published_on", "months"),
    [("2025", date(2026, 4, 15), 3), ("2025-Q3", date(2026, 1, 1), 3), ("2025", date(2026, 1, 20), 0)],
)
def test_data_age_is_in_whole_months(last_day: str, published_on: date, months: int) -> None:
    assert page.whole_months(page.period_end(last_day), published_on) == months


def test_strips_leave_out_what_is_not_published_and_clamp_what_is_far_outside() -> None:
    published = PublishedCell("10-14", p50=40.0)
    axis = axis_of(RATE, grid_of(RATE, PUBLIC), [published], [99.0])
    assert axis is not None
    drawn = value_strip(axis, published, 99.0, position(99.0, published, RATE, PUBLIC))
    assert 'class="median"' in drawn
    assert 'class="chevron"' in drawn
    assert 'class="inner"' not in drawn
    assert 'class="outer"' not in drawn
    assert axis_of(RATE, grid_of(RATE, PUBLIC), [PublishedCell("10-14")], [99.0]) is None


def test_right_is_better_on_a_position_strip_also_where_lower_is_better() -> None:
    published = PublishedCell("20-29", p25=30.0, p50=40.0, p75=60.0)
    better = position(35.0, published, replace(RATE, direction="L"), PUBLIC)
    worse = position(50.0, published, replace(RATE, direction="L"), PUBLIC)
    x = [float(re.findall(r'cx="([\d.]+)"', position_strip(published, place))[0]) for place in (worse, better)]
    assert x[0] < 120 < x[1]


def test_group_names() -> None:
    def asked(cut: str, **values: str) -> Asked:
        return Asked("A", 1, cut, tuple(values.get(name) for name in DIMENSIONS))

    assert labels.group_name(asked("all")) == "All participants"
    both = asked("industry x size_band", industry="C", size_band="M")
    assert labels.group_name(both) == "Your industry (manufacturing) × your size (250–999 employees)"
    assert labels.group_name(asked("vendor", vendor=HOSTILE)) == f"Vendor: {HOSTILE}"
    assert labels.cut_name("industry x size_band") == "Industry × size"
    assert set(labels.DIMENSION_NAMES) == set(DIMENSIONS)


# --- Versions of a KPI ---------------------------------------------------------------------------------------------------------


def test_a_kpi_that_was_defined_anew_says_that_its_series_is_broken(tmp_path: Path) -> None:
    """Two versions of one KPI in one period are two measures, each with its own definition and figures."""
    cells = [cell("ADO-01", p25=30.0, p50=40.0, p75=47.0), cell("ADO-01", kpi_version=2, p25=60.0, p50=70.0, p75=77.0)]
    release, own_values = write_inputs(tmp_path, cells, [own("P1", "ADO-01", 44.0), own("P1", "ADO-01", 74.0, kpi_version=2)])
    catalogue = release / "kpi_catalogue.csv"
    with catalogue.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    first = next(row for row in rows if row["code"] == "ADO-01")
    second = {**first, "version": "2", "valid_from": "2025-07-01", "definition": "Counted in another way."}
    with catalogue.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, first)
        writer.writeheader()
        writer.writerows([*rows, second])
    write_reports(release, own_values, [ME], tmp_path / "reports")
    text = (tmp_path / "reports" / "P1" / "report.html").read_text("utf-8")
    note = "Version 2, defined anew from 2025-07-01 on: figures of earlier versions cannot be compared with these."
    assert text.count(note) == 1
    assert text.index(first["definition"]) < text.index("Counted in another way.") < text.index(note)
    assert {'id="m-ADO-01-1"', 'id="m-ADO-01-2"'} <= set(re.findall('id="m-ADO-01-[0-9]"', text))
