"""Where alerts go is read from the environment, and never shown."""

import pytest

from api.shared.settings import SettingsError
from pipelines.alerts.settings import AlertSettings

TO = ("one@operators.example", "two@operators.example")


class TestAlertSettings:
    def test_nothing_is_needed(self) -> None:
        assert AlertSettings.read({}) == AlertSettings()

    def test_reads_all_and_shows_none(self) -> None:
        settings = AlertSettings.read(
            {
                "TIDEMARK_STALE_AFTER_S": "300",
                "TIDEMARK_ALERT_WEBHOOK_URL": "https://hooks.example/secret",
                "TIDEMARK_ALERT_EMAIL_TO": f" {TO[0]}, {TO[1]},",
                "TIDEMARK_ALERT_EMAIL_FROM": "bank@secret.example",
                "TIDEMARK_ALERT_SMTP_URL": "smtps://user:secret@mail.example",
            }
        )
        assert (settings.stale_after_s, settings.recipients) == (300, list(TO))
        assert repr(settings) == "AlertSettings(stale_after_s=300, scrub_within_days=30)"

    @pytest.mark.parametrize(
        ("environment", "named"),
        [
            ({"TIDEMARK_STALE_AFTER_S": "soon"}, "TIDEMARK_STALE_AFTER_S"),
            ({"TIDEMARK_STALE_AFTER_S": "59"}, "TIDEMARK_STALE_AFTER_S"),
            ({"TIDEMARK_ALERT_WEBHOOK_URL": "secret.example"}, "TIDEMARK_ALERT_WEBHOOK_URL"),
            ({"TIDEMARK_ALERT_WEBHOOK_URL": "https://secret.example:x"}, "TIDEMARK_ALERT_WEBHOOK_URL"),
            ({"TIDEMARK_ALERT_SMTP_URL": "https://secret.example"}, "TIDEMARK_ALERT_SMTP_URL"),
            (
                {"TIDEMARK_ALERT_EMAIL_TO": "secret"},
                "TIDEMARK_ALERT_EMAIL_FROM, TIDEMARK_ALERT_SMTP_URL",
            ),
        ],
    )
    def test_what_cannot_be_used_is_named_not_shown(self, environment: dict[str, str], named: str) -> None:
        with pytest.raises(SettingsError, match=named) as refused:
            AlertSettings.read(environment)
        assert "secret" not in str(refused.value)
