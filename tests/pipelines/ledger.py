"""A small ledger to extract from: rows as the accounts service leaves them, at moments that the test chooses."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

START = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
Row = tuple[object, ...]


@dataclass(frozen=True)
class Ledger:
    """Writes into schema accounts as the superuser, each call in its own transaction unless told otherwise."""

    url: str

    def connect(self) -> psycopg.Connection:
        """A connection that begins a transaction with its first statement; the ledger's triggers don't bind it."""
        return psycopg.connect(self.url, options="-c session_replication_role=replica")

    def open_account(
        self, currency: str = "EUR", *, opened_at: datetime = START, writer: psycopg.Connection | None = None
    ) -> UUID:
        """A new approved checking account; its id."""
        query = (
            "insert into accounts.account (number, type, currency, approved, opened_at, xid) values "
            "((select lpad((count(*) + 1)::text, 10, '0') from accounts.account), 'checking', %s, true, %s,"
            " pg_current_xact_id()) returning id"
        )
        return UUID(str(self._run(writer, query, (currency, opened_at))[0]))

    def deposit(
        self, account: UUID, amount: int, *, at: datetime | None = None, writer: psycopg.Connection | None = None
    ) -> None:
        """Money from outside (amount > 0) or to outside (amount < 0)."""
        self._move([(account, "external:cash", amount)], at, writer)

    def transfer(
        self,
        source: UUID,
        destination: UUID,
        amount: int,
        *,
        at: datetime | None = None,
        writer: psycopg.Connection | None = None,
    ) -> None:
        """Money from one account to another."""
        self._move([(source, str(destination), -amount), (destination, str(source), amount)], at, writer)

    def close(self, account: UUID, *, at: datetime) -> None:
        """Close an account whose balance is zero."""
        query = "update accounts.account set closed_at = %s, xid = pg_current_xact_id() where id = %s returning id"
        self._run(None, query, (at, account))

    def transactions(self) -> list[Row]:
        """Every transaction row, as raw.transaction should hold it (without batch_id)."""
        return self._all(
            "select id, transfer_id, account_id, counterparty, amount, balance_after, sequence, at "
            "from accounts.transaction order by account_id, sequence"
        )

    def accounts(self) -> list[Row]:
        """Every account row, as raw.account should hold it (without batch_id)."""
        return self._all(
            "select id, type, currency, total, last_sequence, approved, opened_at, closed_at "
            "from accounts.account order by id"
        )

    def receipts(self) -> list[Row]:
        """The receipts that extracts left."""
        return self._all("select id, created_at from accounts.extract_receipt")

    def _move(
        self, sides: list[tuple[UUID, str, int]], at: datetime | None, writer: psycopg.Connection | None
    ) -> None:
        if writer is None:
            with self.connect() as own:
                self._move(sides, at, own)
            return
        ids = writer.execute("select uuidv7()").fetchone()
        assert ids is not None
        for account, counterparty, amount in sorted(sides):
            self._run(
                writer,
                """
                with head as (
                    update accounts.account
                    set total = total + %(amount)s, last_sequence = last_sequence + 1,
                        last_at = greatest(last_at, coalesce(%(at)s, clock_timestamp())),
                        xid = pg_current_xact_id()
                    where id = %(account)s
                    returning id, total, last_sequence, last_at
                )
                insert into accounts.transaction
                    (transfer_id, account_id, counterparty, amount, balance_after, sequence, at, xid)
                select %(transfer)s, id, %(counterparty)s, %(amount)s, total, last_sequence, last_at,
                       pg_current_xact_id()
                from head returning id
                """,
                {
                    "transfer": ids[0],
                    "account": account,
                    "counterparty": counterparty,
                    "amount": amount,
                    "at": at,
                },
            )

    def _run(self, writer: psycopg.Connection | None, query: LiteralString, parameters: Any) -> Row:
        if writer is None:
            with self.connect() as own:
                return self._run(own, query, parameters)
        row = writer.execute(query, parameters).fetchone()
        assert row is not None
        return row

    def _all(self, query: LiteralString) -> list[Row]:
        with self.connect() as connection:
            return connection.execute(query).fetchall()


def later(**delta: float) -> datetime:
    """A moment after START."""
    return START + timedelta(**delta)
