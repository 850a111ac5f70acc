"""A ledger with a long past, written by SQL alone: 10 million rows in a minute or two.

Each account has one transaction a day. On day 2k an account of the first half pays one of the second half, another
one each time, and on day 2k + 1 gets it back; so every balance is known without looking at the one before, and
the proofs hold.
"""

from datetime import UTC, datetime, timedelta

import psycopg

OPENING_MINOR = 1_000_000
ACCOUNT = "00000000-0000-7000-9000-"

_INDEXES = {
    "transaction_pkey": "alter table accounts.transaction add constraint transaction_pkey primary key (id)",
    "transaction_sequence_unique": "alter table accounts.transaction add constraint transaction_sequence_unique"
    " unique (account_id, sequence)",
}
_ACCOUNTS = """
insert into accounts.account (id, number, type, currency, total, approved, last_sequence, last_at, opened_at)
select
    (%(prefix)s || lpad(n::text, 12, '0'))::uuid, lpad(n::text, 10, '0'), 'checking', 'EUR', %(opening)s, true,
    %(days)s + 1, %(start)s::timestamptz + %(days)s * interval '1 day', %(start)s::timestamptz - interval '2 hours'
from generate_series(0, %(accounts)s - 1) as n
"""
_OPENING = """
insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
select uuidv7(), id, 'external:wire', %(opening)s, %(opening)s, 1, opened_at from accounts.account
where id::text like %(prefix)s || '%%'
"""
_DAYS = """
with movement as (
    select
        uuidv7() as transfer_id,
        day,
        (%(prefix)s || lpad(first::text, 12, '0'))::uuid as payer,
        (%(prefix)s || lpad((half + (first + day / 2) %% half)::text, 12, '0'))::uuid as payee,
        100 + (first * 7 + day / 2 * 13) %% 900 as amount,
        %(start)s::timestamptz + day * interval '1 day' + first * (interval '1 day' / (half + 1)) as at
    from (select %(accounts)s / 2) as size (half)
    cross join generate_series(%(from_day)s, %(to_day)s - 1) as day
    cross join generate_series(0, half - 1) as first
)
insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)
select transfer_id, side.account_id, side.counterparty, side.amount, side.balance_after, day + 2, at
from movement
cross join lateral (
    values
    (payer, payee::text, case when day %% 2 = 0 then -amount else amount end,
        %(opening)s - case when day %% 2 = 0 then amount else 0 end),
    (payee, payer::text, case when day %% 2 = 0 then amount else -amount end,
        %(opening)s + case when day %% 2 = 0 then amount else 0 end)
) as side (account_id, counterparty, amount, balance_after)
"""

_POST = """
insert into accounts.transfer (kind, source, destination, amount, currency, at)
select
    'transfer',
    %(prefix)s || lpad(source::text, 12, '0'),
    %(prefix)s || lpad(((source + distance) %% %(accounts)s)::text, 12, '0'),
    1, 'EUR', clock_timestamp()
from (
    select random(0, %(accounts)s - 1) as source, random(1, %(accounts)s - 1) as distance
    from generate_series(1, %(transfers)s)
) as pair
"""


def write(superuser_url: str, accounts: int, rows: int) -> int:
    """Write about `rows` transactions of `accounts` accounts, up to yesterday; gives how many they are.

    `accounts` is even. The ledger must be empty.
    """
    days = max(2, rows // accounts // 2 * 2)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    values = {
        "prefix": ACCOUNT,
        "opening": OPENING_MINOR,
        "accounts": accounts,
        "days": days,
        "start": midnight - timedelta(days=days),
    }
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        # The ledger's triggers would move heads one by one, and its indexes are quicker to build than to keep.
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '512MB'")
        for constraint in _INDEXES:
            connection.execute(f"alter table accounts.transaction drop constraint {constraint}")
        connection.execute(_ACCOUNTS, values)
        connection.execute(_OPENING, values)
        step = max(2, 1_000_000 // accounts // 2 * 2)
        for day in range(0, days, step):
            connection.execute(_DAYS, {**values, "from_day": day, "to_day": min(day + step, days)})
        for definition in _INDEXES.values():
            connection.execute(definition)
        connection.execute("vacuum (analyze) accounts.transaction, accounts.account")
    return accounts * (days + 1)


def post(superuser_url: str, accounts: int, transactions: int) -> None:
    """Post that many new transactions now, between random ones of the accounts, as the ledger's bulk call does."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(_POST, {"prefix": ACCOUNT, "accounts": accounts, "transfers": transactions // 2})
