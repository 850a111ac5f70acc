"""How long from the reply to a deposit until the stats API counts it, alone and beside a load of transfers."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import http_load, ledger, run_steps
from tests.bench.bank import ServingBank
from tests.bench.http_load import Sample
from tests.bench.report import Table
from tests.e2e.people import Person, wait_for_statistics

POLL_S = 0.1
FIRST_WITHIN_S = 120.0
DOCUMENTED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Size:
    """`deposits`, one each second, alone and beside `transfers` a second between `accounts`.

    What is not counted `patience_s` after the last deposit counts as never.
    """

    deposits: int = 60
    beside: int = 45
    transfers: int = 300
    accounts: int = 1_000
    patience_s: float = 30.0


@dataclass(frozen=True)
class Measured:
    """Ages in seconds, sorted; what was never counted is infinitely old. `begun`: Unix time."""

    ages: list[float]
    begun: float

    def cells(self, p50: str, p95: str) -> list[str]:
        """The percentiles for people, with their goals."""
        sample = Sample(0, self.ages, 0)
        middle, most, largest = (f"{sample.percentile_ms(percent) / 1000:.1f}" for percent in (50, 95, 100))
        return [f"**{middle}**{p50}", f"**{most}** (goal ≤ {p95})", largest]


def run(bank: ServingBank, people: list[Person], size: Size, tell: Callable[[str], None]) -> list[Table]:
    """Deposit into empty accounts while a second caller polls their daily figures.

    `people` own `size.accounts` accounts full of money, between which the load moves it.
    """
    person = bank.customer()  # who may still open accounts
    settle(bank, person)
    alone = measure(person, size.deposits, size.patience_s)
    tell(f"{size.deposits} deposits published")
    loads: list[Sample] = []
    load = threading.Thread(target=lambda: loads.append(transfers(bank, people, size)))
    load.start()
    beside = measure(person, size.beside, size.patience_s)
    load.join()
    tell(f"{size.beside} deposits published beside {loads[0].rate:,.0f} transfers/s")
    steps = run_steps.read(bank.superuser_url("dagster"), alone.begun, beside.begun)
    return [table(size, alone, beside, loads[0]), run_steps.table(steps)]


def settle(bank: ServingBank, person: Person) -> None:
    """Wait until the first full build is published, and the documentation made."""
    account_id = person.open_account()["account_id"]
    person.deposit(account_id, 100)
    wait_for_statistics(person, account_id, 1, FIRST_WITHIN_S)
    bank.wait_for_docs(DOCUMENTED_WITHIN_S)


def transfers(bank: ServingBank, people: list[Person], size: Size) -> Sample:
    """An open load for as long as the deposits take."""
    make = ledger.http_transfers(bank.gateway, people, ledger.Size(accounts=size.accounts))
    return http_load.open_loop(bank.gateway, make, rate=size.transfers, seconds=size.beside, status=201)


def measure(person: Person, deposits: int, patience_s: float) -> Measured:
    """One deposit a second into a new account."""
    account_id = person.open_account()["account_id"]
    replied: list[float] = []
    ages: list[float] = []
    begun, began_at = time.monotonic(), time.time()

    def poll() -> None:
        deadline = begun + deposits + patience_s
        while len(ages) < deposits and time.monotonic() < deadline:
            items = person.statistics("daily", account_id)["items"]
            counted = sum(item["metrics"]["transaction_count"] for item in items)
            now = time.monotonic()
            ages.extend(now - replied[number] for number in range(len(ages), counted))
            time.sleep(POLL_S)

    poller = threading.Thread(target=poll)
    poller.start()
    for number in range(deposits):
        time.sleep(max(0.0, begun + number - time.monotonic()))
        # Before the call, so that the poller never counts more deposits than it knows: at most its time too much.
        replied.append(time.monotonic())
        person.deposit(account_id, 100)
        replied[number] = time.monotonic()
    poller.join()
    return Measured(sorted(ages) + [math.inf] * (deposits - len(ages)), began_at)


def table(size: Size, alone: Measured, beside: Measured, load: Sample) -> Table:
    """The percentiles, in seconds."""
    made = Table(
        "Freshness",
        "From the reply to a deposit until GET /stats/daily counts it: one deposit a second, "
        f"polled every {POLL_S:.1f} s, in seconds; {size.deposits} deposits alone, {size.beside} beside the load.",
        ["", "p50", "p95", "max"],
    )
    made.add("commit → published", *alone.cells(" (goal ≤ 5)", "10"))
    made.add(f"beside {size.transfers} transfers/s", *beside.cells("", "20"))
    made.remarks.append(
        f"The load: {load.rate:,.0f} transfers/s done, {load.failed} failed, "
        f"p50 {load.percentile_ms(50):.0f} ms, p99 {load.percentile_ms(99):.0f} ms from the moment meant."
    )
    return made
