"""How a publication cuts time into periods, and which of them are final."""

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from api.shared.calendar import MICROSECOND, day_start

Status = Literal["final", "provisional"]


def microseconds(earlier: datetime, later: datetime) -> int:
    """From one UTC moment to a later one."""
    return (later - earlier) // MICROSECOND


class Cut(msgspec.Struct, frozen=True):
    """How a publication cuts time."""

    zone: ZoneInfo
    complete_through: datetime

    def status(self, period_end: date) -> Status:
        """Final once complete_through has reached the period's end."""
        return "final" if day_start(period_end, self.zone) <= self.complete_through else "provisional"
