"""Every page of the app in each of its states, for tests that look at all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.browser.pages.conftest import App, User
from tests.browser.person import Person
from tests.e2e.people import photo

# What people can type anywhere; none of it may ever be markup.
NASTY = "<img src=x onerror=alert(1)> **b** $x^2$ [a](javascript:alert(1)) :smile: `c` <b>d</b>"
Steps = Callable[[Person], None]


def _nothing(_: Person) -> None:
    """The page as it opens."""


@dataclass(frozen=True)
class Visit:
    """A page at `path`, brought into a state by `steps`; `within` is the part of it that matters."""

    name: str
    path: str
    steps: Steps = _nothing
    within: str = "[data-testid=stMain]"


@dataclass
class Town:
    """A bank in which every page has something to show; every text that people typed is hostile."""

    app: App
    ada: User = field(init=False)
    newcomer: User = field(init=False)
    staff: User = field(init=False)
    checking: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        app, bank = self.app, self.app.bank
        self.ada = app.customer(f"Ada {NASTY}")
        self.newcomer = app.customer(f"Nora {NASTY}", approved=False)
        self.staff = app.customer(f"Sam {NASTY}", roles=("staff",))
        waiting = app.customer(f"Petra {NASTY}", approved=False, photo_status="pending")
        bank.photos[waiting["user_id"]] = photo()
        bob = app.customer(f"Bob {NASTY}")
        self.checking = app.account(self.ada, 500_000)
        app.account(self.ada, 10_000, "savings")
        theirs = app.account(bob, 50_000)
        for amount in (1250, 999):
            bank.move("transfer", self.checking["account_id"], theirs["account_id"], amount, NASTY)
        bank.reverse(bank.lines[self.checking["account_id"]][-1])
        bank.invite(bob["user_id"], theirs["account_id"], self.ada["user_id"])
        bank.payees[self.ada["user_id"], theirs["number"]] = f"Bob {NASTY}"
        bank.publish()

    @property
    def movement(self) -> str:
        """The address of a movement's own page."""
        line = self.bank_lines[1]
        time = line["time"].replace("+", "%2B")
        return f"/account?account={line['account_id']}&movement={line['transfer_id']}&at={time}"

    @property
    def bank_lines(self) -> list[dict[str, Any]]:
        return list(self.app.bank.lines[self.checking["account_id"]])

    def stranger_visits(self) -> tuple[Visit, ...]:
        return (
            Visit("sign in", "/", lambda person: person.button("Sign in").click()),
            Visit("create", "/", _create_badly),
        )

    def newcomer_visits(self) -> tuple[Visit, ...]:
        return (
            Visit("home, new", "/"),
            Visit("identity", "/identity"),
            Visit("move, new", "/move"),
        )

    def customer_visits(self) -> tuple[Visit, ...]:
        pages = ("home", "move", "account", "statistics", "payees", "open", "sharing", "profile", "lost")
        return (
            *(Visit(name, "/" if name == "home" else f"/{name}") for name in pages),
            Visit("movement", self.movement),
            Visit("move, badly", "/move", lambda person: person.button("Review").click()),
            Visit("move, asked", "/move", _review),
            Visit("move, done", "/move", _pay),
        )

    def staff_visits(self) -> tuple[Visit, ...]:
        ada, account = self.ada["user_id"], self.checking["account_id"]
        return (
            *(Visit(name, f"/{name}") for name in ("review", "people", "bank", "pipeline")),
            Visit("person", f"/people?person={ada}"),
            Visit("their account", f"/people?account={account}"),
        )


def _create_badly(person: Person) -> None:
    person.switch("Create a user")
    person.button("Create my user").click()
    person.says("Type your name.")


def _review(person: Person) -> None:
    person.fill("Amount in EUR", "12")
    person.button("Review").click()
    person.says("Is this right?")


def _pay(person: Person) -> None:
    _review(person)
    person.confirm()
