"""How a copy can be wrong: statements that corrupt it, and the proofs that must not hold then."""

from typing import LiteralString

NEW = "batch_id = (select max(batch_id) from raw.batch)"
NEW_DAY = f"{NEW} and transaction_count = 3"

RAW: dict[str, tuple[LiteralString, set[str]]] = {
    "lost": (
        f"delete from raw.transaction where {NEW} and amount = -300",
        {"sequence", "balance_chain", "ledger_balance", "completeness", "averages", "bank_daily"},
    ),
    "lost last": (
        f"delete from raw.transaction where {NEW} and amount = 40",
        {"sequence", "ledger_balance", "internal_transfers", "completeness", "averages", "bank_daily"},
    ),
    "lost before the new ones": (
        "delete from raw.transaction where amount = 1000",
        {"sequence", "balance_chain", "ledger_balance"},
    ),
    "doubled": (
        "insert into raw.transaction select id, transfer_id, account_id, counterparty, amount, "
        f"balance_after, sequence + 1, at, batch_id from raw.transaction where {NEW} and amount = 40",
        {"sequence", "balance_chain", "ledger_balance", "internal_transfers", "completeness", "bank_daily"},
    ),
    "changed amount": (
        f"update raw.transaction set amount = -301 where {NEW} and amount = -300",
        {"balance_chain", "ledger_balance", "completeness", "bank_daily"},
    ),
    "changed balance": (
        f"update raw.transaction set balance_after = balance_after + 1 where {NEW} and amount = 40",
        {"balance_chain", "completeness"},
    ),
    "changed time": (
        f"update raw.transaction set at = '2024-03-01Z' where {NEW} and amount = -300",
        {"balance_chain", "completeness", "bank_daily"},
    ),
    "one side of a transfer turned outside": (
        f"update raw.transaction set counterparty = 'external:cash' where {NEW} and amount = 40",
        {"internal_transfers", "bank_daily"},
    ),
    "account missing": (
        f"delete from raw.account where {NEW} and total = 817",
        {"sequence", "ledger_balance", "grand_total", "accounts", "bank_daily"},
    ),
    "untouched account missing": (
        "delete from raw.account where currency = 'CZK'",
        {"grand_total", "accounts"},
    ),
    "changed total": (
        f"update raw.account set total = total + 1 where {NEW} and total = 817",
        {"ledger_balance", "grand_total"},
    ),
    "changed number of transactions": (
        f"update raw.account set last_sequence = last_sequence + 1 where {NEW} and total = 817",
        {"sequence", "grand_total"},
    ),
}

MARTS: dict[str, tuple[LiteralString, set[str]]] = {
    "changed inflow": (
        f"update marts.stats_daily set inflow = inflow + 1 where {NEW_DAY}",
        {"period_arithmetic", "days_add_up", "completeness"},
    ),
    "changed closing balance": (
        f"update marts.stats_daily set closing_balance = closing_balance + 1 where {NEW_DAY}",
        {"period_arithmetic", "days_add_up", "completeness", "averages"},
    ),
    "changed opening balance of a week": (
        f"update marts.stats_weekly set opening_balance = opening_balance + 1 where {NEW_DAY}",
        {"period_arithmetic", "days_add_up", "continuity", "completeness"},
    ),
    "day missing": (
        f"delete from marts.stats_daily where {NEW_DAY}",
        {"days_add_up", "completeness"},
    ),
    "week missing": (
        f"delete from marts.stats_weekly where {NEW_DAY}",
        {"days_add_up", "completeness"},
    ),
    "month missing": (
        f"delete from marts.stats_monthly where {NEW_DAY}",
        {"days_add_up", "completeness"},
    ),
    "counted twice": (
        f"update marts.stats_monthly set transaction_count = 4, last_sequence = last_sequence + 1 where {NEW_DAY}",
        {"days_add_up", "completeness"},
    ),
    "changed extreme": (
        f"update marts.stats_weekly set max_balance = max_balance + 1 where {NEW_DAY}",
        {"days_add_up", "completeness"},
    ),
    "day of the bank changed": (
        f"update marts.bank_daily set inflow = inflow + 12345 where {NEW}",
        {"bank_daily"},
    ),
    "day of the bank missing": (f"delete from marts.bank_daily where {NEW}", {"bank_daily"}),
    "account missing": ("delete from marts.accounts where currency = 'CZK'", {"accounts"}),
    "account changed": (
        f"update marts.accounts set currency = 'CZK' where {NEW} and currency = 'EUR'",
        {"accounts"},
    ),
}

# What is wrong with figures that were final when they were last published; seen by a usual run, and by none.
FINAL: dict[str, tuple[LiteralString, set[str]]] = {
    "changed": (
        "update marts.stats_daily set average_balance = average_balance + 1, batch_id = (select max(batch_id) "
        "from raw.batch) where period_start = '2024-03-07'",
        {"averages", "finality"},
    ),
    "moved there": (
        f"update marts.stats_daily set period_start = '2024-06-01', period_end = '2024-06-02' where {NEW_DAY}",
        {"averages", "completeness", "days_add_up", "finality"},
    ),
}

# A statistic that an analyst gave another meaning, which only the models know how to count.
OWN: dict[str, tuple[LiteralString, set[str]]] = {
    "average that the model would not give": (
        "with restated as (update marts.metric_catalog set version = 2 where name = 'average_balance') "
        f"update marts.stats_weekly set average_balance = average_balance + 1 where {NEW_DAY}",
        {"rebuild"},
    ),
}

EVERY: dict[str, tuple[LiteralString, set[str]]] = {
    f"{kind}, {what}": corruption
    for kind, corruptions in (("copy", RAW), ("marts", MARTS), ("final", FINAL), ("own", OWN))
    for what, corruption in corruptions.items()
}

# By a column's type, another value than it has.
OTHER_VALUE: dict[str, LiteralString] = {
    "bigint": "coalesce({0}, 0) + 1",
    "integer": "{0} + 1",
    "numeric": "{0} + 1",
    "date": "{0} + 1",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 microsecond'",
    "text": "{0} || 'x'",
    "ARRAY": "{0} || 'x'",
    "uuid": "gen_random_uuid()",
}
