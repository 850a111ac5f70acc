"""A bank whose ledger posts as it does in earnest, and readers of its events."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.accounts.ledger import Ledger
from tests.cluster import Databases
from tests.stats.world import Api, Person, World

Json = dict[str, Any]
CASH = "external:cash"


@dataclass
class Feed:
    """Somebody who reads, and goes on where they were; `seen` is all that they got."""

    api: Api
    person: Person
    cursor: str | None = None

    def page(self, **asked: Any) -> httpx.Response:
        """One page after the cursor, which stays where it is."""
        if self.cursor is not None:
            asked["after"] = self.cursor
        return self.api.get("/events", self.person, asked)

    def read(self, **asked: Any) -> list[Json]:
        """All that is new, page by page."""
        found: list[Json] = []
        while True:
            answer = self.page(**asked)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["items"]) <= asked.get("limit", 100)
            found += page["items"]
            self.cursor = page["next_cursor"]
            if not page["has_more"]:
                return found


class EventsWorld:
    """`people` makes users and publications, `ledger` accounts and movements."""

    def __init__(self, databases: Databases, api: Api) -> None:
        self.api = api
        self.people = World(databases)
        self.ledger = Ledger(databases)
        self.accounts = self.ledger.connect()

    def close(self) -> None:
        """Disconnect."""
        self.accounts.close()
        self.ledger.close()
        self.people.close()

    def feed(self, person: Person) -> Feed:
        """Reads from the beginning."""
        return Feed(self.api, person)

    def customer(self) -> tuple[Person, str, Feed]:
        """Somebody with an account, approved and empty, who has read all there is so far."""
        person = self.people.person()
        account_id = self.ledger.open(owner=person.user_id)
        feed = self.feed(person)
        feed.read()
        return person, account_id, feed

    def deposit(self, person: Person, account_id: str, amount: int = 100, key: str | None = None) -> Json:
        """Money from outside; the outcome."""
        [outcome] = self.ledger.post(self.accounts, [(CASH, account_id, amount)], key=key, user_id=person.user_id)
        return outcome

    def call(self, function: str, *arguments: Any) -> Any:
        """What a function of schema accounts gives, called as the accounts service does."""
        places = ", ".join(["%s"] * len(arguments))
        row = self.accounts.execute(f"select * from accounts.{function}({places})", arguments).fetchone()
        assert row is not None
        return row[-1]


def types(events: list[Json]) -> list[str]:
    """Their types, in order."""
    return [event["type"] for event in events]


def sequences(events: list[Json], account_id: str) -> list[int]:
    """The numbers of an account's movements, in the order in which they were told."""
    return [
        event["data"]["sequence"]
        for event in events
        if event["subject"] == account_id and event["type"].startswith("transfer.")
    ]
