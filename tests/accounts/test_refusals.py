"""Each reason why money does not move has its code: alone, among others, and as the one that stops all."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import api.accounts
from api.accounts.errors import REFUSALS
from api.shared.openapi import codes
from tests.accounts.ledger import Ledger
from tests.cluster import Databases

Move = tuple[str, str, int]
Situation = Callable[[Ledger], Move]
CASH = "external:cash"
STRANGER = uuid4()
BALANCE_MAX = 2**53 - 1
SQL = Path(api.accounts.__file__).parent / "sql"


@pytest.fixture(scope="module")
def ledger(module_databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(module_databases)
    yield ledger
    ledger.close()


def changed(ledger: Ledger, account: str, change: str) -> str:
    ledger.root.execute(f"update accounts.account set {change} where id = %s".encode(), (account,))
    return account


def closed(ledger: Ledger) -> str:
    return changed(ledger, ledger.open(), "closed_at = clock_timestamp()")


def waiting(ledger: Ledger) -> str:
    return changed(ledger, ledger.open(), "approved = false")


def dollars(ledger: Ledger, owner: object = None) -> str:
    account = ledger.value(
        "insert into accounts.account (number, type, currency, approved)"
        " values (accounts.new_number(), 'savings', 'USD', true) returning id::text"
    )
    ledger.root.execute(
        "insert into accounts.user_account (user_id, account_id) values (%s, %s)",
        (owner or ledger.user_id, account),
    )
    return account


def full(ledger: Ledger) -> str:
    """An account that can hold one more minor unit, and no two."""
    account = ledger.open()
    ledger.root.execute(
        "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
        " select 'imported', 'external:x', %s, least(1000000000000, %s - 1000000000000 * n), 'EUR',"
        " clock_timestamp() from generate_series(0, 9007) n",
        (account, BALANCE_MAX - 1),
    )
    return account


def itself(ledger: Ledger, *owner: UUID) -> Move:
    account = ledger.open(9, owner=owner[0]) if owner else ledger.open(9)
    number = ledger.value("select number from accounts.account where id = %s", account)
    return account, number, 1


def odd_id(ledger: Ledger) -> Move:
    """The same account in two spellings, of which only one is its id."""
    account = ledger.open(9)
    return account, account.upper(), 1


REFUSED: list[tuple[str, Situation]] = [
    ("same_account", itself),
    ("not_found", lambda ledger: itself(ledger, STRANGER)),
    ("not_found", lambda ledger: (ledger.open(9, owner=STRANGER), ledger.open(), 1)),
    ("not_found", lambda ledger: (str(uuid4()), ledger.open(), 1)),
    ("not_found", lambda ledger: (CASH, ledger.open(owner=STRANGER), 1)),
    ("not_found", lambda ledger: (CASH, str(uuid4()), 1)),
    ("not_found", lambda ledger: (CASH, "external:card", 1)),
    ("not_found", lambda ledger: ("", ledger.open(), 1)),
    ("account_closed", lambda ledger: (closed(ledger), ledger.open(), 1)),
    ("account_closed", lambda ledger: (CASH, closed(ledger), 1)),
    ("account_not_approved", lambda ledger: (waiting(ledger), CASH, 1)),
    ("account_not_approved", lambda ledger: (CASH, waiting(ledger), 1)),
    ("insufficient_funds", lambda ledger: (ledger.open(9), ledger.open(), 10)),
    ("insufficient_funds", lambda ledger: (ledger.open(9, overdraft_limit=5), CASH, 15)),
    ("currency_differs", lambda ledger: (ledger.open(9), dollars(ledger), 1)),
    ("recipient_unavailable", lambda ledger: (ledger.open(9), dollars(ledger, STRANGER), 1)),
    ("recipient_unavailable", lambda ledger: (ledger.open(9), closed(ledger), 1)),
    ("recipient_unavailable", lambda ledger: (ledger.open(9), waiting(ledger), 1)),
    ("recipient_unavailable", lambda ledger: (ledger.open(9), str(uuid4()), 1)),
    ("recipient_unavailable", lambda ledger: (ledger.open(9), "1000000018", 1)),
    ("recipient_unavailable", lambda ledger: (ledger.open(9), full(ledger), 2)),
    ("recipient_unavailable", odd_id),
    ("balance_limit_exceeded", lambda ledger: (CASH, full(ledger), 2)),
    ("invalid_request", lambda ledger: (ledger.open(9), CASH, 0)),
    ("invalid_request", lambda ledger: (ledger.open(9), CASH, -1)),
    ("invalid_request", lambda ledger: (CASH, ledger.open(), 10**12 + 1)),
]


class TestCodes:
    def test_every_code_of_the_database_has_its_words(self) -> None:
        """And is in the documentation's table."""
        sql = "".join(path.read_text() for path in sorted(SQL.glob("*.sql")))
        judged = set(re.findall(r"(?:then|return|code :=|else)\s+'([a-z]+_[a-z_]+)'", sql))
        assert {"same_account", "daily_limit_exceeded", "too_many_owners", "already_reversed"} <= judged
        known = {code for code, _, _ in codes("accounts", REFUSALS)}
        assert judged <= known


class TestRefusal:
    @pytest.mark.parametrize(("code", "situation"), REFUSED)
    def test_it_has_its_code_and_moves_nothing(self, ledger: Ledger, code: str, situation: Situation) -> None:
        move = situation(ledger)
        fine = (CASH, ledger.open(), 3)
        with ledger.connect() as connection:
            alone = ledger.post(connection, [move])
            nothing = ledger.post(connection, [fine, move], mode="all_or_nothing")
            assert ledger.total(fine[1]) == 0
            among_others = ledger.post(connection, [fine, move, fine])
        assert alone == [{"status": "refused", "code": code}]
        assert [outcome["code"] for outcome in nothing] == ["not_posted", code]
        assert [outcome.get("code") for outcome in among_others] == [None, code, None]
        assert ledger.total(fine[1]) == 6

    def test_the_user_comes_first(self, ledger: Ledger) -> None:
        """Nothing is told to somebody who is not approved, not even what is wrong besides."""
        with ledger.connect() as connection:
            for approved in (False, None):
                outcomes = [
                    connection.execute(
                        "select answer from accounts.post(%s, %s, null, null, 'one_by_one', %s, %s, %s, null, 9)",
                        (ledger.user_id, approved, [CASH] * count, [str(uuid4())] * count, [-1] * count),
                    ).fetchone()
                    for count in (1, 2)
                ]
                refused = '{"status":"refused","code":"user_not_approved"}'
                assert outcomes == [(f"[{refused}]",), (f"[{refused},{refused}]",)]

    def test_a_spelling_that_is_no_id_is_never_written(self, ledger: Ledger) -> None:
        account = ledger.open(9)
        with ledger.connect() as connection:
            for count in (1, 2):
                outcomes = ledger.post(connection, [(account.upper(), CASH, 1)] * count)
                assert [outcome["code"] for outcome in outcomes] == ["not_found"] * count
        assert ledger.total(account) == 9

    def test_an_outside_name_as_long_as_an_id_is_none(self, ledger: Ledger) -> None:
        account, shop = ledger.open(9), "external:" + "x" * 27
        with ledger.connect() as connection:
            ledger.post(connection, [(account, shop, 4)])
            ledger.post(connection, [(shop, account, 4), (account, shop, 1)])
        assert ledger.total(account) == 8
