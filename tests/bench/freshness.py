"""How long from the reply to a deposit until the stats API counts it, at one deposit a second."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.http_load import Sample
from tests.bench.report import Table
from tests.e2e.people import Person

POLL_S = 0.1
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Size:
    """`deposits`, one each second."""

    deposits: int = 120


def run(person: Person, account_id: str, size: Size, tell: Callable[[str], None]) -> list[Table]:
    """Deposit into an empty account while a second caller polls its daily figures.

    Raises RuntimeError when the last deposit is not counted within PATIENCE_S.
    """
    replied: list[float] = []
    ages: list[float] = []

    def poll() -> None:
        deadline = time.monotonic() + size.deposits + PATIENCE_S
        while len(ages) < size.deposits and time.monotonic() < deadline:
            items = person.statistics("daily", account_id)["items"]
            counted = sum(item["metrics"]["transaction_count"] for item in items)
            now = time.monotonic()
            ages.extend(now - replied[number] for number in range(len(ages), counted))
            time.sleep(POLL_S)

    poller = threading.Thread(target=poll)
    poller.start()
    begun = time.monotonic()
    for number in range(size.deposits):
        time.sleep(max(0.0, begun + number - time.monotonic()))
        # Before the call, so that the poller never counts more deposits than it knows: at most its time too much.
        replied.append(time.monotonic())
        person.deposit(account_id, 100)
        replied[number] = time.monotonic()
    poller.join()
    if len(ages) < size.deposits:
        raise RuntimeError(f"{len(ages)} of {size.deposits} deposits were counted within {PATIENCE_S:.0f} s")
    tell(f"{size.deposits} deposits published")
    return [table(size, Sample(0, sorted(ages), 0))]


def table(size: Size, sample: Sample) -> Table:
    """The percentiles, in seconds."""
    made = Table(
        "Freshness",
        f"From the reply to a deposit until GET /stats/daily counts it: {size.deposits} deposits, one a second, "
        f"polled every {POLL_S:.1f} s, in seconds.",
        ["", "p50", "p95", "max"],
    )
    p50, p95, most = (sample.percentile_ms(percent) / 1000 for percent in (50, 95, 100))
    made.add("commit → published", f"**{p50:.1f}** (goal ≤ 5)", f"**{p95:.1f}** (goal ≤ 10)", f"{most:.1f}")
    return made
