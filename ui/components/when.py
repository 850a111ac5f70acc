"""Times as people say them."""

from datetime import date, datetime, timedelta, tzinfo

from ui.components import session


def zone() -> tzinfo:
    """The bank's time zone, for everyone: it cuts the days of statements as it cuts those of statistics."""
    return session.bank_zone()


def zone_note() -> str:
    """The rule in words, for pages that cut days."""
    return f"Days begin at midnight and times are shown in the bank’s time zone, {zone()}."


def day(value: date, *, today: date) -> str:
    """ "Today", "Yesterday" or "Friday 20 November 2026"."""
    if value == today:
        return "Today"
    if value == today - timedelta(days=1):
        return "Yesterday"
    return f"{value:%A} {value.day} {value:%B %Y}"


def date_of(value: datetime) -> str:
    """ "20 November 2026", in the bank's zone."""
    local = value.astimezone(zone())
    return f"{local.day} {local:%B %Y}"


def moment(value: datetime, *, now: datetime, seconds: bool = False) -> str:
    """ "today at 15:04", "yesterday at 09:12", "20 November 2026 at 17:30", in the zone of `now`."""
    local = value.astimezone(now.tzinfo)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if local.date() == now.date():
        return f"today at {clock}"
    if local.date() == now.date() - timedelta(days=1):
        return f"yesterday at {clock}"
    return f"{local.day} {local:%B %Y} at {clock}"


def now() -> datetime:
    """This moment in the bank's zone."""
    return datetime.now(zone())


def period(start: date, end: date, kind: str) -> str:
    """A statistics period [start, end): "Sun 22 Nov 2026", "Week of 16 Nov 2026", "November 2026"."""
    if kind == "daily":
        return f"{start:%a} {start.day} {start:%b %Y}"
    if kind == "weekly":
        return f"Week of {start.day} {start:%b %Y}"
    if kind == "monthly":
        return f"{start:%B %Y}"
    return f"{start} to {end - timedelta(days=1)}"


def age(since: datetime | None, *, now: datetime) -> str:
    """How long ago, roughly: "just now", "12 minutes", "5 hours", "3 days"."""
    if since is None:
        return "—"
    minutes = int((now - since).total_seconds() // 60)
    for size, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "just now"
