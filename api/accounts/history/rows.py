"""Checks each row by itself; what needs other rows is checked in the database."""

import re
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from api.accounts.currencies import currencies
from api.accounts.history.files import CsvFile

ACCOUNT_COLUMNS = ("account", "type", "currency", "overdraft_limit", "opened_at")
TRANSACTION_COLUMNS = ("time", "account", "amount", "counterparty", "memo", "reference")
AMOUNT_MAX = 10**12
NAME_MAX = 64
MEMO_MAX = 500

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_AMOUNT = re.compile(r"-?[1-9][0-9]{0,12}")
_LIMIT = re.compile(r"0|[1-9][0-9]{0,12}")
_EXTERNAL = re.compile(r"external:[A-Za-z0-9:._-]{1,64}")

AccountRow = tuple[int, str, str, str, int, str, str | None]
TransactionRow = tuple[int, str, str, int, str, str, str]


def account_rows(file: CsvFile) -> Iterator[AccountRow]:
    """(line, account, type, currency, overdraft_limit, opened_at, owner_id or None). Raises HistoryFault."""
    for line, (name, type_, currency, limit, opened_at, owner_id) in file.rows():
        fault = (
            _name_fault("account", name)
            or (None if type_ in ("checking", "savings") else "type is neither checking nor savings")
            or (None if currency in currencies() else "currency is not a code of ISO 4217")
            or _limit_fault(limit)
            or _time_fault("opened_at", opened_at)
            or _owner_fault(owner_id)
        )
        if fault:
            raise file.fault(line, fault)
        yield line, name, type_, currency, int(limit), opened_at, owner_id or None


def transaction_rows(file: CsvFile) -> Iterator[TransactionRow]:
    """(line, time, account, amount, counterparty, memo, reference). Raises HistoryFault."""
    for line, (time, account, amount, counterparty, memo, reference) in file.rows():
        fault = (
            _time_fault("time", time)
            or _name_fault("account", account)
            or _amount_fault(amount)
            or _counterparty_fault(counterparty)
            or (f"memo is longer than {MEMO_MAX} characters" if len(memo) > MEMO_MAX else None)
            or _name_fault("reference", reference)
        )
        if fault:
            raise file.fault(line, fault)
        yield line, time, account, int(amount), counterparty, memo, reference


def _name_fault(column: str, text: str) -> str | None:
    if not text:
        return f"{column} is empty"
    if len(text) > NAME_MAX or not text.isprintable() or text.startswith("external:"):
        return f"{column} is not a name of at most {NAME_MAX} printable characters"
    return None


def _amount_fault(text: str) -> str | None:
    if _AMOUNT.fullmatch(text) and abs(int(text)) <= AMOUNT_MAX:
        return None
    return "amount is not a whole number of minor units other than zero, at most 10^12"


def _limit_fault(text: str) -> str | None:
    if _LIMIT.fullmatch(text) and int(text) <= AMOUNT_MAX:
        return None
    return "overdraft_limit is not a whole number of minor units from 0 to 10^12"


def _time_fault(column: str, text: str) -> str | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return f"{column} is not an RFC 3339 time"
    if match[2] is None:
        return f"{column} does not say its offset from UTC"
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return f"{column} is not an RFC 3339 time"
    return None


def _counterparty_fault(text: str) -> str | None:
    if text.startswith("external:"):
        return (
            None if _EXTERNAL.fullmatch(text) else "counterparty is not external:… with letters, digits and :._-"
        )
    return _name_fault("counterparty", text)


def _owner_fault(text: str) -> str | None:
    try:
        UUID(text or "0" * 32)
    except ValueError:
        return "owner_id is not a UUID"
    return None
