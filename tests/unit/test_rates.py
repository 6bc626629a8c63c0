"""Exchange rates: what a file may look like, which file holds, what is kept, and that seeds and contracts name the same currencies."""

from __future__ import annotations

import csv
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.contracts import intake_contracts
from orchestration.errors import EvenhandError
from orchestration.idle import nothing_to_do, remember
from orchestration.intake.vault import Vault
from orchestration.rates.files import dropped_files, package_file
from orchestration.rates.lake import TAKEN_IN, lay_rates, rates_digest, take_in_rates
from orchestration.rates.reading import read_rate_file
from orchestration.release.rebuild import _fresh_home
from orchestration.settings import load_settings
from orchestration.warehouse import DBT_PROJECT
from orchestration.workspace import Workspace
from tests.conftest import contents, new_workspace

MAY, JUNE = date(2027, 5, 3), date(2027, 6, 1)
HISTORY = "Date,USD,CHF,\n2027-04-30,1.2,0.95,\n2027-04-29,1.1,N/A,\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "home")


def drop(workspace: Workspace, name: str, text: str) -> Path:
    path = workspace.rates / name
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("eurofxref-hist.csv", text)
    else:
        path.write_text(text, "utf-8")
    return path


def laid(workspace: Workspace) -> dict[tuple[str, date], Decimal]:
    rows = pq.read_table(workspace.lake / "exchange_rates" / "rates.parquet").to_pylist()
    return {(row["currency"], row["rate_on"]): row["rate"] for row in rows}


# --- Reading ---------------------------------------------------------------------------------------------------------------


def test_the_package_brings_the_history_since_1999() -> None:
    rates = read_rate_file(package_file()).rates
    # The first reference rates of all, and one of a currency that has joined the euro since.
    assert rates["USD", date(1999, 1, 4)] == Decimal("1.1789")
    assert rates["CYP", date(1999, 1, 4)] == Decimal("0.58231")
    assert ("USD", date(1999, 1, 3)) not in rates
    assert len(rates) > 150_000


@pytest.mark.parametrize("name", ["eurofxref-hist.csv", "eurofxref-hist.zip"])
def test_a_file_is_read_as_the_bank_publishes_it(workspace: Workspace, name: str) -> None:
    file = read_rate_file(drop(workspace, name, HISTORY))
    assert file.last_day == date(2027, 4, 30)
    assert file.rates == {
        ("USD", date(2027, 4, 30)): Decimal("1.2"),
        ("CHF", date(2027, 4, 30)): Decimal("0.95"),
        ("USD", date(2027, 4, 29)): Decimal("1.1"),
    }


def test_the_file_of_one_day_is_read_too(workspace: Workspace) -> None:
    file = read_rate_file(drop(workspace, "eurofxref.csv", "Date, USD, JPY, \n30 April 2027, 1.2000, 160.50, \n"))
    assert file.rates == {("USD", date(2027, 4, 30)): Decimal("1.2"), ("JPY", date(2027, 4, 30)): Decimal("160.5")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "header"),
        ("<html>Not found</html>\n", "header"),
        ("Datum,USD\n2027-04-30,1.2\n", "header"),
        ("Date,USD,USD\n2027-04-30,1.2,1.2\n", "header"),
        ("Date,usd\n2027-04-30,1.2\n", "header"),
        ("Date,USD\n", "no rate"),
        ("Date,USD\n2027-04-30,N/A\n", "no rate"),
        ("Date,USD\n30.04.2027,1.2\n", "line 2 does not begin with a day"),
        ("Date,USD\n2027-04-30,1.2\n2027-04-30,1.3\n", "line 3 repeats a day"),
        ("Date,USD\n2027-04-30\n", "2 fields"),
        ("Date,USD\n2027-04-30,-1.2\n", "'-1.2', which is no rate"),
        ("Date,USD\n2027-04-30,0\n", "no rate"),
        ("Date,USD\n2027-04-30,nan\n", "no rate"),
        ("Date,USD\n2027-04-30,Infinity\n", "no rate"),
        ("Date,USD\n2027-04-30,1.2345678\n", "no rate of at most 6"),
        ('Date,USD\n2027-04-30,"1,2"\n', "no rate"),
        ("Date,USD,\n2027-04-30,1.2,7\n", "no rate"),
    ],
)
def test_a_broken_file_is_one_sentence(workspace: Workspace, text: str, words: str) -> None:
    path = drop(workspace, "eurofxref-hist.csv", text)
    with pytest.raises(EvenhandError) as error:
        read_rate_file(path)
    assert words in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"\xff\xfe\x00"])
def test_bytes_that_are_no_file_of_rates_are_one_sentence(workspace: Workspace, content: bytes) -> None:
    for name in ("a.zip", "a.csv"):
        (workspace.rates / name).write_bytes(content)
        with pytest.raises(EvenhandError, match="take it from https"):
            read_rate_file(workspace.rates / name)


def test_a_zip_of_two_files_is_refused(workspace: Workspace) -> None:
    path = drop(workspace, "a.zip", HISTORY)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", HISTORY)
    with pytest.raises(EvenhandError, match="2 CSV files"):
        read_rate_file(path)


# --- Keeping and laying ------------------------------------------------------------------------------------------------------


def test_without_a_dropped_file_the_lake_holds_the_package_file(workspace: Workspace) -> None:
    assert take_in_rates(workspace, MAY) == 0
    lay_rates(workspace, MAY)
    assert laid(workspace) == read_rate_file(package_file()).rates


def test_a_newer_file_adds_days_and_wins_where_both_have_one(workspace: Workspace) -> None:
    drop(workspace, "new.csv", "Date,USD\n2027-04-30,1.2\n1999-01-04,1.5\n")
    drop(workspace, "old.csv", "Date,USD,CHF\n1999-01-04,1.6,1.7\n1998-12-31,1.4,1.8\n")
    assert take_in_rates(workspace, MAY) == 2
    lay_rates(workspace, MAY)
    rates, package = laid(workspace), read_rate_file(package_file()).rates
    assert rates["USD", date(2027, 4, 30)] == Decimal("1.2")
    assert rates["USD", date(1999, 1, 4)] == Decimal("1.5")  # new.csv is newer than the package's file
    assert rates["CHF", date(1999, 1, 4)] == package["CHF", date(1999, 1, 4)]  # which is newer than old.csv
    assert rates["CHF", date(1998, 12, 31)] == Decimal("1.8")
    assert len(rates) == len(package) + 3


def test_of_two_files_with_one_last_day_the_one_kept_last_holds(workspace: Workspace) -> None:
    for night, rate in ((MAY, "1.2"), (JUNE, "1.3")):
        drop(workspace, "eurofxref-hist.csv", f"Date,USD\n2027-04-30,{rate}\n")
        assert take_in_rates(workspace, night) == 1
    lay_rates(workspace, JUNE)
    assert laid(workspace)["USD", date(2027, 4, 30)] == Decimal("1.3")


def test_a_night_that_is_run_again_reads_the_files_it_read(workspace: Workspace) -> None:
    lay_rates(workspace, MAY)
    before = (workspace.lake / "exchange_rates" / "rates.parquet").read_bytes()
    path = drop(workspace, "eurofxref-hist.zip", HISTORY)
    assert [take_in_rates(workspace, JUNE), take_in_rates(workspace, JUNE)] == [1, 0]
    path.unlink()  # the vault's copy counts from now on
    lay_rates(workspace, JUNE)
    digest = rates_digest(workspace)
    assert laid(workspace)["USD", date(2027, 4, 30)] == Decimal("1.2")
    lay_rates(workspace, MAY)
    assert (workspace.lake / "exchange_rates" / "rates.parquet").read_bytes() == before
    assert rates_digest(workspace) != digest
    (event,) = Vault(workspace.vault).events(TAKEN_IN)
    assert (event["as_of"], event["last_day"]) == ("2027-06-01", "2027-04-30")


def test_a_rebuild_from_the_vault_alone_has_the_same_rates(workspace: Workspace, tmp_path: Path) -> None:
    drop(workspace, "eurofxref-hist.zip", HISTORY)
    take_in_rates(workspace, MAY)
    lay_rates(workspace, MAY)
    fresh = _fresh_home(workspace, tmp_path / "fresh", Vault(workspace.vault).events())
    lay_rates(fresh, MAY)
    assert dropped_files(fresh) == []
    assert contents(fresh.lake) == contents(workspace.lake)


def test_nothing_of_a_broken_file_is_kept(workspace: Workspace) -> None:
    drop(workspace, "eurofxref-hist.csv", "Date,USD\n2027-04-30,none\n")
    with pytest.raises(EvenhandError, match=r"eurofxref-hist\.csv"):
        take_in_rates(workspace, MAY)
    assert not (workspace.vault / "rates").exists()
    assert Vault(workspace.vault).events() == []


def test_files_still_being_written_are_left_alone(workspace: Workspace) -> None:
    for name in ("eurofxref-hist.zip.part", ".eurofxref-hist.zip", "README.txt"):
        (workspace.rates / name).write_text("x")
    assert dropped_files(workspace) == []


def test_an_idle_night_sees_a_dropped_file(workspace: Workspace) -> None:
    settings = load_settings(workspace.home, environ={})
    (workspace.candidate / ".private").mkdir()
    workspace.warehouse.touch()
    remember(workspace, settings, MAY, "public", None, "Nothing is due.")
    assert nothing_to_do(workspace, settings, MAY, "public")
    drop(workspace, "eurofxref-hist.csv", HISTORY)
    assert nothing_to_do(workspace, settings, MAY, "public") is None


# --- Seeds and contracts -----------------------------------------------------------------------------------------------------


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_the_currencies_are_the_euro_and_those_the_bank_ever_published() -> None:
    codes = [row["currency"] for row in seed("currencies")]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {"EUR"} | {currency for currency, _ in read_rate_file(package_file()).rates}
    assert all(row["name"] for row in seed("currencies"))


def test_every_contract_with_a_currency_names_the_allowed_ones() -> None:
    codes = ", ".join(row["currency"] for row in seed("currencies"))
    asked = {name: c for name, c in intake_contracts().items() if "currency" in c.column_names}
    assert set(asked) == {"kpi_values", "projects", "engagements", "interventions"}
    for name, contract in asked.items():
        (rule,) = [rule for rule in contract.rules if rule.name == "known_currency"]
        assert rule.allowed.endswith(f": {codes}"), name


def test_the_price_index_has_every_year_once_and_one_base_year() -> None:
    rows = seed("price_index")
    years = [int(row["year"]) for row in rows]
    assert years == list(range(1996, years[-1] + 1))
    assert [row["year"] for row in rows if row["is_base"] == "true"] == ["2025"]
    assert {row["series"] for row in rows} == {"HICP-EA"}
    assert all(row["source"].startswith("Eurostat prc_hicp_aind") and date.fromisoformat(row["read_on"]) for row in rows)


def test_the_price_index_moves_as_the_published_inflation_of_the_euro_area() -> None:
    """Annual average rates of change as Eurostat publishes them (prc_hicp_aind, RCH_A_AVG), from the year 2010 on."""
    published = [1.6, 2.7, 2.5, 1.4, 0.4, 0.2, 0.2, 1.5, 1.8, 1.2, 0.3, 2.6, 8.4, 5.4, 2.4, 2.1]
    index = {int(row["year"]): float(row["price_index"]) for row in seed("price_index")}
    for year, rate in enumerate(published, start=2010):
        assert abs(100 * (index[year] / index[year - 1] - 1) - rate) < 0.06, year
    assert index[2015] == 100
