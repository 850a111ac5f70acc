"""What can be clicked at the desk does something, and what acts acts once.

Figures are opened by test_statistics.py, photos decided by test_review.py.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.browser.pages.conftest import App, SignedIn
from tests.browser.pages.crawl import Crawl
from tests.browser.pages.visits import NASTY, Steps, Town, Visit
from tests.browser.person import Person
from tests.e2e.people import photo

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(280)]

Place = Callable[[Town], Visit]
LINES = 30


def _look_up(town: Town) -> Steps:
    return lambda person: person.fill("Account id", town.checking["account_id"])


DESK: Mapping[str, Place] = {
    "person": lambda town: Visit("person", f"/people?person={town.ada['user_id']}"),
    "account": lambda town: Visit("account", f"/people?account={town.checking['account_id']}"),
    "movement": lambda town: Visit("movement", town.movement.replace("/account?", "/people?")),
    "bank": lambda _: Visit("bank", "/bank"),
}
ANALYST: Mapping[str, Place] = {"lookup": lambda town: Visit("lookup", "/lookup", _look_up(town))}


@pytest.fixture
def town(app: App) -> Town:
    """A bank where every list has lines, and every button that waits for something has it."""
    made, bank = Town(app), app.bank
    mine = made.checking["account_id"]
    for _ in range(LINES):
        bank.move("deposit", "external:cash", mine, 100, None)
    shared = app.account(made.ada, 0, "savings")["account_id"]
    bob = next(user["user_id"] for user in bank.users.values() if user["name"].startswith("Bob"))
    for user_id in (bob, made.newcomer["user_id"]):
        bank.invite(made.ada["user_id"], shared, user_id)
    bank.accept(bob, shared)
    bank.sign_in_elsewhere()
    bank.sign_in_elsewhere()
    bank.make_token({"name": NASTY, "expires_in_days": 30})
    waiting = app.customer(f"Quinn {NASTY}", approved=False, photo_status="pending")
    bank.photos[waiting["user_id"]] = photo()
    bank.publish()
    return made


def crawl(person: Person, town: Town, place: Place, **options: Any) -> Crawl:
    made = Crawl(person, town.app, place(town), **options).run()
    print("\n".join([*made.clicked, *sorted(made.deeds)]))
    assert not made.faults, "\n".join(made.faults)
    return made


class TestEveryClick:
    @pytest.mark.parametrize("name", DESK)
    def test_of_staff(self, town: Town, signed_in: SignedIn, name: str) -> None:
        crawl(signed_in(town.staff), town, DESK[name])

    @pytest.mark.parametrize("name", ANALYST)
    def test_of_an_analyst(self, app: App, town: Town, signed_in: SignedIn, name: str) -> None:
        crawl(signed_in(app.customer(f"Lin {NASTY}", roles=("analyst",))), town, ANALYST[name])

    def test_of_the_menu(self, town: Town, signed_in: SignedIn) -> None:
        menu = Visit("menu", "/people", within="[data-testid=stSidebar]")
        made = crawl(signed_in(town.staff), town, lambda _: menu, depth=1)
        # Every page but the one that is open.
        assert len(made.clicked) >= 10
