"""The scrubber: it finds damage of old history wherever it lies, names it, and stops publication until mended."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from pipelines import database
from pipelines.history import progress, scrubber
from pipelines.history.scrubber import scrub
from pipelines.proofs import damage
from pipelines.proofs.damage import Damage
from pipelines.settings import Databases, PipelineSettings
from pipelines.watch import Watcher
from tests.pipelines.conftest import Bank, Pipeline
from tests.pipelines.history.corruptions import PUBLISHED, WAREHOUSE
from tests.pipelines.ledger import later
from tests.pipelines.projects import add_statistic, copy_project
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

DAY = date(2024, 3, 5)


def known(bank: Bank) -> list[Damage]:
    with database.connect(bank.publish_url) as connection:
        return damage.known(connection)


def execute(url: str, statement: LiteralString) -> None:
    with psycopg.connect(url) as connection:
        assert connection.execute(statement).rowcount > 0


class TestFinds:
    def test_nothing_where_nothing_is_wrong(
        self, bank: Bank, databases: Databases, settings: PipelineSettings
    ) -> None:
        told = scrub(databases, settings, seconds=600)
        assert told.startswith("2 parts of history proven. All of it was proven today. The oldest proof is of")
        assert known(bank) == []

    @pytest.mark.parametrize("statement", WAREHOUSE.values(), ids=WAREHOUSE.keys())
    def test_damage_in_the_warehouse(
        self, bank: Bank, databases: Databases, settings: PipelineSettings, statement: LiteralString
    ) -> None:
        execute(bank.warehouse_url, statement)
        scrub(databases, settings, seconds=600)
        found = known(bank)
        assert found
        first, last = damage.days_of(found) or (None, None)
        assert first is not None
        assert last is not None
        # A week begins as much earlier as that.
        assert DAY - timedelta(days=8) <= first <= last <= DAY + timedelta(days=1)

    @pytest.mark.parametrize("statement", PUBLISHED.values(), ids=PUBLISHED.keys())
    def test_damage_of_what_readers_have(
        self, bank: Bank, databases: Databases, settings: PipelineSettings, statement: LiteralString
    ) -> None:
        execute(bank.databases.superuser_url(), statement)
        scrub(databases, settings, seconds=600)
        found = known(bank)
        assert found
        assert all(each.proof.startswith("published_") and each.first_day for each in found)

    def test_each_row_of_the_copy_with_its_account_and_day(
        self, bank: Bank, databases: Databases, settings: PipelineSettings
    ) -> None:
        execute(bank.warehouse_url, "update raw.transaction set amount = amount + 1 where sequence in (1, 3, 4)")
        scrub(databases, settings, seconds=600)
        found = known(bank)
        rows = [(each.account, each.place, each.first_day) for each in found if each.proof == "copy"]
        changed = bank.raw(
            "select account_id::text, 'transaction ' || sequence, at::date from raw.transaction "
            "where sequence in (1, 3, 4) order by 3, 1, 2"
        )
        assert rows == changed

    def test_no_more_days_than_were_damaged(
        self, bank: Bank, databases: Databases, settings: PipelineSettings
    ) -> None:
        execute(bank.warehouse_url, WAREHOUSE["copy, amount"])
        scrub(databases, settings, seconds=600)
        found = known(bank)
        # The account's balance, its week and its month are wrong for one day's sake.
        assert {each.proof for each in found} > {"ledger_balance", "copy", "completeness"}
        assert damage.days_of(found) == (DAY, DAY)


class TestOwnStatistic:
    """What only the models count is made anew, part by part."""

    def test_is_proven_by_the_models_that_made_it(self, bank: Bank, databases: Databases, tmp_path: Path) -> None:
        project = copy_project(tmp_path)
        add_statistic(project, "count(*)")
        settings = PipelineSettings(dbt_project=project, dbt_target=tmp_path / "dbt")
        Steps(bank.databases, settings.target, project).refresh()
        assert scrub(databases, settings, seconds=600).startswith("2 parts of history proven. All of it")
        with database.connect(bank.publish_url) as connection:
            connection.execute("delete from pipeline.scrub_day")
        execute(bank.warehouse_url, "update marts.stats_daily set own = 7 where period_start = '2024-03-05'")
        other = copy_project(tmp_path / "other")
        add_statistic(other, "7 + count(*)")

        changed = PipelineSettings(dbt_project=other, dbt_target=settings.target)
        assert "The dbt project has changed; a run comes first." in scrub(databases, changed, seconds=600)
        assert known(bank) == []

        scrub(databases, settings, seconds=600)
        assert {(each.proof, each.place, each.first_day) for each in known(bank)} == {
            ("rebuild", "stats_daily 2024-03-05", DAY)
        }


class TestStopsPublication:
    def test_until_it_is_mended(self, bank: Bank, databases: Databases, pipeline: Pipeline) -> None:
        settings = PipelineSettings.read()
        execute(bank.warehouse_url, WAREHOUSE["day"])
        scrub(databases, settings, seconds=600)
        account = bank.raw("select account_id from marts.stats_daily where inflow = 1001")[0][0]
        with (
            database.connect(bank.source_url) as source,
            database.connect(bank.warehouse_url) as warehouse,
            database.connect(bank.publish_url) as published,
        ):
            assert Watcher(source, warehouse, published).reason() == "What is known to be damaged is proven again."

        refused = pipeline.run()

        assert not refused.success
        [failed] = [check for check in refused.get_asset_check_evaluations() if not check.passed]
        assert failed.check_name == "history"
        assert failed.metadata["remedy"].value == (
            "To mend it: tidemark warehouse mend --from 2024-03-05 --to 2024-03-05"
        )
        [(outcome, error)] = bank.published("select outcome, error from pipeline.run")
        assert outcome == "refused"
        assert f"account {account}, daily 2024-03-05 (completeness)" in str(error)
        assert "tidemark warehouse mend --from 2024-03-05 --to 2024-03-05" in str(error)
        assert bank.published("select count(*) from pipeline.publication") == [(1,)]
        assert "Damage is known" in scrub(databases, settings, seconds=600)

        execute(bank.warehouse_url, "update marts.stats_daily set inflow = 1000 where inflow = 1001")
        mended = pipeline.run()

        assert mended.success
        assert known(bank) == []
        [age] = [
            check.metadata["oldest_proof_age_days"].value
            for check in mended.get_asset_check_evaluations()
            if check.check_name == "history" and "oldest_proof_age_days" in check.metadata
        ]
        assert age == 0

    def test_a_proof_that_failed_in_a_close_is_not_forgotten_by_the_next_run(
        self, bank: Bank, pipeline: Pipeline
    ) -> None:
        execute(bank.warehouse_url, "update marts.stats_weekly set daily_balance_sum = daily_balance_sum + 1")
        # The first close proves everything; a refresh alone would not have seen it.
        assert not pipeline.run("close_daily").success
        assert not pipeline.run().success
        assert {each.place for each in known(bank)} == {"weekly 2024-03-04"}


class TestOrder:
    """Parts in order, each proven again before another is proven twice."""

    @pytest.fixture(autouse=True)
    def small_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(progress, "ROWS", 1)

    def keys(self, bank: Bank) -> list[tuple[object, ...]]:
        return bank.published("select kind, last_key from pipeline.proven order by turn")

    def test_each_account_and_day_once_a_day(
        self, bank: Bank, databases: Databases, settings: PipelineSettings
    ) -> None:
        told = scrub(databases, settings, seconds=600)
        assert told.startswith("7 parts of history proven. All of it was proven today.")
        accounts = [str(row[0]) for row in bank.raw("select id from raw.account order by id")]
        assert sorted(self.keys(bank)) == [
            *(("accounts", key) for key in (*accounts[:-1], progress.END["accounts"])),
            *(("days", key) for key in ("2024-03-04", "2024-03-05", "2024-03-06", "9999-12-31")),
        ]
        assert scrub(databases, settings, seconds=600).startswith("0 parts")

    def test_goes_on_where_it_stopped(
        self, bank: Bank, databases: Databases, settings: PipelineSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Killed(BaseException):
            pass

        original, proven = scrubber.prove_part, list[object]()

        def dying(*arguments: object) -> object:
            if len(proven) == 2:
                raise Killed
            proven.append(arguments[1])
            return original(*arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as dies:
            dies.setattr(scrubber, "prove_part", dying)
            with pytest.raises(Killed):
                scrub(databases, settings, seconds=600)
        assert scrub(databases, settings, seconds=600).startswith("5 parts of history proven. All of it")

    def test_budget_of_a_day(self, bank: Bank, databases: Databases, settings: PipelineSettings) -> None:
        spent = PipelineSettings(dbt_target=settings.dbt_target, scrub_budget_s=0)
        assert "The day's budget is spent." in scrub(databases, spent, seconds=600)
        assert "More comes at the next tick." in scrub(databases, settings, seconds=0)
        assert bank.published("select count(distinct proven_at) from pipeline.proven") == [(1,)]

    def test_a_clock_that_was_set_back_hides_no_part(
        self, bank: Bank, databases: Databases, settings: PipelineSettings
    ) -> None:
        with database.connect(bank.publish_url) as connection:
            connection.execute("update pipeline.proven set proven_at = now() + interval '1 year'")
        scrub(databases, settings, seconds=600)
        with database.connect(bank.publish_url) as connection:
            connection.execute("update pipeline.scrub_day set day = %s", (date.max - timedelta(days=1),))
        assert scrub(databases, settings, seconds=600).startswith("7 parts")
        oldest = bank.published("select max(proven_at) < now() from pipeline.proven")
        assert oldest == [(True,)]

    def test_new_history_is_proven_by_the_run_that_brings_it(
        self, bank: Bank, databases: Databases, settings: PipelineSettings
    ) -> None:
        scrub(databases, settings, seconds=600)
        account = bank.ledger.open_account(opened_at=later(days=-400))
        bank.ledger.deposit(account, 5, at=later(days=-300))
        Steps(bank.databases, settings.target).refresh()
        with database.connect(bank.publish_url) as connection:
            connection.execute("delete from pipeline.scrub_day")
        assert scrub(databases, settings, seconds=600).startswith("9 parts of history proven. All of it")
        assert known(bank) == []

    def test_waits_for_the_run_that_comes_first(
        self,
        bank: Bank,
        databases: Databases,
        settings: PipelineSettings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        bank.extract()
        assert "The last run did not publish" in scrub(databases, settings, seconds=600)
        with database.connect(bank.warehouse_url) as other:
            database.lock(other, database.RUN_LOCK, 1)
            monkeypatch.setattr(scrubber, "LOCK_WAIT_S", 0.1)
            with pytest.raises(database.Busy):
                scrub(databases, settings, seconds=600)


class TestAge:
    def test_oldest_proof(self, bank: Bank) -> None:
        with database.connect(bank.publish_url) as connection:
            found = progress.oldest_proof_at(connection)
            assert found is not None
            assert datetime.now(UTC) - found < timedelta(hours=1)
