"""The statistics of the toy bank: just enough arithmetic behind the contract's answers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

MONEY_METRICS = (
    ("closing_balance", "Closing balance", "Balance after the last transaction before the period's end."),
    ("opening_balance", "Opening balance", "Balance after the last transaction before the period's start."),
    ("inflow", "Money in", "Sum of all amounts that came in."),
    ("outflow", "Money out", "Sum of all amounts that went out."),
    ("net_change", "Net change", "Money in less money out."),
    ("average_balance", "Average balance", "Balance weighted by time."),
    ("largest_transaction", "Largest transaction", "The largest amount moved at once."),
)


def now(days_on: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=days_on)).isoformat().replace("+00:00", "Z")


class FakeStatistics:
    """Figures of the accounts' lines up to the last publication."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, list[dict[str, Any]]] = {}
        self.complete_through: str | None = None
        self.time_zone = "UTC"
        self.extra_metrics: list[dict[str, Any]] = []

    def publish(self) -> None:
        self.complete_through = now()

    def catalogue(self) -> list[dict[str, Any]]:
        found = [
            {"name": name, "label": label, "definition": definition, "unit": "minor_units"}
            for name, label, definition in MONEY_METRICS
        ]
        found += [
            {"name": "transaction_count", "label": "Transactions", "definition": "How many.", "unit": "count"},
            {"name": "active_days", "label": "Active days", "definition": "Days with one.", "unit": "days"},
            *self.extra_metrics,
        ]
        return [
            {
                "idle_rule": "carry" if "balance" in metric["name"] else "zero",
                "plain": metric["definition"],
                "version": 1,
                "periods": ["daily", "weekly", "monthly"],
                "position": place,
                **metric,
            }
            for place, metric in enumerate(found)
        ]

    def figures(self, account_id: str, period: str, start: date, end: date) -> list[dict[str, Any]]:
        if self.complete_through is None:
            return []
        through = datetime.fromisoformat(self.complete_through)
        lines = [line for line in self.lines[account_id] if datetime.fromisoformat(line["time"]) < through]
        opened = datetime.fromisoformat(self.accounts[account_id]["opened_at"])
        if opened >= through:
            return []
        items = []
        at = floor(opened.date(), period)
        while at <= through.date():
            following = after(at, period)
            if floor(start, period) <= at <= end:
                items.append(self._period(account_id, lines, at, following, through))
            at = following
        return items

    def behind(self, account_id: str, period: str, start: date) -> list[dict[str, Any]]:
        """The transactions that the figures of one period counted."""
        through = datetime.fromisoformat(self.complete_through or now())
        times = ((line, datetime.fromisoformat(line["time"])) for line in self.lines[account_id])
        return [line for line, time in times if start <= time.date() < after(start, period) and time < through]

    def _period(
        self, account_id: str, lines: list[dict[str, Any]], start: date, end: date, through: datetime
    ) -> dict[str, Any]:
        inside = [line for line in lines if start <= datetime.fromisoformat(line["time"]).date() < end]
        before = [line for line in lines if datetime.fromisoformat(line["time"]).date() < start]
        opening = before[-1]["balance_after"] if before else 0
        closing = inside[-1]["balance_after"] if inside else opening
        inflow = sum(line["amount"] for line in inside if line["amount"] > 0)
        outflow = -sum(line["amount"] for line in inside if line["amount"] < 0)
        metrics: dict[str, int | None] = {
            "opening_balance": opening,
            "closing_balance": closing,
            "inflow": inflow,
            "outflow": outflow,
            "net_change": inflow - outflow,
            "average_balance": (opening + closing) // 2,
            "largest_transaction": max((abs(line["amount"]) for line in inside), default=None),
            "transaction_count": len(inside),
            "active_days": len({line["time"][:10] for line in inside}),
        }
        metrics |= {metric["name"]: 7 for metric in self.extra_metrics}
        is_final = datetime(end.year, end.month, end.day, tzinfo=UTC) <= through
        return {
            "account_id": account_id,
            "period_start": start.isoformat(),
            "period_end": end.isoformat(),
            "status": "final" if is_final else "provisional",
            "metrics": metrics,
        }


def floor(day: date, period: str) -> date:
    if period == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "monthly" else day


def after(day: date, period: str) -> date:
    if period == "monthly":
        return (day + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if period == "weekly" else 1)
