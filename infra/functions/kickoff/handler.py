"""The kickoff on AWS Lambda: EventBridge Scheduler's event becomes runs of Dagster."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra.functions.kickoff.closes import due
from infra.functions.kickoff.dagster import Dagster, DagsterError
from infra.functions.kickoff.settings import KickoffSettings

# How long Dagster may be out of reach until Lambda tries again, and at last keeps the event as a dead letter.
PATIENCE_S = 100.0
CLOCKS_DIFFER = timedelta(minutes=5)


class EventError(ValueError):
    """An event that says nothing that could be done."""


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Start what is due on the bank's day of `scheduled_at`.

    Gives for each close its job, period_end, run_id and whether it is new. Raises EventError, SettingsError, and
    DagsterError when some close could not be started; those that could are started then.
    """
    settings = KickoffSettings.read()
    moment = scheduled_at(event)
    dagster = Dagster(settings, time.monotonic() + PATIENCE_S)
    started: list[dict[str, Any]] = []
    faults: list[str] = []
    for close in due(moment, ZoneInfo(settings.time_zone)):
        told: dict[str, Any] = {"job": close.job, "period_end": close.period_end.isoformat()}
        try:
            told |= vars(dagster.start(close))
            started.append(told)
        except DagsterError as error:
            faults.append(str(error))
            told["error"] = str(error)
        print(json.dumps(told), flush=True)
    if faults:
        raise DagsterError("; ".join(faults))
    return {"closes": started}


def scheduled_at(event: Any) -> datetime:
    """The moment that the event names: RFC 3339, not in the future. Raises EventError."""
    text = event.get("scheduled_at") if isinstance(event, dict) else None
    try:
        moment = datetime.fromisoformat(text or "")
        if moment.tzinfo is None or moment > datetime.now(UTC) + CLOCKS_DIFFER:
            raise ValueError(text)
    except (ValueError, TypeError):
        wanted = '{"scheduled_at": "2026-11-28T00:00:00Z"}'
        raise EventError(f"The event must be like {wanted}, not in the future; it is {event!r}.") from None
    return moment
