"""What the stats API adds to the time of the query behind it."""

import http.client
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests.bench.bank import ACCOUNT, FIRST_NUMBER, ServingBank
from tests.bench.http_load import Sample
from tests.bench.report import Table
from tests.e2e.people import Person
from tests.stats.marts import CATALOGUE, PERIODS

DAYS_ASKED = 90
BARE = (
    "select period_start, period_end, metrics from stats.stats "
    "where account_id = %s and type = 'daily' and period_start between %s and %s order by period_start"
)
BASIS = {"last_transaction_at": "2026-01-01T00:00:00Z", "balance_integral": "1" * 18, "daily_balance_sum": "1" * 9}


@dataclass(frozen=True)
class Size:
    """`accounts` with statistics of `days` days each; `requests` are measured."""

    accounts: int = 1_000
    days: int = 200
    requests: int = 2_000


def run(bank: ServingBank, person: Person, size: Size, tell: Callable[[str], None]) -> list[Table]:
    """The query and the request for the same figures in turns, one at a time, of another account each time."""
    publish(bank, size)
    last = datetime.now(UTC).date() - timedelta(days=1)
    first = last - timedelta(days=DAYS_ASKED - 1)
    headers = {"Authorization": f"Bearer {person.token}"}
    chance = random.Random(1)
    bare: list[float] = []
    api: list[float] = []
    address = urlsplit(bank.gateway)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    warm_up = size.requests // 10
    with psycopg.connect(bank.url("stats_app"), autocommit=True, prepare_threshold=0) as database:
        for number in range(warm_up + size.requests):
            account = UUID(f"{ACCOUNT}{FIRST_NUMBER + chance.randrange(size.accounts)}")
            began = time.perf_counter()
            rows = database.execute(BARE, (account, first, last)).fetchall()
            between = time.perf_counter()
            path = f"/stats/daily?account_id={account}&from={first}&to={last}&limit={DAYS_ASKED}"
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            ended = time.perf_counter()
            if answer.status != 200 or body.count(b'"period_start"') != len(rows) or len(rows) != DAYS_ASKED:
                raise RuntimeError(f"{answer.status}: {body[:300]!r} instead of {len(rows)} figures")
            if number >= warm_up:
                bare.append(between - began)
                api.append(ended - between)
    tell(f"{size.requests:,} requests measured")
    return [table(size, Sample(0, sorted(bare), 0), Sample(0, sorted(api), 0))]


def table(size: Size, bare: Sample, api: Sample) -> Table:
    """Both, and the difference."""
    made = Table(
        "Stats API",
        f"One account, {DAYS_ASKED} days: GET /stats/daily through the gateway and the bare query for the same "
        f"rows, in turns, {size.requests:,} times, in ms; {size.accounts:,} accounts × {size.days} days.",
        ["", "p50", "p90", "p99"],
    )
    percents = (50, 90, 99)
    for name, sample in (("bare query", bare), ("API", api)):
        made.add(name, *(f"{sample.percentile_ms(percent):.1f}" for percent in percents))
    over = [api.percentile_ms(percent) - bare.percentile_ms(percent) for percent in percents]
    made.add("over it", *(f"{each:.1f}" for each in over[:2]), f"**{over[2]:.1f}** (goal ≤ 15)")
    return made


def publish(bank: ServingBank, size: Size) -> None:
    """Statistics for every day of many accounts, as a publication leaves them."""
    with psycopg.connect(bank.superuser_url()) as connection:
        connection.execute(
            "insert into pipeline.publication (run_id, batch_id, complete_through, time_zone) "
            "values ('benchmark', 1, date_trunc('day', now()), 'UTC')"
        )
        connection.cursor().executemany(
            "insert into stats.metric values (%s, %s, 'A benchmark.', %s, %s, 1, %s, %s)",
            [
                (name, name, unit, idle, position, list(PERIODS))
                for position, (name, unit, idle) in enumerate(CATALOGUE)
            ],
        )
        connection.execute(
            "insert into stats.account select id, type, currency, now() - %s * interval '1 day', null, 1 "
            "from accounts.account where id::text like %s",
            (size.days, ACCOUNT + "%"),
        )
        connection.execute(
            "insert into stats.stats (account_id, type, period_start, period_end, metrics, basis, publication_id) "
            "select (%s::text || %s + n)::uuid, 'daily', current_date - d, current_date - d + 1, %s, %s, 1 "
            "from generate_series(0, %s - 1) as n, generate_series(1, %s) as d",
            (
                *(ACCOUNT, FIRST_NUMBER, Jsonb({name: 123_456 for name, _, _ in CATALOGUE}), Jsonb(BASIS)),
                *(size.accounts, size.days),
            ),
        )
    with psycopg.connect(bank.superuser_url(), autocommit=True) as connection:
        connection.execute("vacuum (analyze) stats.stats, stats.account")
