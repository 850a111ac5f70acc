"""Whatever is damaged, the days that its finder names mend it, in one run, and readers' right figures stay."""

from typing import LiteralString

import dagster as dg
import psycopg
import pytest

from pipelines import database
from pipelines.history import full
from pipelines.history.full import prove_everything
from pipelines.proofs import damage
from pipelines.settings import Databases, PipelineSettings
from tests.pipelines.conftest import Bank, Pipeline
from tests.pipelines.history.corruptions import PUBLISHED, WAREHOUSE

pytestmark = pytest.mark.slow

READERS: LiteralString = "select account_id, type, period_start, metrics, basis from stats.stats order by 1, 2, 3"
DAYS: LiteralString = "select * from stats.bank_daily order by date, currency"
ACCOUNTS: LiteralString = "select account_id, type, currency, opened_at, closed_at from stats.account order by 1"
EVERY = [
    *(pytest.param("warehouse", statement, id=f"warehouse: {name}") for name, statement in WAREHOUSE.items()),
    *(pytest.param("bank", statement, id=f"readers: {name}") for name, statement in PUBLISHED.items()),
]


def backfill(pipeline: Pipeline, first: object, last: object) -> dg.ExecuteInProcessResult:
    """The job over a range of days, as Dagster starts it in one run."""
    tags = {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
    return pipeline.defs.resolve_job_def("backfill").execute_in_process(
        instance=pipeline.instance, raise_on_error=False, tags=tags
    )


def prove(databases: Databases, settings: PipelineSettings) -> list[damage.Damage]:
    return prove_everything(databases, settings, lambda _part: None, wait_s=5)


class TestMend:
    @pytest.mark.parametrize(("where", "statement"), EVERY)
    def test_the_named_days_mend_it(
        self,
        bank: Bank,
        databases: Databases,
        settings: PipelineSettings,
        pipeline: Pipeline,
        where: str,
        statement: LiteralString,
    ) -> None:
        before = [bank.published(query) for query in (READERS, DAYS, ACCOUNTS)]
        url = bank.warehouse_url if where == "warehouse" else bank.databases.superuser_url()
        with psycopg.connect(url) as connection:
            assert connection.execute(statement).rowcount > 0
        found = prove(databases, settings)
        days = damage.days_of(found)
        assert days is not None, found

        result = backfill(pipeline, *days)

        assert result.success, bank.published("select error from pipeline.run order by started_at desc limit 1")
        [made] = {event.metadata["days"].value for event in result.asset_materializations_for_node("raw__day")}
        assert made == f"{days[0]} to {days[1]}"
        assert bank.published("select kind, outcome from pipeline.run") == [("backfill", "published")]
        assert bank.published("select count(*) from pipeline.damage where mended_at is null") == [(0,)]
        assert prove(databases, settings) == []
        bank.assert_raw_equals_ledger()
        assert [bank.published(query) for query in (READERS, DAYS, ACCOUNTS)] == before

    def test_another_day_mends_nothing_and_is_not_published(
        self, bank: Bank, databases: Databases, settings: PipelineSettings, pipeline: Pipeline
    ) -> None:
        with psycopg.connect(bank.warehouse_url) as connection:
            connection.execute(WAREHOUSE["copy, amount"])
        assert prove(databases, settings)
        assert not backfill(pipeline, "2024-03-04", "2024-03-04").success
        assert bank.published("select count(*) from pipeline.publication") == [(1,)]

    def test_a_final_figure_that_was_not_damaged_is_never_changed(
        self, bank: Bank, databases: Databases, settings: PipelineSettings, pipeline: Pipeline
    ) -> None:
        with psycopg.connect(bank.databases.superuser_url()) as connection:
            connection.execute(PUBLISHED["figure"])
        assert prove(databases, settings)
        # What was found is no licence: the mart must say what it said when readers' copy was found to differ. This
        # changes the averages of a past that adds up all the same.
        with psycopg.connect(bank.databases.superuser_url()) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(
                "update accounts.transaction set at = at - interval '1 hour' "
                "where amount = 1000 and at::date = '2024-03-05'"
            )
        result = backfill(pipeline, "2024-03-05", "2024-03-05")
        assert not result.success
        failed = {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}
        assert failed == {"finality"}
        places = bank.published("select place from pipeline.damage where proof = 'finality' order by place")
        assert [place for (place,) in places] == ["daily 2024-03-05", "monthly 2024-03-01", "weekly 2024-03-04"]


class TestFullProof:
    def test_all_rows_are_named(self, bank: Bank, databases: Databases, settings: PipelineSettings) -> None:
        with psycopg.connect(bank.warehouse_url) as connection:
            connection.execute("update raw.transaction set balance_after = balance_after + 1")
        found = prove(databases, settings)
        rows = [each for each in found if each.proof == "copy"]
        assert len(rows) == bank.raw("select count(*) from raw.transaction")[0][0] == 9
        assert {each.first_day.isoformat() for each in rows if each.first_day} == {
            *("2024-03-04", "2024-03-05", "2024-03-06"),
        }

    def test_makes_all_proofs_young(self, bank: Bank, databases: Databases, settings: PipelineSettings) -> None:
        with database.connect(bank.publish_url) as connection:
            connection.execute("update pipeline.proven set proven_at = now() - interval '1 year'")
        parts: list[str] = []
        assert prove_everything(databases, settings, lambda part: parts.append(str(part))) == []
        assert parts == ["the last accounts", "the last days"]
        assert bank.published(
            "select count(*) from pipeline.proven where proven_at > now() - interval '1 hour'"
        ) == [(2,)]

    def test_is_not_made_of_what_a_run_left_half_done(
        self, bank: Bank, databases: Databases, settings: PipelineSettings
    ) -> None:
        bank.extract()
        with pytest.raises(full.Refused, match="tidemark stats run"):
            prove(databases, settings)
