"""What raises alerts, as Dagster sensors."""

from datetime import UTC, datetime

import dagster as dg
import psycopg
from dagster import DagsterEventType
from dagster._core.storage.tags import WILL_RETRY_TAG

from pipelines import database
from pipelines.alerts import book
from pipelines.alerts.alert import Alert, failure, staleness
from pipelines.alerts.channels import NotSent, channels
from pipelines.alerts.settings import AlertSettings
from pipelines.database import Connection
from pipelines.settings import Databases

TICK_S = 60


def sensors_of(settings: AlertSettings) -> list[dg.SensorDefinition]:
    """The sensors: one on failed runs, one on the age of what readers have."""

    @dg.run_failure_sensor(
        name="failure_alert",
        description="Tells an operator which run failed and where, unless Dagster starts the run anew by itself.",
        minimum_interval_seconds=TICK_S // 2,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def failure_alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if context.dagster_run.tags.get(WILL_RETRY_TAG) == "true":
            return dg.SkipReason("Dagster starts this run anew.")
        alert = failure(
            context.dagster_run.job_name,
            context.dagster_run.run_id,
            _failed_checks(context),
            sorted({event.step_key for event in context.get_step_failure_events() if event.step_key}),
        )
        _tell(settings, alert)
        return None

    @dg.sensor(
        name="staleness_alert",
        description="Tells an operator when nothing was published for too long, sends what a channel did not take,"
        " and closes the alerts that are over.",
        minimum_interval_seconds=TICK_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def staleness_alert() -> dg.SkipReason:
        with database.connect(Databases.read().publish_url) as bank:
            book.resolve(bank, settings.stale_after_s)
            alert = _stale(bank, settings.stale_after_s)
            if alert is not None:
                book.raise_(bank, alert)
            _report(book.send(bank, channels(settings)))
        return dg.SkipReason(alert.subject if alert else "The statistics are fresh, or there are none yet.")

    return [failure_alert, staleness_alert]


def _failed_checks(context: dg.RunFailureSensorContext) -> list[str]:
    records = context.instance.get_records_for_run(
        context.dagster_run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    events = [record.event_log_entry.dagster_event for record in records]
    evaluations = [event.asset_check_evaluation_data for event in events if event]
    return sorted({evaluation.check_name for evaluation in evaluations if not evaluation.passed})


def _tell(settings: AlertSettings, alert: Alert) -> None:
    """Note it and send it; when the bank itself can't be reached, only send it: that is news as well."""
    try:
        with database.connect(Databases.read().publish_url) as bank:
            book.raise_(bank, alert)
            faults = book.send(bank, channels(settings))
    except psycopg.OperationalError:
        faults = []
        for send_over in channels(settings).values():
            try:
                send_over(alert, datetime.now(UTC))
            except NotSent as fault:
                faults.append(str(fault))
    _report(faults)


def _report(faults: list[str]) -> None:
    """Make the tick fail, for operators to see; what was not sent stays open, and the next tick tries again."""
    if faults:
        raise NotSent("; ".join(faults))


def _stale(bank: Connection, stale_after_s: int) -> Alert | None:
    row = bank.execute(
        "select run_id from (select * from pipeline.publication order by id desc limit 1) as newest "
        "where complete_through < now() - %s * interval '1 second'",
        (stale_after_s,),
    ).fetchone()
    return staleness(row[0], stale_after_s) if row else None
