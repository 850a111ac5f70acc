"""Everyone who may call the bank, from nobody to staff, and what belongs to whom."""

from dataclasses import dataclass, replace
from uuid import uuid4

from tests.e2e.conftest import Bank
from tests.e2e.people import PASSWORD, Person, photo

AMOUNT = 100_000


@dataclass(frozen=True)
class Things:
    """What a person has: accounts, a session and a program token to end, a transaction, and a friend."""

    user_id: str
    account_id: str
    other_account_id: str
    friend_id: str
    session_id: str
    token_id: str
    transaction_id: str


@dataclass(frozen=True)
class Cast:
    """The callers by name; the things are the owner's, and those of the one who is not approved."""

    callers: dict[str, Person]
    owners_things: Things
    unapproveds_things: Things

    def things(self, caller: str) -> Things:
        """What a caller asks about: the owner's, except that the unapproved one has to do with their own."""
        return self.unapproveds_things if caller == "unapproved" else self.owners_things


def employee(bank: Bank, role: str) -> Person:
    """A new member of staff, or an analyst, signed in."""
    email = f"{role}-{uuid4().hex[:8]}@example.com"
    add = ("staff", "add", "--email", email, "--name", "Rita Review", "--role", role, "--password-stdin")
    bank.tidemark(*add, stdin=PASSWORD)
    return Person(bank.gateway, email=email).sign_in()


def approved_customer(bank: Bank, staff: Person) -> Person:
    """A new customer whose photo was approved."""
    person = Person(bank.gateway).sign_up()
    person.send_photo()
    staff.done("POST", f"/user/review/{person.user_id}", 200, json={"decision": "approve"})
    return person


def make_cast(bank: Bank) -> Cast:
    """New people, so that no other test has to do with them."""
    staff, analyst = employee(bank, "staff"), employee(bank, "analyst")
    owner, stranger = approved_customer(bank, staff), approved_customer(bank, staff)
    stranger.open_account()
    unapproved = Person(bank.gateway).sign_up()
    program = owner.done("POST", "/user/token", 201, json={"name": "reader"})
    callers = {
        "anonymous": replace(owner, token=""),
        "stranger": stranger,
        "owner": owner,
        "unapproved": unapproved,
        "program": replace(owner, token=program["access_token"]),
        "staff": staff,
        "analyst": analyst,
    }
    friend = Person(bank.gateway).sign_up()
    return Cast(
        callers, things_of(owner, friend, is_approved=True), things_of(unapproved, friend, is_approved=False)
    )


def things_of(person: Person, friend: Person, *, is_approved: bool) -> Things:
    """Gives a person something of each kind; who is not approved has no money, and so no transaction."""
    account_id, other_account_id = (person.open_account()["account_id"] for _ in range(2))
    if is_approved:
        for amount in (AMOUNT, 1):
            person.deposit(account_id, amount)
    replace(person).sign_in()
    sessions = person.done("GET", "/user/session", 200)["items"]
    return Things(
        user_id=person.user_id,
        account_id=account_id,
        other_account_id=other_account_id,
        friend_id=friend.user_id,
        session_id=next(session["session_id"] for session in sessions if not session["current"]),
        token_id=person.done("POST", "/user/token", 201, json={"name": "to revoke"})["token_id"],
        transaction_id=person.statement(account_id)[-1]["id"] if is_approved else str(uuid4()),
    )


def photo_form() -> dict[str, tuple[str, bytes, str]]:
    """The form of `PUT /user/photo`."""
    return {"photo": ("id.jpg", photo(), "image/jpeg")}
