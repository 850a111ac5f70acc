"""Who uses the bank under torture, and the movements they think of."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.e2e.people import PASSWORD, Person
from tests.running_bank import RunningBank

STAFF_EMAIL = "review@example.com"
FIRST_DEPOSIT = 500_000
AMOUNT_MAX = 2_000
TOO_MUCH = 10**11
CURRENCIES = ("EUR", "EUR", "EUR", "USD")


@dataclass(frozen=True)
class Account:
    """An open, approved account."""

    account_id: str
    number: str
    currency: str


@dataclass(frozen=True)
class Customer:
    """An approved customer with an account for each of CURRENCIES; `closed_id` was one, and is closed."""

    person: Person
    accounts: Sequence[Account]
    closed_id: str

    @property
    def euros(self) -> Sequence[Account]:
        """The accounts between which money moves."""
        return [account for account in self.accounts if account.currency == "EUR"]


@dataclass(frozen=True)
class Move:
    """A movement that a customer asks for.

    `to` is how the destination is written in the request, `destination` whose it is: account id or outside party.
    `refusal` is the code with which it must be refused; None: it is posted, or refused for lack of money.
    """

    source: str
    destination: str
    to: str
    amount: int
    memo: str
    refusal: str | None = None


def settle(bank: RunningBank, count: int) -> list[Customer]:
    """Customers who have been approved by a member of staff, with open accounts."""
    bank.tidemark("staff", "add", "--email", STAFF_EMAIL, "--name", "Rita", "--password-stdin", stdin=PASSWORD)
    staff = Person(bank.gateway, email=STAFF_EMAIL).sign_in()
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda number: _settle_one(bank, staff, number), range(count)))


def _settle_one(bank: RunningBank, staff: Person, number: int) -> Customer:
    person = Person(bank.gateway, email=f"customer-{number}@example.com").sign_up()
    person.send_photo()
    staff.done("POST", f"/user/review/{person.user_id}", 200, json={"decision": "approve", "reason": ""})
    opened = [person.open_account(currency=currency) for currency in CURRENCIES]
    closed_id = person.open_account()["account_id"]
    person.done("DELETE", f"/account/{closed_id}", 204)
    accounts = [Account(told["account_id"], told["number"], told["currency"]) for told in opened]
    return Customer(person, accounts, closed_id)


class Imagination:
    """Endless movements of one customer, the same for the same `seed`; memos begin with `name` and are unique."""

    def __init__(self, customer: Customer, others: Sequence[Customer], name: str, seed: int) -> None:
        self._customer = customer
        self._others = others
        self._dice = random.Random(f"{seed} {name}")
        self._memos = (f"{name}/{number}" for number in range(10**9))

    def first_deposits(self) -> Iterator[Move]:
        """What fills the customer's accounts."""
        for account in self._customer.euros:
            yield self._move("external:wire", account.account_id, FIRST_DEPOSIT)

    def single(self) -> Move:
        """A deposit, a withdrawal or a transfer."""
        kind = self._dice.random()
        account = self._dice.choice(self._customer.euros).account_id
        if kind < 0.1:
            return self._move("external:cash", account, self._amount())
        if kind < 0.2:
            return self._move(account, "external:card", self._amount())
        return self.transfer()

    def transfer(self, impossible: float = 0.05) -> Move:
        """A transfer to anybody, by id or number; of so many as `impossible` tells each must be refused."""
        source = self._dice.choice(self._customer.euros)
        if self._dice.random() < impossible:
            return self._impossible(source)
        known = [account for other in self._others for account in other.euros if account is not source]
        destination = self._dice.choice(known)
        written = self._dice.choice((destination.account_id, destination.number))
        return self._move(source.account_id, destination.account_id, self._amount(), to=written)

    def _impossible(self, source: Account) -> Move:
        customer, others = self._customer, [other for other in self._others if other is not self._customer]
        stranger = self._dice.choice(others)
        sides = {
            "same_account": (source.account_id, source.account_id),
            "not_found": (stranger.accounts[0].account_id, source.account_id),
            "recipient_unavailable": (source.account_id, self._dice.choice((stranger, customer)).closed_id),
            "currency_differs": (source.account_id, customer.accounts[-1].account_id),
            "insufficient_funds": (source.account_id, stranger.accounts[0].account_id),
        }
        code = self._dice.choice(sorted(sides))
        amount = TOO_MUCH if code == "insufficient_funds" else self._amount()
        return self._move(*sides[code], amount, refusal=code)

    def _amount(self) -> int:
        return self._dice.randint(1, AMOUNT_MAX)

    def _move(
        self, source: str, destination: str, amount: int, *, to: str = "", refusal: str | None = None
    ) -> Move:
        return Move(source, destination, to or destination, amount, next(self._memos), refusal)
