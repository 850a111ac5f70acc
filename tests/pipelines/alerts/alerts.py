"""Alerts to raise, where they go, and how they are sent."""

from pipelines import database
from pipelines.alerts import book
from pipelines.alerts.alert import Alert, failure
from pipelines.alerts.channels import channels
from pipelines.alerts.settings import AlertSettings
from tests.pipelines.conftest import Bank

OPEN = "select kind, subject, run_id from pipeline.alert where resolved_at is null order by kind"
TO = ("one@operators.example", "two@operators.example")
REFUSED = failure("refresh", "run-1", ["balance_chain"], ["prove_ledger"])


def all_channels(webhook_url: str, smtp_url: str) -> AlertSettings:
    return AlertSettings(
        alert_webhook_url=webhook_url,
        alert_email_to=",".join(TO),
        alert_email_from="bank@tidemark.example",
        alert_smtp_url=smtp_url,
    )


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
