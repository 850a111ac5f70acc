"""Posting against TPC-B and pgledger in the same Postgres, in arrays, and over HTTP."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from uuid import UUID

import psycopg

from tests.bench import http_load, pgbench
from tests.bench.bank import ACCOUNT, FIRST_NUMBER, ServingBank
from tests.bench.http_load import Sample
from tests.bench.report import Table, ratio
from tests.e2e.people import Person

NO_LIMIT = 10**15
# Two different accounts, drawn anew for each transaction; pgledger's are named as ours.
DRAW = (
    "\\set s random({first}, {last})\n\\set d {first} + (:s - {first} + random(1, {last} - {first})) % {count}\n"
)


@dataclass(frozen=True)
class Size:
    """`seconds` for each contender in each round. TPC-B has 100,000 accounts for each step of its scale."""

    rounds: int = 3
    seconds: int = 8
    accounts: int = 10_000
    tpcb_scale: int = 16
    clients: int = 16
    array: int = 1_000


@dataclass
class Contender:
    """Something that posts: `measure` gives transfers a second of one round, `rates` keeps those of all."""

    name: str
    measure: Callable[[], float]
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The middle one of all rounds."""
        return median(self.rates)

    def times(self, other: "Contender") -> float:
        """How many times the other's rate within a round, the middle one of all: a round's contenders met the
        same minute of the machine."""
        return median(mine / theirs for mine, theirs in zip(self.rates, other.rates, strict=True))


def run(
    bank: ServingBank,
    people: list[Person],
    size: Size,
    pgledger: Path | None,
    folder: Path,
    tell: Callable[[str], None],
) -> list[Table]:
    """Measure all contenders in turns, then HTTP at a fixed rate. `people` own every account."""
    load = pgbench.Load(size.clients, size.seconds)
    scripts = write_scripts(folder, UUID(people[0].user_id), size)
    app = bank.url("accounts_app")
    tpcb = bank.create_database("tpcb")
    pgbench.make_tpcb(tpcb, size.tpcb_scale)
    transfers = http_transfers(bank.gateway, people, size)
    samples: list[Sample] = []

    def over_http() -> float:
        samples.append(
            http_load.closed_loop(
                bank.gateway, transfers, connections=size.clients, seconds=size.seconds, status=201
            )
        )
        return samples[-1].rate

    contenders = {
        "tpcb": Contender("pgbench TPC-B", lambda: pgbench.run(tpcb, None, load)),
        "one": Contender("accounts.post, one by one", lambda: pgbench.run(app, scripts["one"], load)),
        "keyed": Contender("the same with an Idempotency-Key", lambda: pgbench.run(app, scripts["keyed"], load)),
        "array": Contender(
            f"accounts.post, arrays of {size.array:,}",
            lambda: pgbench.run(app, scripts["array"], load) * size.array,
        ),
        "http": Contender("POST /account/transfer through the gateway", over_http),
    }
    if pgledger is not None:
        url = bank.create_database("pgledger")
        install_pgledger(url, pgledger, size.accounts)
        contenders["pgledger"] = Contender("pgledger", lambda: pgbench.run(url, scripts["pgledger"], load))
    for number in range(size.rounds):
        # Each round in another order: nobody always pays for what the same one before left to be written.
        for contender in random.Random(number).sample(list(contenders.values()), len(contenders)):
            contender.rates.append(contender.measure())
            tell(f"round {number + 1}: {contender.name}: {contender.rates[-1]:,.0f}/s")
    check_books(bank)
    steady = http_load.open_loop(
        bank.gateway, transfers, rate=contenders["http"].rate / 2, seconds=size.seconds, status=201
    )
    return [rates_table(contenders, size), latency_table(samples, steady, contenders["http"].rate / 2)]


def rates_table(contenders: dict[str, Contender], size: Size) -> Table:
    """Who posts how much."""
    table = Table(
        "Posting",
        f"{size.clients} clients, {size.rounds} rounds of {size.seconds} s each, every round in another order; "
        "the middle rate counts, and the middle of the rounds' ratios. One Postgres with the bank's own settings, "
        f"fsync on; random pairs of {size.accounts:,} accounts.",
        ["contender", "transfers/s", "of TPC-B", "of pgledger", "of one by one"],
    )
    goals = {("one", "pgledger"): "2×", ("array", "one"): "3×", ("http", "one"): "0.3×"}
    for key, contender in contenders.items():
        ratios = [
            ratio(contender.times(contenders[name]), goals.get((key, name), "")) if name in contenders else "–"
            for name in ("tpcb", "pgledger", "one")
        ]
        table.add(contender.name, f"{contender.rate:,.0f}", *ratios)
    if "pgledger" not in contenders:
        table.remarks.append("pgledger was not measured: no checkout of it was named (`--pgledger PATH`).")
    return table


def latency_table(closed: list[Sample], steady: Sample, rate: float) -> Table:
    """How long a transfer over HTTP takes."""
    table = Table(
        "Transfers over HTTP, how long they take",
        "In milliseconds; at the fixed rate from the moment each request was meant to be sent.",
        ["load", "transfers/s", "p50", "p90", "p99", "p99.9", "failed"],
    )
    loads = [(f"fixed rate, {rate:,.0f}/s asked", steady), ("closed loop, the last round", closed[-1])]
    for name, sample in loads:
        percentiles = [f"{sample.percentile_ms(percent):.1f}" for percent in (50, 90, 99, 99.9)]
        table.add(name, f"{sample.rate:,.0f}", *percentiles, str(sample.failed))
    return table


def http_transfers(gateway: str, people: list[Person], size: Size) -> Callable[[], bytes]:
    """Makes requests for transfers between random accounts, by the people in turns."""
    chance = random.Random(1)

    def make() -> bytes:
        source, destination = chance.sample(range(size.accounts), 2)
        body = {
            "from": f"{ACCOUNT}{FIRST_NUMBER + source}",
            "to": f"{ACCOUNT}{FIRST_NUMBER + destination}",
            "amount": 1,
            "memo": "benchmark",
        }
        token = people[source % len(people)].token
        return http_load.request(gateway, token, "POST", "/account/transfer", json.dumps(body).encode())

    return make


def write_scripts(folder: Path, user_id: UUID, size: Size) -> dict[str, Path]:
    """pgbench's scripts, by contender."""
    first, last = FIRST_NUMBER, FIRST_NUMBER + size.accounts - 1
    pair = DRAW.format(first=first, last=last, count=size.accounts)
    post = (
        f"select * from accounts.post('{user_id}', true, {{key}}, 'one_by_one', {{sources}}, {{destinations}}, "
        f"{{amounts}}, {{memos}}, {NO_LIMIT});\n"
    )
    one = {
        "sources": f"array['{ACCOUNT}' || :s]",
        "destinations": f"array['{ACCOUNT}' || :d]",
        "amounts": "array[1::bigint]",
        "memos": "array['benchmark']",
    }
    drawn = f"array(select '{ACCOUNT}' || random({first}::bigint, {last}) from generate_series(1, {size.array}))"
    many = {
        "sources": drawn,
        "destinations": drawn,
        "amounts": f"array_fill(1::bigint, array[{size.array}])",
        "memos": f"array_fill('benchmark'::text, array[{size.array}])",
    }
    pgledger = f"select * from pgledger_create_transfer('{ACCOUNT}' || :s, '{ACCOUNT}' || :d, 1);\n"
    texts = {
        "one": pair + post.format(key="null, null", **one),
        "keyed": pair + post.format(key="uuidv7()::text, '\\x00'", **one),
        "array": post.format(key="null, null", **many),
        "pgledger": pair + pgledger,
    }
    paths = {}
    for name, text in texts.items():
        paths[name] = folder / f"{name}.sql"
        paths[name].write_text(text)
    return paths


def install_pgledger(url: str, checkout: Path, accounts: int) -> None:
    """pgledger as its README says, with accounts by our accounts' names."""
    vendored = checkout / "vendor" / "scoville-pgsql-ulid"
    files = (vendored / "ulid-to-uuid.sql", vendored / "uuid-to-ulid.sql", checkout / "pgledger.sql")
    with psycopg.connect(url) as connection:
        for file in files:
            connection.execute(file.read_bytes())
        connection.execute(
            "insert into pgledger_accounts (id, name, currency, balance, allow_negative_balance, "
            "allow_positive_balance, created_at, updated_at) "
            "select %s::text || %s + n, 'account ' || n, 'EUR', %s, false, true, now(), now() "
            "from generate_series(0, %s - 1) as n",
            (ACCOUNT, FIRST_NUMBER, 10**12, accounts),
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")


def check_books(bank: ServingBank) -> None:
    """That what was measured was money moving: every account's head is its last entry, and all of it adds up."""
    with psycopg.connect(bank.superuser_url()) as connection:
        row = connection.execute(
            "select (select sum(total) from accounts.account) "
            "= (select sum(amount) from accounts.transfer where kind = 'deposit'), "
            "(select count(*) from accounts.transaction) = (select sum(last_sequence) from accounts.account)"
        ).fetchone()
    if row != (True, True):
        raise RuntimeError("the books do not close after the benchmark")
