"""The bank's clock is set back: movements land after what is published, which neither goes back nor stops."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest

from pipelines import database, run_log
from pipelines.extract.service import reload
from pipelines.extract.source import next_floor
from tests.accounts.ledger import Ledger
from tests.pipelines.conftest import Bank
from tests.pipelines.ledger import START, later
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

PUBLISHED = "select * from stats.stats where period_start < '2024-04-01' order by id"


@pytest.fixture
def clock(bank: Bank) -> Iterator[Ledger]:
    """The same bank as its services use it."""
    ledger = Ledger(bank.databases)
    yield ledger
    ledger.close()


def own(clock: Ledger, bank: Bank) -> str:
    """An account that was opened long ago; its id."""
    account = str(bank.ledger.open_account())
    clock.root.execute("insert into accounts.user_account values (%s, %s)", (clock.user_id, account))
    return account


class TestClockSetBack:
    # A minute stays within the day of the publication, nine days are behind closed days and a closed week.
    @pytest.mark.parametrize("by", ["-1 minute", "-9 days"])
    def test_an_idle_account_moves_and_closes_after_what_is_published(
        self, bank: Bank, clock: Ledger, steps: Steps, by: str
    ) -> None:
        idle, other = own(clock, bank), own(clock, bank)
        bank.ledger.deposit(idle, 100, at=START)  # type: ignore[arg-type]
        steps.refresh()
        published = [steps.refresh().complete_through]
        final = bank.published(PUBLISHED)
        clock.set_clock(by)
        for move in ((idle, other, 100), (other, "external:cash", 100)):
            with clock.connect() as connection:
                assert clock.post(connection, [move])[0]["status"] == "posted"
            published.append(steps.refresh().complete_through)
            assert published[-1] > published[-2]
        with clock.connect() as connection:
            connection.execute("select accounts.close_account(%s, %s)", (clock.user_id, idle))
        published.append(steps.refresh().complete_through)

        assert published == sorted(set(published))
        assert bank.published(PUBLISHED) == final
        assert bank.published(
            "select type, sum((metrics ->> 'transaction_count')::int)::int from stats.stats"
            " where period_start > '2024-04-01' group by type order by type"
        ) == [("daily", 3), ("monthly", 3), ("weekly", 3)]
        ((closed,),) = bank.published("select closed_at from stats.account where closed_at is not null")
        assert isinstance(closed, datetime)
        assert published[-2] <= closed < published[-1]

    def test_an_account_opened_since_is_published_as_opened_since(
        self, bank: Bank, clock: Ledger, steps: Steps
    ) -> None:
        through = steps.refresh().complete_through
        clock.set_clock("-9 days")
        with clock.connect() as connection:
            connection.execute("select accounts.open_account(%s, 'savings', 'EUR', true, 5)", (clock.user_id,))
        steps.refresh()
        ((opened,),) = bank.published("select opened_at from stats.account")
        assert isinstance(opened, datetime)
        assert opened >= through

    def test_a_warehouse_that_begins_anew_goes_no_further_back(self, bank: Bank, clock: Ledger) -> None:
        account = bank.ledger.open_account()
        first = bank.extract()
        clock.set_clock("-9 days")
        with bank.ledger.connect() as writer:
            bank.ledger.deposit(account, 1, writer=writer, at=later(days=1))
            # An hour before the first extract, as the clock was set back.
            assert reload(bank.source_url, bank.warehouse_url).complete_through >= first.complete_through
        with database.connect(bank.warehouse_url) as warehouse:
            warehouse.execute("drop schema raw cascade")
        assert bank.extract().complete_through > first.complete_through

    def test_no_movement_arrives_late_while_the_clock_jumps(self, bank: Bank, clock: Ledger) -> None:
        accounts = [own(clock, bank) for _ in range(6)]
        stop = threading.Event()

        def post(number: int) -> None:
            dice = random.Random(number)
            with clock.connect() as connection:
                while not stop.is_set():
                    moves = [
                        ("external:cash", account, 1) for account in dice.sample(accounts, dice.choice((1, 3)))
                    ]
                    clock.post(connection, moves)

        dice, through = random.Random(7), []
        with ThreadPoolExecutor(3) as pool:
            posting = [pool.submit(post, number) for number in range(3)]
            try:
                for _ in range(20):
                    # Ahead and back again: what a test can't move is when Postgres says that a transaction began.
                    clock.set_clock(dice.choice(("0", "1 minute", "1 hour")))
                    through.append(bank.extract().complete_through)
            finally:
                stop.set()
            for poster in posting:
                poster.result()
        through.append(bank.extract().complete_through)
        assert through == sorted(through)
        bank.assert_raw_equals_ledger()
        late = bank.raw(
            "select count(*) from raw.transaction t join lateral (select max(complete_through) as moment "
            "from raw.batch b where b.batch_id < t.batch_id) earlier on t.at < earlier.moment"
        )
        assert late == [(0,)]
        clock.assert_books_close()

    def test_what_is_left_out_for_now_ripens(self, bank: Bank, clock: Ledger) -> None:
        """The next floor is above every movement, so a watcher that asks for it runs at once."""
        account = own(clock, bank)
        bank.extract()
        clock.set_clock("-9 days")
        with clock.connect() as connection:
            (outcome,) = clock.post(connection, [("external:cash", account, 1)])
        with database.connect(bank.source_url) as source:
            assert next_floor(source) > datetime.fromisoformat(outcome["time"])

    def test_the_newest_run_is_the_last_one(self, bank: Bank) -> None:
        with database.connect(bank.publish_url) as connection:
            run_log.begin(connection, "before", "refresh")
            run_log.finish(connection, "before", "failed", "x")
            connection.execute("update pipeline.run set started_at = now() + interval '1 hour'")
            run_log.begin(connection, "after", "refresh")
        ((newest,),) = bank.published("select run_id from pipeline.run order by started_at desc limit 1")
        assert newest == "after"


def test_an_account_that_was_imported_before_the_clock_was_set_back_counts_as_seen(bank: Bank) -> None:
    with psycopg.connect(bank.databases.superuser_url(), autocommit=True) as root:
        root.execute(
            "insert into accounts.account (id, number, type, currency) values"
            " (uuidv7(interval '1 hour'), accounts.new_number(), 'checking', 'EUR')"
        )
        bank.extract()
        row = root.execute(
            "select bool_and(uuid_extract_timestamp(a.id) <= r.created_at)"
            " from accounts.account a, accounts.extract_receipt r"
        ).fetchone()
    assert row == (True,)
    assert datetime.now(UTC) < bank.ledger.receipts()[0][1]  # type: ignore[operator]
