"""Which closes are due."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.shared.calendar import Period, day_start, local_date


@dataclass(frozen=True)
class Close:
    """The close of the period of this length that ended when the day `period_end` began."""

    period: Period
    period_end: date

    @property
    def job(self) -> str:
        """Dagster's job."""
        return f"close_{self.period}"


def due(moment: datetime, zone: ZoneInfo) -> list[Close]:
    """What is due on the bank's day that holds the moment, whatever the hour.

    The day before always; the week before on the first day of a week, the month before on the first of a month: on
    the first that there is, where the clock left a day out.
    """
    today = local_date(moment, zone)
    starts = {period: period.start(today) for period in Period}
    return [
        Close(period, start)
        for period, start in starts.items()
        if day_start(start, zone) == day_start(today, zone)
    ]
