"""Lives the town's days: salaries and rents monthly, shopping daily, company at weekends."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from infra.demo.people import SHOPS, Customer, settle_town

CURRENCY = "EUR"
SEED = 20_261_122


@dataclass(frozen=True, order=True)
class Movement:
    """Money that someone means to move; `source` and `destination` are account keys or `external:…`."""

    at: datetime
    order: int
    source: str
    destination: str
    amount: int
    memo: str


@dataclass(frozen=True)
class Account:
    key: str
    owner: Customer
    type: str
    overdraft_limit: int
    opened_at: datetime


@dataclass(frozen=True)
class Town:
    """Customers, their accounts, and every movement that their balances allowed, in time order."""

    customers: list[Customer]
    accounts: list[Account]
    movements: list[Movement]

    @property
    def visitor(self) -> Customer:
        """The customer that a visitor signs in as."""
        return self.customers[len(SHOPS)]


class _Days:
    """Draws the town's movements, day by day and customer by customer, from one random source."""

    def __init__(self, rng: random.Random, customers: list[Customer], first: date) -> None:
        self.rng = rng
        self.customers = customers
        self.first = first
        self.shops: dict[str, list[Customer]] = {}
        for customer in customers:
            if customer.trade:
                self.shops.setdefault(customer.trade, []).append(customer)
        self._order = 0

    def of(self, customer: Customer, number: int) -> Iterator[Movement]:
        """What this customer does on day `number`."""
        day = self.first + timedelta(days=number)
        if number == customer.opened_day:
            amount = self.rng.randrange(2_000_000, 6_000_000) if customer.trade else self._about(180_000)
            yield self._move(day, 8, "external:wire", customer.checking, amount, "Opening deposit")
        yield from self._shop(customer, day) if customer.trade else self._resident(customer, day)

    def _shop(self, customer: Customer, day: date) -> Iterator[Movement]:
        if day.weekday() == 0:
            bill = self._about(900_000 if customer.trade == "rent" else 350_000)
            yield self._move(day, 9, customer.checking, "external:supplier", bill, "Suppliers")
        if day.weekday() < 6 and customer.trade in ("bakery", "cafe", "restaurant", "groceries"):
            yield self._move(day, 19, "external:cash", customer.checking, self._about(45_000), "Till")

    def _resident(self, customer: Customer, day: date) -> Iterator[Movement]:
        yield from self._monthly(customer, day)
        rng, weekend = self.rng, day.weekday() >= 5
        if rng.random() < (0.55 if day.weekday() == 5 else 0.3):
            yield self._buy(customer, "groceries", day, 17, 4_200, "Groceries")
        if rng.random() < 0.25:
            yield self._buy(customer, "bakery", day, 8, 640, "Bread")
        if rng.random() < customer.sociable * (0.5 if weekend else 0.15):
            yield self._buy(customer, "cafe", day, 10, 890, "Coffee")
        if rng.random() < customer.sociable * (0.45 if day.weekday() in (4, 5) else 0.06):
            yield self._buy(customer, "restaurant", day, 20, 3_900, "Dinner")
        if weekend and rng.random() < customer.sociable * 0.2:
            yield self._buy(customer, "cinema", day, 19, 1_450, "Cinema")
        if weekend and rng.random() < customer.sociable * 0.12:
            friend = self.customers[rng.choice(customer.friends)]
            if friend is not customer and self.first + timedelta(days=friend.opened_day) < day:
                yield self._move(
                    day, 21, customer.checking, friend.checking, self._about(2_300), "Thanks for the weekend"
                )
        if rng.random() < 0.06:
            yield self._move(
                day, 12, customer.checking, "external:cash", rng.choice((2_000, 5_000, 10_000)), "Cash"
            )

    def _monthly(self, customer: Customer, day: date) -> Iterator[Movement]:
        if day.day == customer.payday:
            yield self._move(day, 6, customer.employer, customer.checking, customer.salary, "Salary")
            if customer.savings:
                put_by = int(customer.salary * customer.thrift) // 100 * 100 + 100
                yield self._move(day, 7, customer.checking, customer.savings, put_by, "Put by")
        if day.day == 2:
            landlord = self.customers[customer.landlord]
            yield self._move(day, 7, customer.checking, landlord.checking, customer.rent, "Rent")
        if day.day == 10:
            yield self._buy(customer, "energy", day, 9, 8_900, "Electricity")
        if day.day == 15 and customer.sociable > 0.6:
            yield self._buy(customer, "gym", day, 9, 2_990, "Membership")
        if day.day == 1 and customer.savings:
            yield self._move(day, 1, "external:interest", customer.savings, self._about(420), "Interest")

    def _buy(self, customer: Customer, trade: str, day: date, hour: int, amount: int, memo: str) -> Movement:
        shop = self.rng.choice(self.shops[trade])
        return self._move(day, hour, customer.checking, shop.checking, self._about(amount), memo)

    def _about(self, amount: int) -> int:
        return max(1, int(self.rng.lognormvariate(0.0, 0.35) * amount))

    def _move(self, day: date, hour: int, source: str, destination: str, amount: int, memo: str) -> Movement:
        self._order += 1
        seconds = self.rng.randrange(3600)
        at = datetime.combine(day, time(hour), UTC) + timedelta(seconds=seconds)
        return Movement(at, self._order, source, destination, amount, memo)


def live(until: date, *, people: int = 200, days: int = 90) -> Town:
    """The town over the `days` before `until` (its midnight in UTC ends the story)."""
    rng = random.Random(SEED)  # noqa: S311 - a story, not a secret
    first = until - timedelta(days=days)
    customers = settle_town(rng, people)
    drawn = _Days(rng, customers, first)
    meant = sorted(
        movement
        for number in range(days)
        for customer in customers
        if number >= customer.opened_day
        for movement in drawn.of(customer, number)
    )
    accounts = list(_accounts(customers, first))
    return Town(customers, accounts, list(_possible(meant, accounts)))


def _accounts(customers: list[Customer], first: date) -> Iterator[Account]:
    for customer in customers:
        opened_at = datetime.combine(first + timedelta(days=customer.opened_day), time(0), UTC)
        yield Account(customer.checking, customer, "checking", customer.overdraft_limit, opened_at)
        if customer.savings:
            yield Account(customer.savings, customer, "savings", 0, opened_at)


def _possible(meant: list[Movement], accounts: list[Account]) -> Iterator[Movement]:
    """Leaves out what the payer's balance would not have allowed, as the ledger would have."""
    room = {account.key: account.overdraft_limit for account in accounts}
    for movement in meant:
        if movement.source in room:
            if room[movement.source] < movement.amount:
                continue
            room[movement.source] -= movement.amount
        if movement.destination in room:
            room[movement.destination] += movement.amount
        yield movement
