"""Whether a flood of logins leaves transfers alive."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from statistics import median

from tests.bench import http_load, ledger
from tests.bench.bank import ServingBank
from tests.bench.http_load import Sample
from tests.bench.report import Table, ratio
from tests.e2e.people import Person


@dataclass(frozen=True)
class Size:
    """For `seconds` in each of `rounds`, without and with a flood; transfers at `share` of what the bank can."""

    rounds: int = 3
    seconds: float = 8
    share: float = 0.33
    flood_connections: int = 32


def run(
    bank: ServingBank, people: list[Person], size: Size, accounts: ledger.Size, tell: Callable[[str], None]
) -> list[Table]:
    """Transfers at a fixed rate, in turns alone and during the flood."""
    transfers = ledger.http_transfers(bank.gateway, people, accounts)
    most = http_load.closed_loop(bank.gateway, transfers, connections=16, seconds=size.seconds, status=201).rate
    calm: list[Sample] = []
    flooded: list[Sample] = []
    floods: list[Sample] = []

    def measure() -> Sample:
        return http_load.open_loop(
            bank.gateway, transfers, rate=most * size.share, seconds=size.seconds, status=201
        )

    for number in range(size.rounds):
        calm.append(measure())
        flood = threading.Thread(target=lambda: floods.append(_flood(bank.gateway, size)))
        flood.start()
        flooded.append(measure())
        flood.join()
        tell(
            f"round {number + 1}: p99 {calm[-1].percentile_ms(99):.1f} ms alone, "
            f"{flooded[-1].percentile_ms(99):.1f} ms under {floods[-1].rate:,.0f} logins/s"
        )
    table = Table(
        "Transfers during a flood of logins",
        f"{most * size.share:,.0f} transfers/s through the gateway, {size.rounds} rounds of {size.seconds:.0f} s "
        f"each way; the flood: {size.flood_connections} connections, one login of an unknown user after another.",
        ["", "p50 (ms)", "p99 (ms)", "failed", "logins/s", "p99 of it alone"],
    )
    usual = median(sample.percentile_ms(99) for sample in calm)
    for name, samples, logins in (("alone", calm, []), ("during the flood", flooded, floods)):
        p99 = median(sample.percentile_ms(99) for sample in samples)
        table.add(
            name,
            f"{median(sample.percentile_ms(50) for sample in samples):.1f}",
            f"{p99:.1f}",
            str(sum(sample.failed for sample in samples)),
            f"{median(sample.rate for sample in logins):,.0f}" if logins else "–",
            ratio(p99 / usual, "≤ 2×" if logins else ""),
        )
    return [table]


def _flood(gateway: str, size: Size) -> Sample:
    numbers = count()

    def make() -> bytes:
        body = {"email": f"flood-{next(numbers)}@example.com", "password": "not the password of anybody"}
        return http_load.request(gateway, "", "POST", "/user/login", json.dumps(body).encode())

    return http_load.closed_loop(
        gateway, make, connections=size.flood_connections, seconds=size.seconds, status=401
    )
