"""The ledger without the service: accounts and postings straight in SQL."""

import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from tests.cluster import Databases

NO_LIMIT = 10**15


class Ledger:
    """One user owns every account made here, unless another is named."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.root = psycopg.connect(databases.superuser_url(), autocommit=True)
        self.user_id = self.add_user()

    def close(self) -> None:
        """Disconnect."""
        self.root.close()

    def connect(self, role: str = "accounts_app") -> psycopg.Connection:
        """A connection on which each statement commits by itself."""
        return psycopg.connect(self.databases.url(role), autocommit=True)

    def open(self, total: int = 0, *, overdraft_limit: int = 0, owner: UUID | None = None) -> str:
        """An approved account with that much money; its id."""
        account_id = self.value(
            "insert into accounts.account (number, type, currency, approved, overdraft_limit)"
            " values (accounts.new_number(), 'checking', 'EUR', true, %s) returning id::text",
            overdraft_limit,
        )
        self.root.execute(
            "insert into accounts.user_account (user_id, account_id) values (%s, %s)",
            (owner or self.user_id, account_id),
        )
        if total:
            self.root.execute(
                "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
                " values ('deposit', 'external:cash', %s, %s, 'EUR', clock_timestamp())",
                (account_id, total),
            )
        return account_id

    def add_user(self) -> UUID:
        """A user as the users service keeps them, of whom nothing can be read."""
        return self.value(
            "insert into users.user (id, data_key_id, name, email, phone)"
            " values (uuidv7(), uuidv7(), '', '', '') returning id"
        )

    def post(
        self,
        connection: psycopg.Connection,
        moves: Sequence[tuple[str, str, int]],
        *,
        key: str | None = None,
        digest: bytes = b"digest",
        mode: str = "one_by_one",
        user_id: UUID | None = None,
    ) -> list[dict[str, Any]]:
        """The outcomes of posting (from, to, amount)."""
        row = connection.execute(
            "select outcome, answer from accounts.post(%s, true, %s, %s, %s, %s::text[], %s::text[], %s::bigint[],"
            " null, %s)",
            (
                user_id or self.user_id,
                key,
                digest,
                mode,
                [move[0] for move in moves],
                [move[1] for move in moves],
                [move[2] for move in moves],
                NO_LIMIT,
            ),
        ).fetchone()
        assert row is not None
        assert row[0] in ("posted", "replayed"), row
        return json.loads(row[1])

    def set_clock(self, by: str) -> None:
        """Make this bank's clock differ by an interval from the machine's."""
        self.root.execute(
            sql.SQL(
                "create or replace function accounts.clock() returns timestamptz language sql volatile "
                "return clock_timestamp() + interval {}"
            ).format(sql.Literal(by))
        )

    def value(self, query: str, *parameters: Any) -> Any:
        """The only value of a query as the superuser."""
        row = self.root.execute(query, parameters).fetchone()
        assert row is not None
        return row[0]

    def wait_until_someone_waits(self) -> None:
        """Until a session of this bank waits for a lock."""
        deadline = time.monotonic() + 10
        query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = %s"
        while self.value(query, "Lock") == 0:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.005)

    def total(self, account_id: str) -> int:
        """The balance now."""
        return self.value("select total from accounts.account where id = %s", account_id)

    def assert_books_close(self) -> None:
        """Recomputes every head and chain from the entries, and the money of the bank from the transfers."""
        wrong = self.value("""
            select count(*) from (
                select account_id, sequence, balance_after, at,
                       row_number() over account as expected_sequence,
                       sum(amount) over account as expected_balance,
                       lag(at) over account as previous_at
                from accounts.transaction
                window account as (partition by account_id order by sequence)
            ) e
            where sequence <> expected_sequence or balance_after <> expected_balance or at < previous_at
        """)
        assert wrong == 0
        wrong = self.value("""
            select count(*) from accounts.account a
            left join lateral (
                select balance_after, sequence, at from accounts.transaction t
                where t.account_id = a.id order by sequence desc limit 1
            ) last on true
            where (a.total, a.last_sequence) <> (coalesce(last.balance_after, 0), coalesce(last.sequence, 0))
               or a.last_at is distinct from last.at or a.total < -a.overdraft_limit
        """)
        assert wrong == 0
        outside = self.value("""
            select coalesce(sum(case when source like 'external:%%' then amount
                                     when destination like 'external:%%' then -amount else 0 end), 0)
            from accounts.transfer
        """)
        assert outside == self.value("select coalesce(sum(total), 0) from accounts.account")
