"""Alerts: raised once, sent over each channel until it takes them, closed when they are over."""

import base64
from collections.abc import Iterator
from uuid import uuid4

import dagster as dg
import psycopg
import pytest

from pipelines import database
from pipelines.alerts import book
from pipelines.alerts.alert import Alert, failure, staleness
from pipelines.alerts.channels import NotSent, channels
from pipelines.alerts.sensors import sensors_of
from pipelines.alerts.settings import AlertSettings
from pipelines.extract.source import oldest_writer
from tests.pipelines.conftest import Bank
from tests.pipelines.receivers import Inbox, mail_server, web_server

OPEN = "select kind, subject, run_id from pipeline.alert where resolved_at is null order by kind"
TO = ("one@operators.example", "two@operators.example")
REFUSED = failure("refresh", "run-1", ["balance_chain"], ["prove_ledger"])


@pytest.fixture
def web() -> Iterator[Inbox]:
    with web_server() as inbox:
        yield inbox


@pytest.fixture
def mail() -> Iterator[Inbox]:
    with mail_server() as inbox:
        yield inbox


def all_channels(webhook_url: str, smtp_url: str) -> AlertSettings:
    return AlertSettings(
        alert_webhook_url=webhook_url,
        alert_email_to=",".join(TO),
        alert_email_from="bank@tidemark.example",
        alert_smtp_url=smtp_url,
    )


@pytest.fixture
def settings(web: Inbox, mail: Inbox) -> AlertSettings:
    """Both channels."""
    return all_channels(web.url, mail.url)


@pytest.fixture
def bank(module_bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    """A bank with no publication and no alert."""
    monkeypatch.setenv("TIDEMARK_SOURCE_URL", module_bank.source_url)
    monkeypatch.setenv("TIDEMARK_PUBLISH_URL", module_bank.publish_url)
    monkeypatch.setenv("TIDEMARK_WAREHOUSE_URL", module_bank.warehouse_url)
    yield module_bank
    with database.connect(module_bank.publish_url) as connection:
        connection.execute("delete from pipeline.alert")
        connection.execute("delete from pipeline.publication")


def publish(bank: Bank, age_s: int) -> None:
    with database.connect(bank.publish_url) as connection:
        connection.execute(
            "insert into pipeline.publication (run_id, batch_id, complete_through, time_zone) "
            "values ('good', 1, now() - %s * interval '1 second', 'UTC')",
            (age_s,),
        )


def tell(bank: Bank, settings: AlertSettings, *alerts: Alert) -> list[str]:
    """Raise the alerts and send; the faults."""
    with database.connect(bank.publish_url) as connection:
        for alert in alerts:
            book.raise_(connection, alert)
        return book.send(connection, channels(settings))


class TestAlert:
    @pytest.mark.parametrize(
        ("checks", "steps", "expected"),
        [
            (["finality", "sequence"], ["prove_ledger"], "close_daily was refused: finality, sequence"),
            ([], ["extract"], "close_daily failed: extract"),
            ([], [], "close_daily failed: its process ended or its time ran out"),
        ],
    )
    def test_failure_says_what_failed(self, checks: list[str], steps: list[str], expected: str) -> None:
        alert = failure("close_daily", "run-1", checks, steps)
        assert (alert.subject, alert.path) == (expected, "/runs/run-1")


class TestChannels:
    def test_webhook_and_mail_say_run_what_failed_and_where_to_look(
        self, bank: Bank, settings: AlertSettings, web: Inbox, mail: Inbox
    ) -> None:
        assert tell(bank, settings, REFUSED) == []

        [body] = web.bodies
        assert {key: body[key] for key in ("kind", "subject", "run_id", "path")} == {
            "kind": "failure",
            "subject": "refresh was refused: balance_chain",
            "run_id": "run-1",
            "path": "/runs/run-1",
        }
        [message] = mail.messages
        assert message["To"] == ", ".join(TO)
        assert message["From"] == "bank@tidemark.example"
        assert message["Subject"] == "[Tidemark] refresh was refused: balance_chain"
        assert message.get_content().splitlines() == body["text"].splitlines()
        assert "run-1" in body["text"]
        assert "/runs/run-1" in body["text"]
        assert base64.b64decode(mail.logins[0].split()[-1]) == b"\0robot\0p@ss"

    def test_fault_names_the_channel_and_no_address(
        self, bank: Bank, settings: AlertSettings, web: Inbox, mail: Inbox
    ) -> None:
        web.is_refusing = mail.is_refusing = True
        assert tell(bank, settings, REFUSED) == ["webhook: answered 503", "email: SMTPSenderRefused"]
        nobody = all_channels("http://127.0.0.1:1/secret", "smtp://127.0.0.1:1")
        assert tell(bank, nobody) == ["webhook: ConnectError", "email: ConnectionRefusedError"]

    def test_no_password_goes_over_an_open_line(
        self, bank: Bank, settings: AlertSettings, mail: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pipelines.alerts.channels.LOOPBACK", ())
        assert tell(bank, settings, REFUSED) == ["email: the server offers no TLS, so it gets no password"]
        assert (mail.logins, mail.messages) == ([], [])

    def test_without_channels_it_is_only_noted(self, bank: Bank) -> None:
        assert tell(bank, AlertSettings(), REFUSED) == []
        assert bank.published(OPEN) == [("failure", REFUSED.subject, "run-1")]


class TestBook:
    def test_the_same_again_is_not_sent_again_until_an_hour_has_passed(
        self, bank: Bank, settings: AlertSettings, web: Inbox, mail: Inbox
    ) -> None:
        again = failure("refresh", "run-2", ["balance_chain"], [])
        tell(bank, settings, REFUSED)
        tell(bank, settings, again)
        assert (len(web.bodies), len(mail.messages)) == (1, 1)
        assert bank.published(OPEN) == [("failure", REFUSED.subject, "run-2")]
        with database.connect(bank.publish_url) as connection:
            connection.execute(
                "update pipeline.alert set deliveries = jsonb_build_object("
                "'webhook', now() - interval '61 minutes', 'email', now() - interval '59 minutes')"
            )
        tell(bank, settings, again)
        assert [body["run_id"] for body in web.bodies] == ["run-1", "run-2"]
        assert len(mail.messages) == 1

    def test_another_failure_takes_its_place(self, bank: Bank, settings: AlertSettings, web: Inbox) -> None:
        tell(bank, settings, REFUSED, failure("refresh", "run-2", [], ["extract"]))
        assert [body["subject"] for body in web.bodies] == ["refresh failed: extract"]
        assert bank.published("select count(*) from pipeline.alert") == [(2,)]

    def test_what_a_channel_did_not_take_is_sent_again_to_it_alone(
        self, bank: Bank, settings: AlertSettings, web: Inbox, mail: Inbox
    ) -> None:
        mail.is_refusing = True
        assert tell(bank, settings, REFUSED) == ["email: SMTPSenderRefused"]
        mail.is_refusing = False
        assert tell(bank, settings) == []
        assert (len(web.bodies), len(mail.messages)) == (1, 1)

    def test_each_ends_with_what_it_waited_for(self, bank: Bank) -> None:
        tell(bank, AlertSettings(), REFUSED, staleness("good", 900))
        with database.connect(bank.publish_url) as connection:
            book.resolve(connection, 900, 30)
            assert len(bank.published(OPEN)) == 2
            publish(bank, age_s=1000)
            book.resolve(connection, 900, 30)
            assert [row[0] for row in bank.published(OPEN)] == ["staleness"]
            publish(bank, age_s=100)
            book.resolve(connection, 900, 30)
        assert bank.published(OPEN) == []

    def test_who_was_told_is_told_once_that_it_is_over(
        self, bank: Bank, settings: AlertSettings, web: Inbox, mail: Inbox
    ) -> None:
        mail.is_refusing = True
        tell(bank, settings, REFUSED)
        mail.is_refusing = False
        publish(bank, age_s=0)
        with database.connect(bank.publish_url) as connection:
            book.resolve(connection, 900, 30)
        web.is_refusing = True
        assert tell(bank, settings) == ["webhook: answered 503"]
        web.is_refusing = False
        for _ in range(2):
            assert tell(bank, settings) == []
        over = web.bodies[-1]
        assert len([body for body in web.bodies if body["resolved_at"]]) == 1
        assert over["text"].startswith("Over: refresh was refused: balance_chain")
        assert mail.messages == []

    def test_that_one_gave_way_to_another_is_not_announced(
        self, bank: Bank, settings: AlertSettings, web: Inbox
    ) -> None:
        tell(bank, settings, REFUSED)
        tell(bank, settings, failure("refresh", "run-2", [], ["extract"]))
        assert [body["resolved_at"] for body in web.bodies] == [None, None]


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
