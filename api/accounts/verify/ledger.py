"""Recomputes the whole ledger from its entries, in one snapshot, and names the rows that are wrong."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import IsolationLevel

from api.accounts.verify.copy import Copy, open_copy
from api.accounts.verify.errors import Fault, LedgerFault

# Each file begins with a line that says what it finds out, and gives the wrong rows, at most MOST_FAULTS, as
# (where it is, what is wrong) and, of entries, when it was made. The guards come last: a row tells more.
_CHECKS = tuple(sorted((Path(__file__).parent / "checks").glob("*.sql")))
_GUARDS = _CHECKS[-1]
_COUNTS = """
    select (select count(*) from accounts.account),
           (select count(*) from accounts.transfer),
           (select count(*) from accounts.transaction)
"""
# Sorting and joining millions of rows in memory; only this session's. Times are compared as text.
_SESSION = "set work_mem = '128MB'; set timezone = 'UTC'"

Step = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True)
class Verified:
    """How much was found right, and the copy that it equals (None: there was none to compare with)."""

    accounts: int
    transfers: int
    transactions: int
    copy: Copy | None


def verify_ledger(url: str, warehouse_url: str | None, step: Step) -> Verified:
    """Checks every row as the schema's owner while postings go on, each part within `step(what it is)`.

    `warehouse_url` is the warehouse as a role that reads schema `raw`, None for no comparison. Raises LedgerFault,
    CannotCheck, or psycopg's errors.
    """
    with ExitStack() as stack:
        copy = None
        if warehouse_url:
            # Before the ledger's own snapshot, which then shows everything that the copy has taken in.
            copy = open_copy(stack.enter_context(psycopg.connect(warehouse_url)))
        ledger = stack.enter_context(psycopg.connect(url))
        ledger.execute(_SESSION)
        ledger.commit()
        ledger.isolation_level = IsolationLevel.REPEATABLE_READ
        ledger.read_only = True
        return check(ledger, copy, step)


def check(ledger: psycopg.Connection, copy: Copy | None, step: Step) -> Verified:
    """As `verify_ledger`, in the transaction that `ledger` is in."""
    faults = [fault for file in _CHECKS[:-1] for fault in _run(ledger, file, step)]
    if copy:
        with step("The warehouse's copy says the same"):
            faults += copy.compare(ledger)
    faults += _run(ledger, _GUARDS, step)
    if faults:
        raise LedgerFault(faults)
    accounts, transfers, transactions = ledger.execute(_COUNTS).fetchone() or (0, 0, 0)
    return Verified(accounts, transfers, transactions, copy)


def _run(ledger: psycopg.Connection, file: Path, step: Step) -> list[Fault]:
    query = file.read_text()
    with step(query.partition("\n")[0].removeprefix("-- ")):
        return [Fault(*row) for row in ledger.execute(query.encode()).fetchall()]
