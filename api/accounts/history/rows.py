"""Checks each row by itself; what needs other rows is checked in the database."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.accounts.currencies import currencies
from api.accounts.history.errors import FaultSink, HistoryFault
from api.accounts.history.files import CsvFile
from api.shared.fields import NOT_TEXT

ACCOUNT_COLUMNS = ("account", "type", "currency", "overdraft_limit", "opened_at")
TRANSACTION_COLUMNS = ("time", "account", "amount", "counterparty", "memo", "reference")
# The ledger's own limit of a balance, and so of what one movement can be (account_not_overdrawn).
AMOUNT_MAX_MINOR = 9_007_199_254_740_991
NAME_MAX_CHARACTERS = 64
MEMO_MAX_CHARACTERS = 500

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-5][0-9])?"
)
# The farthest there ever was is 15:13:42 (Manila before 1845).
_OFFSET_HOURS_MAX = 15
_AMOUNT = re.compile(r"-?[1-9][0-9]{0,15}")
_LIMIT = re.compile(r"0|[1-9][0-9]{0,15}")
_EXTERNAL = re.compile(r"external:[A-Za-z0-9:._-]{1,64}")
_LINE_BREAKS = re.compile(r"[\t\r\n]+")
_NOT_TEXT = re.compile(f"[{NOT_TEXT}]")

AccountRow = tuple[int, str, str, str, int, datetime, str | None]
TransactionRow = tuple[int, datetime, str, int, str, str, str]


class _Wrong(Exception):
    """What is wrong with a value."""


def account_rows(file: CsvFile, refuse: FaultSink) -> Iterator[AccountRow]:
    """(line, account, type, currency, overdraft_limit, opened_at, owner_id or None).

    What is wrong is told to `refuse`: a row, which is then left out, or what ends the reading of the file.
    """
    return _checked(file, refuse, _account)


def transaction_rows(file: CsvFile, refuse: FaultSink) -> Iterator[TransactionRow]:
    """(line, time, account, amount, counterparty, memo, reference); what is wrong as in `account_rows`."""
    return _checked(file, refuse, _transaction)


def _checked(file: CsvFile, refuse: FaultSink, check: Callable[..., tuple[Any, ...]]) -> Iterator[Any]:
    try:
        for line, values in file.rows(refuse):
            try:
                row = check(*values)
            except _Wrong as wrong:
                refuse(file.fault(line, str(wrong)))
            else:
                yield (line, *row)
    except HistoryFault as fault:
        refuse(fault)


def _account(
    account: str, type_: str, currency: str, limit: str, opened_at: str, owner_id: str
) -> tuple[str, str, str, int, datetime, str | None]:
    return (
        _name("account", account),
        _type(type_),
        _currency(currency),
        _limit(limit),
        _time("opened_at", opened_at),
        _owner(owner_id),
    )


def _transaction(
    time: str, account: str, amount: str, counterparty: str, memo: str, reference: str
) -> tuple[datetime, str, int, str, str, str]:
    return (
        _time("time", time),
        _name("account", account),
        _amount(amount),
        _counterparty(counterparty),
        _memo(memo),
        _name("reference", reference),
    )


def _name(column: str, text: str) -> str:
    if not text:
        raise _Wrong(f"{column} is empty")
    if len(text) > NAME_MAX_CHARACTERS or not text.isprintable() or text.startswith("external:"):
        raise _Wrong(f"{column} is not a name of at most {NAME_MAX_CHARACTERS} printable characters")
    return text


def _type(text: str) -> str:
    if text not in ("checking", "savings"):
        raise _Wrong("type is neither checking nor savings")
    return text


def _currency(text: str) -> str:
    if text not in currencies():
        raise _Wrong("currency is not a code of ISO 4217")
    return text


def _amount(text: str) -> int:
    if not _AMOUNT.fullmatch(text) or abs(amount := int(text)) > AMOUNT_MAX_MINOR:
        raise _Wrong(f"amount is not a whole number of minor units other than zero, at most {AMOUNT_MAX_MINOR:,}")
    return amount


def _limit(text: str) -> int:
    if not _LIMIT.fullmatch(text) or (limit := int(text)) > AMOUNT_MAX_MINOR:
        raise _Wrong(f"overdraft_limit is not a whole number of minor units from 0 to {AMOUNT_MAX_MINOR:,}")
    return limit


def _time(column: str, text: str) -> datetime:
    """In UTC; what is finer than a microsecond is cut off."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise _Wrong(f"{column} is not an RFC 3339 time")
    day, clock, fraction, offset = match.groups()
    if offset is None:
        raise _Wrong(f"{column} does not say its offset from UTC")
    if offset not in "Zz" and int(offset[1:3]) > _OFFSET_HOURS_MAX:
        raise _Wrong(f"{column} has an offset of 16 hours or more, which no place has")
    if clock.endswith(":60"):
        raise _Wrong(f"{column} is a leap second; write the second before it")
    microseconds = (fraction or "0")[:6].ljust(6, "0")
    try:
        found = datetime.fromisoformat(f"{day}T{clock}.{microseconds}{offset.upper()}").astimezone(UTC)
    except ValueError:
        raise _Wrong(f"{column} is not an RFC 3339 time") from None
    except OverflowError:
        raise _Wrong(f"{column} lies outside of the years 1 to 9999") from None
    # Python of some versions takes it for the next day's midnight.
    if clock.startswith("24"):
        raise _Wrong(f"{column} is not an RFC 3339 time")
    return found


def _counterparty(text: str) -> str:
    if not text.startswith("external:"):
        return _name("counterparty", text)
    if not _EXTERNAL.fullmatch(text):
        raise _Wrong("counterparty is not external:… with letters, digits and :._-")
    return text


def _memo(text: str) -> str:
    """Line breaks and tabs become spaces."""
    memo = _LINE_BREAKS.sub(" ", text)
    if len(memo) > MEMO_MAX_CHARACTERS:
        raise _Wrong(f"memo is longer than {MEMO_MAX_CHARACTERS} characters")
    if not memo.isprintable() and _NOT_TEXT.search(memo):
        raise _Wrong("memo holds control or invisible characters")
    return memo


def _owner(text: str) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        raise _Wrong("owner_id is not a UUID") from None
