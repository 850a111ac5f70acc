"""Alerts: raised once, sent over each channel until it takes them, closed when they are over."""

import base64

import pytest

from pipelines import database
from pipelines.alerts import book
from pipelines.alerts.alert import failure, staleness
from pipelines.alerts.settings import AlertSettings
from tests.pipelines.alerts.alerts import OPEN, REFUSED, TO, all_channels, publish, tell
from tests.pipelines.alerts.receivers import Inbox
from tests.pipelines.conftest import Bank


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
