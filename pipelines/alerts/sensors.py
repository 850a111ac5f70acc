"""What raises alerts, as Dagster sensors."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
from dagster import DagsterEventType
from dagster._core.storage.tags import WILL_RETRY_TAG

from pipelines import database
from pipelines.alerts import book
from pipelines.alerts.alert import Alert, damage, failure, overdue, staleness
from pipelines.alerts.channels import NotSent, channels
from pipelines.alerts.settings import AlertSettings
from pipelines.database import Connection
from pipelines.extract.source import oldest_writer
from pipelines.history.progress import oldest_proof_at
from pipelines.proofs import damage as history
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
        description="Tells an operator when nothing was published for too long, of damage, and when history was"
        " not proven again in time; sends what a channel did not take, and closes the alerts that are over.",
        minimum_interval_seconds=TICK_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def staleness_alert() -> dg.SkipReason:
        databases = Databases.read()
        with database.connect(databases.publish_url) as bank:
            book.resolve(bank, settings.stale_after_s, settings.scrub_within_days)
            alerts = [*_stale(databases, bank, settings.stale_after_s), *_damaged(bank)]
            alerts += _overdue(bank, settings.scrub_within_days)
            for alert in alerts:
                book.raise_(bank, alert)
            _report(book.send(bank, channels(settings)))
        subjects = ". ".join(alert.subject for alert in alerts)
        return dg.SkipReason(subjects or "The statistics are fresh, or there are none yet.")

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


def _stale(databases: Databases, bank: Connection, stale_after_s: int) -> list[Alert]:
    row = bank.execute(
        "select run_id from (select * from pipeline.publication order by id desc limit 1) as newest "
        "where complete_through < now() - %s * interval '1 second'",
        (stale_after_s,),
    ).fetchone()
    if row is None:
        return []
    try:
        with database.connect(databases.source_url) as source:
            holder = oldest_writer(source, older_than_s=stale_after_s)
    except psycopg.OperationalError:
        holder = None
    return [staleness(row[0], stale_after_s, holder)]


def _damaged(bank: Connection) -> list[Alert]:
    known = history.known(bank)
    return [damage(f"Rows known to be damaged: {len(known)}. {history.remedy(known)}")] if known else []


def _overdue(bank: Connection, days: int) -> list[Alert]:
    oldest = oldest_proof_at(bank)
    if oldest is None or datetime.now(UTC) - oldest < timedelta(days=days):
        return []
    return [overdue(days, oldest)]
