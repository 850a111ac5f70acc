"""What raises alerts: failed runs, statistics that grow old, damage, history that was not proven in time."""

from collections.abc import Iterator
from uuid import uuid4

import dagster as dg
import psycopg
import pytest

from pipelines import database
from pipelines.alerts.channels import NotSent
from pipelines.alerts.sensors import sensors_of
from pipelines.alerts.settings import AlertSettings
from pipelines.extract.source import oldest_writer
from tests.pipelines.alerts.alerts import OPEN, publish
from tests.pipelines.alerts.receivers import Inbox
from tests.pipelines.conftest import Bank


class TestStalenessSensor:
    def test_raises_sends_and_closes(self, bank: Bank, settings: AlertSettings, web: Inbox) -> None:
        sensor = sensors_of(settings)[1]
        for age_s, is_stale in ((None, False), (800, False), (1000, True), (1000, True), (10, False)):
            if age_s is not None:
                publish(bank, age_s)
            sensor(dg.build_sensor_context())
            assert [row[0] for row in bank.published(OPEN)] == (["staleness"] if is_stale else [])
        assert [(body["kind"], body["run_id"]) for body in web.bodies] == [("staleness", "good")] * 2
        assert [body["resolved_at"] is None for body in web.bodies] == [True, False]
        assert web.bodies[0]["subject"] == (
            "The statistics are stale: nothing newer than 15 minutes has been published"
        )

    def test_says_which_transaction_holds_completeness_and_not_what_it_runs(
        self, bank: Bank, settings: AlertSettings, web: Inbox, mail: Inbox
    ) -> None:
        publish(bank, age_s=1000)
        with psycopg.connect(bank.databases.superuser_url(), application_name="payroll") as writer:
            writer.execute(f"select '{SECRET}', pg_current_xact_id()")
            sensors_of(settings)[1](dg.build_sensor_context())
            assert web.bodies[0]["detail"] is None
            [(pid, since)] = writer.execute("select pg_backend_pid(), now()").fetchall()
            with database.connect(bank.source_url) as source:
                detail = oldest_writer(source, older_than_s=-1)
        assert detail is not None
        assert f"process {pid} (payroll, role postgres, idle in transaction)" in detail
        assert f"{since:%Y-%m-%d %H:%M:%S} UTC" in detail
        assert SECRET not in detail

    def test_a_holder_reaches_every_channel(
        self, bank: Bank, settings: AlertSettings, web: Inbox, mail: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(bank, age_s=1000)
        monkeypatch.setattr("pipelines.alerts.sensors.oldest_writer", lambda *_, **__: "held by process 7")
        sensors_of(settings)[1](dg.build_sensor_context())
        assert web.bodies[0]["detail"] == "held by process 7"
        assert "held by process 7" in web.bodies[0]["text"]
        assert "held by process 7" in mail.messages[0].get_content()
        assert bank.published("select detail from pipeline.alert") == [("held by process 7",)]

    def test_damage_is_announced_until_it_is_mended(self, bank: Bank, settings: AlertSettings, web: Inbox) -> None:
        account = uuid4()
        with database.connect(bank.publish_url) as connection:
            connection.execute(
                "insert into pipeline.damage (proof, account_id, place, first_day, last_day, found_by) "
                "values ('copy', %s, 'transaction 7', '2026-03-01', '2026-03-02', 'scrubber')",
                (account,),
            )
            for _ in range(2):
                sensors_of(settings)[1](dg.build_sensor_context())
            connection.execute("delete from pipeline.damage")
        sensors_of(settings)[1](dg.build_sensor_context())
        raised, over = web.bodies
        assert (raised["kind"], raised["resolved_at"]) == ("damage", None)
        assert "tidemark warehouse mend --from 2026-03-01 --to 2026-03-02" in raised["detail"]
        assert str(account) not in str(web.bodies)
        assert (over["kind"], over["resolved_at"] is None) == ("damage", False)
        assert bank.published(OPEN) == []

    def test_history_that_was_not_proven_in_time_is_announced(
        self, bank: Bank, settings: AlertSettings, web: Inbox
    ) -> None:
        with database.connect(bank.publish_url) as connection:
            connection.execute(
                "insert into pipeline.proven (kind, last_key, proven_at) values "
                "('days', '2026-03-01', now() - interval '31 days'), ('days', '9999-12-31', now())"
            )
            sensors_of(settings)[1](dg.build_sensor_context())
            assert [row[:2] for row in bank.published(OPEN)] == [
                ("overdue", "History was not proven again within 30 days")
            ]
            connection.execute("update pipeline.proven set proven_at = now() - interval '29 days'")
            sensors_of(settings)[1](dg.build_sensor_context())
            connection.execute("delete from pipeline.proven")
        assert bank.published(OPEN) == []
        assert [body["kind"] for body in web.bodies] == ["overdue", "overdue"]

    def test_fails_visibly_while_a_channel_refuses(self, bank: Bank, settings: AlertSettings, web: Inbox) -> None:
        web.is_refusing = True
        publish(bank, age_s=1000)
        with pytest.raises(NotSent, match=r"^webhook: answered 503$"):
            sensors_of(settings)[1](dg.build_sensor_context())


SECRET = f"account {uuid4()} holds 12345"


@dg.asset
def books() -> None:
    """Something to check."""


@dg.asset_check(asset=books, blocking=True)
def balanced() -> dg.AssetCheckResult:
    """A proof that does not hold."""
    return dg.AssetCheckResult(passed=False, description=SECRET)


class TestFailureSensor:
    @pytest.fixture
    def failed(self) -> Iterator[tuple[dg.DagsterInstance, dg.RunFailureSensorContext]]:
        """A run whose check did not pass."""
        with dg.DagsterInstance.ephemeral() as instance:
            job = dg.Definitions(
                assets=[books],
                asset_checks=[balanced],
                jobs=[dg.define_asset_job("refresh", executor_def=dg.in_process_executor)],
            ).resolve_job_def("refresh")
            result = job.execute_in_process(instance=instance, raise_on_error=False)
            [event] = [event for event in result.all_events if event.is_run_failure]
            yield (
                instance,
                dg.build_run_status_sensor_context(
                    "failure_alert", event, instance, result.dagster_run
                ).for_run_failure(),
            )

    def test_names_the_check_and_nothing_of_what_it_found(
        self,
        bank: Bank,
        settings: AlertSettings,
        web: Inbox,
        mail: Inbox,
        failed: tuple[dg.DagsterInstance, dg.RunFailureSensorContext],
    ) -> None:
        run_id = failed[1].dagster_run.run_id
        sensors_of(settings)[0](failed[1])
        assert bank.published(OPEN) == [("failure", "refresh was refused: balanced", run_id)]
        assert (len(web.bodies), len(mail.messages)) == (1, 1)
        assert web.bodies[0]["path"] == f"/runs/{run_id}"
        assert SECRET not in str(web.bodies) + mail.messages[0].as_string()

    def test_is_silent_about_a_run_that_is_started_anew(
        self, bank: Bank, settings: AlertSettings, failed: tuple[dg.DagsterInstance, dg.RunFailureSensorContext]
    ) -> None:
        instance, context = failed
        run = context.dagster_run.with_tags({"dagster/will_retry": "true"})
        again = dg.build_run_status_sensor_context("failure_alert", context.dagster_event, instance, run)
        assert isinstance(sensors_of(settings)[0](again.for_run_failure()), dg.SkipReason)
        assert bank.published(OPEN) == []

    def test_is_heard_when_the_bank_cannot_be_reached(
        self,
        bank: Bank,
        settings: AlertSettings,
        web: Inbox,
        failed: tuple[dg.DagsterInstance, dg.RunFailureSensorContext],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("TIDEMARK_PUBLISH_URL", "postgresql://publisher@127.0.0.1:1/bank")
        sensors_of(settings)[0](failed[1])
        assert [body["subject"] for body in web.bodies] == ["refresh was refused: balanced"]
