"""Which alerts are open and what was sent: table pipeline.alert."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from pipelines.alerts.alert import Alert
from pipelines.alerts.channels import NotSent, Send
from pipelines.database import Connection

REMIND_AFTER = timedelta(hours=1)
# In `deliveries` beside the channels: another alert took the place, so nobody is told that this one is over.
REPLACED = "replaced"


def raise_(bank: Connection, alert: Alert) -> None:
    """Note an alert. Where one that says the same is open, it stays, with its newest run and detail."""
    with bank.transaction():
        bank.execute("lock table pipeline.alert in share row exclusive mode")
        bank.execute(
            "update pipeline.alert set resolved_at = now(), deliveries = deliveries || %s "
            "where kind = %s and resolved_at is null and subject <> %s",
            (Jsonb({REPLACED: True}), alert.kind, alert.subject),
        )
        bank.execute(
            "insert into pipeline.alert (kind, subject, run_id, path, detail) values (%s, %s, %s, %s, %s) "
            "on conflict (kind) where resolved_at is null "
            "do update set run_id = excluded.run_id, path = excluded.path, detail = excluded.detail",
            (alert.kind, alert.subject, alert.run_id, alert.path, alert.detail),
        )


def resolve(bank: Connection, stale_after_s: int, scrub_within_days: int) -> None:
    """Close what is over: a failure once a later run has published, staleness once the statistics are fresh,
    damage once all of it is mended, an overdue proof once it was made."""
    bank.execute(
        "update pipeline.alert as a set resolved_at = now() where resolved_at is null and case kind "
        "when 'failure' then exists (select from pipeline.publication as p where p.published_at > a.raised_at) "
        "when 'damage' then not exists (select from pipeline.damage where mended_at is null) "
        "when 'overdue' then (select min(proven_at) from pipeline.proven) >= now() - %s * interval '1 day' "
        "else (select complete_through from pipeline.publication order by id desc limit 1) "
        ">= now() - %s * interval '1 second' end",
        (scrub_within_days, stale_after_s),
    )


def send(bank: Connection, channels: Mapping[str, Send]) -> list[str]:
    """Send what each channel has to be told now; what went wrong.

    An open alert is told again each hour; one that is over once, for a day, to whom it was told while it was open.
    """
    faults: list[str] = []
    rows = bank.execute(
        "select id, kind, subject, run_id, path, detail, raised_at, resolved_at, deliveries, now() "
        "from pipeline.alert "
        "where resolved_at is null or (resolved_at > now() - interval '1 day' and not deliveries ? %s) "
        "order by id",
        (REPLACED,),
    ).fetchall()
    for id_, kind, subject, run_id, path, detail, raised_at, resolved_at, deliveries, now in rows:
        alert = Alert(kind, subject, run_id, path, resolved_at, detail)
        for name, send_over in channels.items():
            told = name if resolved_at is None else f"{name}_over"
            if not _is_due(name, told, deliveries, now):
                continue
            try:
                send_over(alert, raised_at)
            except NotSent as fault:
                faults.append(str(fault))
                continue
            bank.execute(
                "update pipeline.alert set deliveries = deliveries || %s where id = %s",
                (Jsonb({told: now.isoformat()}), id_),
            )
    return faults


def _is_due(name: str, told: str, deliveries: Mapping[str, str], now: datetime) -> bool:
    if told != name:
        return name in deliveries and told not in deliveries
    return name not in deliveries or now - datetime.fromisoformat(deliveries[name]) >= REMIND_AFTER
