"""Fill the warehouse's raw tables the way the extract does, from the oracle's accounts and transactions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from uuid import UUID, uuid5

import psycopg

import pipelines
from tests.oracle import Account, Transaction

NAMESPACE = UUID("0197a000-0000-7000-8000-000000000000")
SCHEMA = Path(pipelines.__file__).with_name("schema.sql")


def empty(connection: psycopg.Connection) -> None:
    """Leave nothing but the schema raw, made by the extract's own statements, without a row."""
    connection.execute("set client_min_messages = warning")
    connection.execute("drop schema if exists raw, pipeline, staging, intermediate, marts cascade")
    connection.execute(SCHEMA.read_text())


def balances_after(transactions: Iterable[Transaction]) -> dict[tuple[UUID, int], int]:
    """The balance after each transaction, by account and sequence number."""
    balances: dict[tuple[UUID, int], int] = {}
    in_order = sorted(transactions, key=lambda t: (t.account_id, t.sequence))
    for account_id, own in groupby(in_order, key=lambda t: t.account_id):
        balance = 0
        for transaction in own:
            balance += transaction.amount
            balances[account_id, transaction.sequence] = balance
    return balances


def write_batch(
    connection: psycopg.Connection,
    complete_through: datetime,
    accounts: Sequence[Account],
    transactions: Sequence[Transaction],
    balances: Mapping[tuple[UUID, int], int],
) -> int:
    """Write one batch in one transaction and give its number: rows as they are, accounts as upserts."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "insert into raw.batch (snapshot, receipt, complete_through, extracted_at, transaction_rows,"
            " account_rows, source_totals, source_accounts, source_transactions)"
            " values ('1:1:', gen_random_uuid(), %s, now(), %s, %s, '{}', 0, 0) returning batch_id",
            (complete_through, len(transactions), len(accounts)),
        )
        batch_id = cursor.fetchone()[0]  # type: ignore[index]
        with cursor.copy(
            "copy raw.transaction (id, transfer_id, account_id, counterparty, amount, balance_after, sequence, at,"
            " batch_id) from stdin"
        ) as copy:
            for t in transactions:
                key = uuid5(t.account_id, str(t.sequence))
                balance = balances[t.account_id, t.sequence]
                copy.write_row(
                    (key, key, t.account_id, t.counterparty, t.amount, balance, t.sequence, t.at, batch_id)
                )
        cursor.executemany(
            "insert into raw.account"
            " (id, type, currency, total, last_sequence, approved, opened_at, closed_at, batch_id)"
            " values (%(id)s, 'checking', %(currency)s, 0,"
            " (select coalesce(max(sequence), 0) from raw.transaction where account_id = %(id)s),"
            " true, %(opened_at)s, %(closed_at)s, %(batch_id)s)"
            " on conflict (id) do update set last_sequence = excluded.last_sequence,"
            " closed_at = excluded.closed_at, batch_id = excluded.batch_id",
            [
                {
                    "id": a.account_id,
                    "currency": a.currency,
                    "opened_at": a.opened_at,
                    "closed_at": a.closed_at,
                    "batch_id": batch_id,
                }
                for a in accounts
            ],
        )
    return int(batch_id)
