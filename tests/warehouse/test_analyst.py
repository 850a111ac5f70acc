"""`tidemark analyst`: changed models beside production, held against it."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
import pytest
from click.testing import CliRunner

from infra.analyst.commands import build_changed
from infra.analyst.difference import Difference, differences
from infra.analyst.workspace import Workspace, is_productions, open_workspace, project_folder, schema_name
from infra.cli import main
from infra.local.bank import Bank
from infra.local.errors import LocalError
from infra.local.given import UP
from infra.local.record import PartRecord, RunRecord
from infra.local.state import StateFolder
from tests.cluster import Databases
from tests.oracle import Account, Transaction
from tests.warehouse.dbt import PROJECT, Dbt, environment
from tests.warehouse.raw import balances_after, write_batch

pytestmark = pytest.mark.slow

ONE, TWO = UUID(int=1), UUID(int=2)
DAILY = "models/marts/stats_daily.sql"
INTERMEDIATE = "models/intermediate/int_transactions_dated.sql"
MACRO = "macros/period_statistics.sql"
WORDS = "models/marts/_stats.yml"
FIRST_COLUMN = "      - &account_id\n"
MONEY_IN = "coalesce(sum(amount) filter (where amount > 0), 0)"
Edit = Callable[[str, str, str], None]


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


HISTORY = [
    Transaction(ONE, 1, at(1, 5), 100, "external:cash"),
    Transaction(ONE, 2, at(2, 5), 50, "external:cash"),
    Transaction(TWO, 1, at(2, 6), 70, "external:wire"),
    Transaction(TWO, 2, at(3, 6), -20, "external:wire"),
]


@pytest.fixture(scope="module")
def production(warehouse: psycopg.Connection, dbt: Dbt) -> psycopg.Connection:
    """The marts built by production up to batch 1: two accounts, four account-days."""
    balances = balances_after(HISTORY)
    write_batch(warehouse, at(4), [Account(ONE, at(1)), Account(TWO, at(2))], HISTORY, balances)
    dbt("run")
    return warehouse


@pytest.fixture(scope="module")
def state(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with production's manifest."""
    folder = tmp_path_factory.mktemp("production")
    dbt.manifest.write(str(folder / "manifest.json"))
    return folder


@pytest.fixture(scope="module")
def place(
    production: psycopg.Connection,
    state: Path,
    warehouse_databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Workspace]:
    """An analyst's place with a copy of the project, nothing changed yet."""
    project = tmp_path_factory.mktemp("draft") / "warehouse"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    url = warehouse_databases.url("analyst")
    made = Workspace(project, "analyst_ada", state, state / "target", "UTC", url, environment(url))
    yield made
    made.drop()


@pytest.fixture
def edit(place: Workspace) -> Edit:
    def replace(file: str, old: str, new: str) -> None:
        text = (place.project / file).read_text()
        assert old in text
        (place.project / file).write_text(text.replace(old, new, 1))

    return replace


def preview(place: Workspace) -> dict[str, Difference]:
    built = place.tables()
    models = [model for model in place.changed(place.parse()) if model.name in built]
    return {found.model: found for found in differences(place, models)}


class TestChanged:
    def test_nothing_while_nothing_was_edited(self, place: Workspace) -> None:
        assert place.changed(place.parse()) == []

    def test_what_was_edited_and_what_is_built_from_it(self, place: Workspace, edit: Edit) -> None:
        edit(DAILY, "from transactions", "from transactions -- edited")
        manifest = place.parse()
        assert {model.name for model in place.changed(manifest)} == {"stats_daily", "metric_catalog"}
        assert [model.name for model in place.changed(manifest, ["stats_daily", "accounts"])] == ["stats_daily"]
        edit(DAILY, " -- edited", "")

    def test_a_project_that_is_not_sound_says_why(self, place: Workspace, edit: Edit) -> None:
        edit("models/marts/accounts.sql", "ref('stg_ledger__accounts')", "ref('nowhere')")
        with pytest.raises(LocalError, match="nowhere"):
            place.parse()
        edit("models/marts/accounts.sql", "ref('nowhere')", "ref('stg_ledger__accounts')")


class TestBuildAndPreview:
    """In this order: each test goes on where the one before left the place."""

    def test_a_new_column_and_changed_cells(self, place: Workspace, edit: Edit) -> None:
        edit(DAILY, "{{ period_statistics('day') }}", "{{ period_statistics('day') }},\n    count(*) + 1 as more")
        edit(
            WORDS, FIRST_COLUMN, "      - {name: more, data_type: bigint, description: One more.}\n" + FIRST_COLUMN
        )
        edit(MACRO, MONEY_IN, "sum(amount)")
        # What production would refuse, the build names; its tables are there to be looked at.
        with pytest.raises(LocalError, match="dbt test failed"):
            build_changed(place, ["stats_daily"])
        assert place.tables() == {"stats_daily"}
        daily = preview(place)["stats_daily"]
        assert (daily.rows_here, daily.rows_there, daily.only_here, daily.only_there) == (4, 4, 0, 0)
        assert daily.added == {"more": "4 rows have a value, from 2 to 2"}
        assert {name: cells.count for name, cells in daily.cells.items()} == {"inflow": 1}
        ((key, there, here),) = daily.cells["inflow"].examples
        assert (key["account_id"], str(key["period_start"]), there, here) == (TWO, "2026-05-03", 0, -20)
        assert list(daily.lines()) == [
            "stats_daily: 4 rows, 4 in production",
            "  new column more: 4 rows have a value, from 2 to 2",
            "  inflow: 1 cells changed",
            "    00000000-0000-0000-0000-000000000002, 2026-05-03: 0 → -20",
        ]

    def test_its_tests_find_what_does_not_add_up(self, place: Workspace) -> None:
        with pytest.raises(LocalError, match="dbt test failed"):
            place.against_production(place.parse(), "test", 1, "--select", "statistics_add_up_stats_daily_")

    def test_what_production_took_in_since_is_left_out(
        self, place: Workspace, production: psycopg.Connection, dbt: Dbt
    ) -> None:
        late = [*HISTORY, Transaction(ONE, 3, at(3, 7), 5, "a"), Transaction(TWO, 3, at(3, 7), 5, "a")]
        write_batch(production, at(5), [], late[-2:], balances_after(late))
        dbt("run", "--select", "stats_daily", "stats_monthly")
        daily = preview(place)["stats_daily"]
        assert (daily.rows_here, daily.rows_there, daily.later, daily.cells) == (3, 3, 2, {})
        assert "2 rows that production has written since" in list(daily.lines())[1]

    def test_rows_that_go_a_view_without_a_key_and_what_is_no_longer_changed(
        self, place: Workspace, edit: Edit
    ) -> None:
        for file in (DAILY, WORDS, MACRO):
            shutil.copyfile(PROJECT / file, place.project / file)
        source = "from {{ ref('stg_ledger__transactions') }}"
        edit(INTERMEDIATE, source, f"{source} where amount <> 50")
        with pytest.raises(LocalError, match="dbt test failed"):
            build_changed(place, ["int_transactions_dated", "stats_monthly"])
        assert place.tables() >= {"int_transactions_dated", "stats_monthly"}
        found = preview(place)
        assert (found["int_transactions_dated"].only_here, found["int_transactions_dated"].only_there) == (0, 1)
        assert found["stats_monthly"].cells["inflow"].count == 1
        edit(INTERMEDIATE, " where amount <> 50", "")
        build_changed(place, ())
        assert place.tables() == set()

    def test_a_model_that_cannot_be_built_is_an_error(self, place: Workspace, edit: Edit) -> None:
        edit("models/marts/accounts.sql", "    account_id,", "    nothing_like_it,\n    account_id,")
        with pytest.raises(LocalError, match="dbt build failed"):
            build_changed(place, ["accounts"])

    def test_a_column_whose_increment_has_another_type_is_an_error(self, place: Workspace, edit: Edit) -> None:
        shutil.copyfile(PROJECT / "models/marts/accounts.sql", place.project / "models/marts/accounts.sql")
        edit("models/marts/accounts.sql", "    type,", "    type,\n    1.5::numeric as rate,")
        edit(
            "models/marts/_bank.yml",
            "      - name: type\n",
            "      - {name: rate, data_type: 'numeric(18,2)', description: A rate.}\n      - name: type\n",
        )
        with pytest.raises(LocalError, match="dbt build failed"):
            build_changed(place, ["accounts"])
        for file in ("models/marts/accounts.sql", "models/marts/_bank.yml"):
            shutil.copyfile(PROJECT / file, place.project / file)

    def test_a_statistic_that_readers_cannot_be_shown_is_an_error(
        self, place: Workspace, edit: Edit, capfd: pytest.CaptureFixture[str]
    ) -> None:
        edit(
            DAILY,
            "{{ period_statistics('day') }}",
            "{{ period_statistics('day') }},\n    min(posted_at) as first_at",
        )
        metric = "config: {meta: {metric: {label: First, unit: count, idle: none, version: 1}}}"
        edit(
            WORDS,
            FIRST_COLUMN,
            f"      - {{name: first_at, data_type: timestamptz, description: First., {metric}}}\n{FIRST_COLUMN}",
        )
        with pytest.raises(LocalError, match="dbt build failed"):
            build_changed(place, ["stats_daily"])
        assert "readers can't be shown timestamptz" in "".join(capfd.readouterr())
        for file in (DAILY, WORDS):
            shutil.copyfile(PROJECT / file, place.project / file)

    def test_a_seed_is_loaded_as_production_does(self, place: Workspace) -> None:
        seed, model = place.project / "seeds" / "rates.csv", place.project / "models/intermediate/int_rates.sql"
        seed.parent.mkdir(exist_ok=True)
        seed.write_text("currency,rate\nCZK,1\n")
        model.write_text("select currency from {{ ref('rates') }}")
        build_changed(place, ())
        assert place.tables() == {"rates", "int_rates"}
        seed.unlink()
        model.unlink()

    def test_production_cannot_be_written(self, place: Workspace) -> None:
        with place.connect() as warehouse, pytest.raises(psycopg.errors.InsufficientPrivilege):
            warehouse.execute("delete from marts.stats_daily")


class TestProduction:
    def test_not_built_yet(self, place: Workspace, production: psycopg.Connection) -> None:
        assert place.batch_id() == 2
        production.execute("alter table marts.accounts rename to elsewhere")
        with pytest.raises(LocalError, match="has not built its models yet"):
            place.batch_id()
        production.execute("alter table marts.elsewhere rename to accounts")


class TestNames:
    def test_the_schema_is_named_after_the_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("getpass.getuser", lambda: "Ada.Lovelace")
        assert schema_name(None) == "analyst_ada_lovelace"
        assert schema_name("analyst_x1") == "analyst_x1"

    @pytest.mark.parametrize("name", ["marts", "analyst_", "analyst_A", 'analyst_a"; drop schema marts'])
    def test_no_other_schema_can_be_named(self, name: str) -> None:
        with pytest.raises(LocalError, match="can't be an analyst's schema"):
            schema_name(name)

    def test_the_project_is_the_current_folders(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert project_folder(None) == PROJECT
        (tmp_path / "warehouse").mkdir()
        (tmp_path / "warehouse" / "dbt_project.yml").touch()
        assert project_folder(None) == tmp_path / "warehouse"
        with pytest.raises(LocalError, match="no dbt project"):
            project_folder(tmp_path)


class TestOpenWorkspace:
    @pytest.fixture
    def bank(self, tmp_path: Path) -> Bank:
        with StateFolder(tmp_path).open("Europe/Prague"):
            return Bank.of({UP: {"TIDEMARK_HOME": str(tmp_path)}})

    def test_needs_productions_manifest(self, bank: Bank) -> None:
        with pytest.raises(LocalError, match=r"manifest\.json is missing"):
            open_workspace(bank, PROJECT, None)

    def test_knows_the_role_of_analysts_and_no_other(self, bank: Bank) -> None:
        (bank.state.home / "dbt").mkdir()
        (bank.state.home / "dbt" / "manifest.json").touch()
        place = open_workspace(bank, PROJECT, "analyst_ada")
        assert place.time_zone == place.environment["TIDEMARK_TIME_ZONE"] == "Europe/Prague"
        assert place.environment["TIDEMARK_WAREHOUSE_USER"] == "analyst"
        assert {role for role, word in bank.secrets.databases.items() if word in str(place.environment)} == {
            "analyst"
        }

    def test_whether_the_bank_builds_from_this_project(
        self, bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(PROJECT.parent)
        assert not is_productions(bank, PROJECT)
        part = PartRecord("pipelines", "running", os.getpid(), psutil.Process().create_time())
        RunRecord(1, {}, {"pipelines": part}).write(bank.state.run_record)
        assert is_productions(bank, PROJECT)
        assert not is_productions(bank, tmp_path / "warehouse")


class TestCommands:
    @pytest.mark.parametrize("command", ["build", "preview", "test", "clean"])
    def test_without_a_bank(self, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TIDEMARK_HOME", str(tmp_path))
        done = CliRunner().invoke(main, ["analyst", command])
        assert done.exit_code == 1
        assert "No bank is running" in done.output
