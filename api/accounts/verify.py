"""Recomputes the whole ledger from its entries, in one snapshot, and names the first row that is wrong."""

from dataclasses import dataclass

import psycopg
from psycopg import IsolationLevel

# Each gives the first wrong row as (where it is, what is wrong), or nothing.
_CHECKS = (
    # An account's history: sequence without gap from 1, balances that add up, time in order.
    """
    select format('account %s, sequence %s', account_id, sequence),
           case when sequence <> place then format('the sequence should be %s', place)
                when balance_after <> balance
                    then format('the balance after is %s, it adds up to %s', balance_after, balance)
                else format('its time %s is before that of the one before', at) end
    from (
        select account_id, sequence, balance_after, at,
               row_number() over history as place,
               sum(amount) over history as balance,
               lag(at) over history as previous_at
        from accounts.transaction
        window history as (partition by account_id order by sequence)
    ) entry
    where sequence <> place or balance_after <> balance or at < previous_at
    order by account_id, sequence
    limit 1
    """,
    # The head of an account is its last entry.
    """
    select format('account %s', id),
           case when (total, entries) <> (last_total, last_entries)
                    then format('its total is %s after %s entries, its history says %s after %s',
                                total, entries, last_total, last_entries)
                when last_at is distinct from last_entry_at
                    then format('it moved last at %s, its history says %s', last_at, last_entry_at)
                when total < -overdraft_limit then 'it is overdrawn beyond its limit'
                else 'it is closed but not empty' end
    from (
        select a.id, a.total, a.last_sequence as entries, a.last_at, a.overdraft_limit, a.closed_at,
               coalesce(l.balance_after, 0) as last_total, coalesce(l.sequence, 0) as last_entries,
               l.at as last_entry_at
        from accounts.account a
        left join (
            select distinct on (account_id) account_id, sequence, balance_after, at
            from accounts.transaction order by account_id, sequence desc
        ) l on l.account_id = a.id
    ) head
    where (total, entries) <> (last_total, last_entries) or last_at is distinct from last_entry_at
       or total < -overdraft_limit or (closed_at is not null and total <> 0)
    order by id
    limit 1
    """,
    # Each side of a transfer that is an account has its entry there, and each entry is the side of a transfer.
    """
    select case when s.transfer_id is null then format('account %s, sequence %s', e.account_id, e.sequence)
                else format('transfer %s', s.transfer_id) end,
           case when s.transfer_id is null then 'it is not a side of its transfer'
                when e.transfer_id is null then format('account %s has no entry for it', s.account_id)
                else format('account %s, sequence %s, differs from it', e.account_id, e.sequence) end
    from (
        select t.id as transfer_id, t.at, t.currency, side.account_id, side.counterparty, side.amount
        from accounts.transfer t
        cross join lateral (values (t.source, t.destination, -t.amount), (t.destination, t.source, t.amount))
            side (account_id, counterparty, amount)
        where accounts.is_account(side.account_id)
    ) s
    full join (
        select e.transfer_id, e.account_id::text, e.counterparty, e.amount, e.at, e.sequence, a.currency
        from accounts.transaction e left join accounts.account a on a.id = e.account_id
    ) e on e.transfer_id = s.transfer_id and e.account_id = s.account_id
    where (s.counterparty, s.amount, s.at, s.currency)
          is distinct from (e.counterparty, e.amount, e.at, e.currency)
    order by coalesce(s.transfer_id, e.transfer_id), coalesce(s.account_id, e.account_id)
    limit 1
    """,
    # A reversal is the transfer that it names, turned round.
    """
    select format('transfer %s', r.id), 'it does not reverse the transfer that it names'
    from accounts.transfer r
    left join accounts.transfer t on t.id = r.reverses
    where r.reverses is not null
      and (t.source, t.destination, t.amount, t.currency)
          is distinct from (r.destination, r.source, r.amount, r.currency)
    order by r.id
    limit 1
    """,
    # Nothing comes from nowhere: what the accounts hold is what came in less what went out.
    """
    select format('currency %s', currency), format('the accounts hold %s, but %s came in', sum(held), sum(came))
    from (
        select currency, total as held, 0 as came from accounts.account
        union all
        select currency, 0, case when accounts.is_account(source) then -amount else amount end
        from accounts.transfer
        where not accounts.is_account(source) or not accounts.is_account(destination)
    ) both_sides
    group by currency
    having sum(held) <> sum(came)
    order by currency
    limit 1
    """,
)
_COUNTS = """
    select (select count(*) from accounts.account), (select count(*) from accounts.transfer),
           (select count(*) from accounts.transaction)
"""


class LedgerFault(Exception):
    """The ledger is wrong; the text names the first row and what is wrong with it."""


@dataclass(frozen=True)
class Verified:
    """How much was found right."""

    accounts: int
    transfers: int
    transactions: int


def verify_ledger(url: str) -> Verified:
    """Checks every row as the schema's owner, while postings go on. Raises LedgerFault."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for check in _CHECKS:
            if row := connection.execute(check).fetchone():
                raise LedgerFault(f"{row[0]}: {row[1]}.")
        return Verified(*(connection.execute(_COUNTS).fetchone() or ()))
