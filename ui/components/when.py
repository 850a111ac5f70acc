"""Times as people say them, by their locale and the bank's clock."""

from datetime import date, datetime, timedelta, tzinfo

from babel.dates import format_date, format_skeleton, format_time

from ui.components import session
from ui.language import _, _n, locale


def zone() -> tzinfo:
    """The bank's time zone, for everyone: it cuts the days of statements as it cuts those of statistics."""
    return session.bank_zone()


def zone_note() -> str:
    """The rule in words, for pages that cut days."""
    return _("Days begin at midnight and times are shown in the bank’s time zone, {zone}.", zone=zone())


def day(value: date, *, today: date) -> str:
    """ "Today", "Yesterday" or "Friday, 20 November 2026"."""
    if value == today:
        return _("Today")
    if value == today - timedelta(days=1):
        return _("Yesterday")
    return format_date(value, "full", locale=locale())


def date_of(value: datetime) -> str:
    """ "20 November 2026", in the bank's zone."""
    return long_date(value.astimezone(zone()))


def long_date(value: date) -> str:
    """ "20 November 2026"."""
    return format_date(value, "long", locale=locale())


def day_of_month(value: date) -> str:
    """ "20 November", where the year is plain."""
    return format_skeleton("MMMMd", value, locale=locale())


def month_name(value: date) -> str:
    """ "November"."""
    return format_date(value, "LLLL", locale=locale())


def clock(value: datetime, *, seconds: bool = False) -> str:
    """ "15:04", in the value's own zone."""
    return format_time(value.replace(tzinfo=None), "medium" if seconds else "short", locale=locale())


def moment(value: datetime, *, now: datetime, seconds: bool = False) -> str:
    """ "today at 15:04", "yesterday at 09:12", "20 November 2026 at 17:30", in the zone of `now`."""
    local = value.astimezone(now.tzinfo)
    time = clock(local, seconds=seconds)
    if local.date() == now.date():
        return _("today at {time}", time=time)
    if local.date() == now.date() - timedelta(days=1):
        return _("yesterday at {time}", time=time)
    return _("{date} at {time}", date=long_date(local), time=time)


def now() -> datetime:
    """This moment in the bank's zone."""
    return datetime.now(zone())


def typed_form() -> str:
    """How the person types a date, as Streamlit's fields name it: "DD.MM.YYYY", "MM/DD/YYYY"."""
    pattern = locale().date_formats["short"].pattern
    order = sorted(("YYYY", "MM", "DD"), key=lambda part: pattern.index({"YYYY": "y", "MM": "M", "DD": "d"}[part]))
    mark = next((char for char in pattern if char in "./-"), "/")
    return mark.join(order)


def period(start: date, end: date, kind: str) -> str:
    """A statistics period [start, end): "Sun, 22 Nov 2026", "Week of 16 Nov 2026", "November 2026"."""
    if kind == "daily":
        return format_skeleton("yMMMEd", start, locale=locale())
    if kind == "weekly":
        return _("Week of {date}", date=format_date(start, "medium", locale=locale()))
    if kind == "monthly":
        return format_skeleton("yMMMM", start, locale=locale())
    return _("{start} to {end}", start=long_date(start), end=long_date(end - timedelta(days=1)))


def short_period(start: date, kind: str) -> str:
    """As short as an axis needs it: "22 Nov", "Nov 2026"."""
    return format_skeleton("yMMM" if kind == "monthly" else "MMMd", start, locale=locale())


def age(since: datetime | None, *, now: datetime) -> str:
    """How long ago, roughly: "just now", "12 minutes", "5 hours", "3 days"."""
    if since is None:
        return "—"
    minutes = int((now - since).total_seconds() // 60)
    if minutes >= 1440:
        return _n("{count} day", "{count} days", minutes // 1440)
    if minutes >= 60:
        return _n("{count} hour", "{count} hours", minutes // 60)
    if minutes >= 1:
        return _n("{count} minute", "{count} minutes", minutes)
    return _("just now")
