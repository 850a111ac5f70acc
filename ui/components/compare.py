"""A period beside the one before: a running one only with the same stretch of it, a whole one with the whole."""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from babel.numbers import format_percent

from ui.clients.stats import Metric, PeriodFigures
from ui.components import session, when
from ui.components.money import MINUS, value_text
from ui.language import _, locale

# What can be told for a part of a period: sums of movements, and the balance at its end.
FLOWS = ("inflow", "outflow", "net_change", "transaction_count")


@dataclass(frozen=True)
class Base:
    """What is compared with: `values` by metric, and its name in words, such as "by 27 October"."""

    values: dict[str, int | None]
    name: str

    def note(self, metric: Metric, value: int | None, currency: str) -> str:
        """ "€324.00 less than by 27 October (−12%)"; empty when one of the two is not known."""
        was = self.values.get(metric.name)
        if was is None or value is None:
            return ""
        if value == was:
            return _("the same as {time}", time=self.name)
        amount = value_text(metric, abs(value - was), currency)
        if value > was:
            said = _("{amount} more than {time}", amount=amount, time=self.name)
        else:
            said = _("{amount} less than {time}", amount=amount, time=self.name)
        return f"{said} ({_percent(value - was, abs(was))})" if was else said


def base_of(item: PeriodFigures, before: PeriodFigures, kind: str, complete_through: datetime | None) -> Base:
    """What the period `item` is fairly compared with, out of the period `before`."""
    if item.is_final or complete_through is None:
        return Base(before.metrics, _all_of(before, kind))
    zone = when.zone()
    elapsed = complete_through.astimezone(zone).replace(tzinfo=None) - datetime.combine(
        item.period_start, time.min
    )
    start = datetime.combine(before.period_start, time.min)
    end = min(start + elapsed, datetime.combine(before.period_end, time.min))
    values = _stretch(before, end)
    if end.date() == before.period_end:
        # A long month is held against a short one that was over by this day of it.
        return Base(values, _all_of(before, kind))
    clock = when.clock(end)
    if kind == "daily":
        return Base(values, _("by {time} the day before", time=clock))
    return Base(values, _("by {day}, {time}", day=when.day_of_month(end), time=clock))


def _all_of(before: PeriodFigures, kind: str) -> str:
    return _("in all of {period}", period=when.period(before.period_start, before.period_end, kind))


def _percent(change: int, base: int) -> str:
    share = format_percent(Decimal(change) / base, "+#,##0%;-#,##0%", locale=locale())
    return share.replace("-", MINUS)


def _stretch(before: PeriodFigures, end: datetime) -> dict[str, int | None]:
    """The figures of [the period's start, end): whole days as published, the last one's rows by the clock."""
    client, zone = session.stats(), when.zone()
    days = []
    if end.date() > before.period_start:
        days = client.figures(before.account_id, "daily", start=before.period_start, end=end.date()).items
    whole = [day for day in days if day.period_start < end.date()]
    rows = []
    if end.date() < before.period_end:
        rows = client.transactions(before.account_id, "daily", end.date())
    amounts = [row.amount for row in rows if row.time.astimezone(zone).replace(tzinfo=None) < end]
    values: dict[str, int | None] = {name: sum(day.metrics.get(name) or 0 for day in whole) for name in FLOWS}
    added = {
        "inflow": sum(amount for amount in amounts if amount > 0),
        "outflow": -sum(amount for amount in amounts if amount < 0),
        "net_change": sum(amounts),
        "transaction_count": len(amounts),
    }
    for name, more in added.items():
        values[name] = (values[name] or 0) + more
    opening = before.metrics.get("opening_balance")
    if opening is not None:
        values["closing_balance"] = opening + (values["net_change"] or 0)
    return values
