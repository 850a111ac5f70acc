"""What becomes of calls whose session ends: before they begin, and while they wait."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from litestar.handlers import HTTPRouteHandler

from tests.accounts.world import Person, World, access_token, problem

pytestmark = pytest.mark.slow

CALLS = {
    "deposit": ("/account/{0}/deposit", {"amount": 1}),
    "withdrawal": ("/account/{0}/withdraw", {"amount": 1}),
    "transfer": ("/account/transfer", {"from": "{0}", "to": "{1}", "amount": 1}),
    "transfers": (
        "/account/transfers",
        {"mode": "one_by_one", "transfers": [{"from": "{0}", "to": "{1}", "amount": 1}] * 2},
    ),
}


@pytest.mark.parametrize("call", CALLS)
class TestSession:
    """These calls ask about the session in the statement that posts: without one nothing happens."""

    @pytest.mark.parametrize(
        "end",
        [
            "delete from users.live_session where session_id = %s",
            "update users.live_session set user_id = gen_random_uuid() where session_id = %s",
            "update users.live_session set scope = 'stats:read' where session_id = %s",
        ],
        ids=["ended", "somebody else's", "of another scope"],
    )
    def test_must_live_and_be_the_tokens(self, world: World, ada: Person, call: str, end: LiteralString) -> None:
        path, body = self.written(call, ada)
        world.root.execute(end, (ada.session_id,))
        before = world.ledger_hash()
        for headers in ({}, {"Idempotency-Key": "k"}):
            assert ada.refused("POST", path, json=body, headers=headers) == (401, "unauthenticated")
        assert world.ledger_hash() == before

    def test_of_a_program_is_refused(self, world: World, ada: Person, call: str) -> None:
        path, body = self.written(call, ada)
        before = world.ledger_hash()
        assert world.person(scope="stats:read").refused("POST", path, json=body) == (403, "forbidden")
        assert world.ledger_hash() == before

    def test_that_cannot_be_asked_lets_nobody_in(self, world: World, ada: Person, call: str) -> None:
        path, body = self.written(call, ada)
        before = world.ledger_hash()
        world.root.execute("revoke select on users.live_session from accounts_ledger")
        try:
            assert ada.refused("POST", path, json=body) == (503, "unavailable")
        finally:
            world.root.execute("grant select on users.live_session to accounts_ledger")
        assert world.ledger_hash() == before
        ada.done("POST", path, 201, json=body)

    def written(self, call: str, owner: Person) -> tuple[str, Any]:
        """Path and body, with two accounts of the owner put in."""
        accounts = [owner.open(deposit=100)["account_id"] for _ in range(2)]
        path, body = CALLS[call]
        text = json.dumps(body).replace("{0}", accounts[0]).replace("{1}", accounts[1])
        return path.format(*accounts), json.loads(text)

    def test_that_ends_while_the_call_waits_moves_nothing(self, world: World, ada: Person, call: str) -> None:
        path, body = self.written(call, ada)
        headers, before = {"Idempotency-Key": "waits"}, world.ledger_hash()
        with ThreadPoolExecutor(1) as pool, psycopg.connect(world.databases.superuser_url()) as holder:
            holder.execute("select from accounts.account for update")
            waiting = pool.submit(ada.refused, "POST", path, json=body, headers=headers)
            world.wait_until_someone_waits()
            session = world.rows(
                "delete from users.live_session where session_id = %s returning *", ada.session_id
            )
            holder.rollback()
            assert waiting.result() == (401, "unauthenticated")
        assert world.ledger_hash() == before
        # The key was not used up.
        world.root.execute("insert into users.live_session values (%s, %s, %s, %s, %s, %s, %s)", session[0])
        ada.done("POST", path, 201, json=body, headers=headers)

    def test_that_ends_while_a_repeat_waits_for_the_first_is_told_nothing(
        self, world: World, ada: Person, call: str
    ) -> None:
        path, body = self.written(call, ada)
        elsewhere = signed_in_again(ada)
        options = {"json": body, "headers": {"Idempotency-Key": "repeated"}}
        with ThreadPoolExecutor(2) as pool, psycopg.connect(world.databases.superuser_url()) as holder:
            holder.execute("select from accounts.account for update")
            first = pool.submit(ada.call, "POST", path, **options)
            world.wait_until_someone_waits()
            repeat = pool.submit(elsewhere.call, "POST", path, **options)
            world.wait_until_someone_waits(2)
            world.root.execute("delete from users.live_session where session_id = %s", (elsewhere.session_id,))
            holder.rollback()
            assert first.result().status_code == 201
            assert problem(repeat.result()) == (401, "unauthenticated")


def signed_in_again(person: Person) -> Person:
    """The same person in a session of its own."""
    session_id = uuid4()
    person.world.root.execute(
        "insert into users.live_session values (%s, %s, '{}', 'bank', true, now() + interval '1 hour')",
        (session_id, person.user_id),
    )
    return Person(person.world, person.user_id, session_id, access_token(person.user_id, session_id, "bank"))


# Each call that changes something besides those above: who calls, its address and its body.
CHANGES: dict[str, tuple[str, str, Any]] = {
    "CreateAccount": ("ada", "POST /account/create", {"type": "savings", "currency": "EUR"}),
    "CloseAccount": ("ada", "DELETE /account/{account}", None),
    "CloseUserAccounts": ("ada", "DELETE /account/user/{ada}", None),
    "AddOwner": ("ada", "POST /account/{account}/owner", {"user_id": "{bob}"}),
    "RemoveOwner": ("ada", "DELETE /account/{shared}/owner/{bob}", None),
    "AcceptInvitation": ("ada", "POST /account/{invited}/owner/accept", None),
    "NameAccount": ("ada", "PUT /account/{account}/nickname", {"nickname": "Mine"}),
    "KeepPayee": ("ada", "PUT /account/payee", {"number": "{number}", "name": "Landlord"}),
    "ForgetPayee": ("ada", "DELETE /account/payee/{number}", None),
    "ApproveAccount": ("staff", "POST /account/{waiting}/approve", None),
    "ApproveUserAccounts": ("staff", "POST /account/user/{newcomer}/approve", None),
    "SetOverdraft": ("staff", "PUT /account/{account}/overdraft", {"overdraft_limit": 5, "reason": "asked for"}),
    "ReverseTransaction": ("staff", "POST /account/transaction/{moved}/reverse", {"memo": "wrong"}),
}
Ask = Callable[[str], tuple[Person, Callable[[], Any]]]
TABLES = "account, user_account, invitation, payee, transfer, transaction, request, overdraft_change"


class TestEveryChange:
    """Before it is committed the session is asked for once more."""

    @pytest.fixture
    def things(self, ada: Person, bob: Person, newcomer: Person) -> dict[str, str]:
        """What the addresses of CHANGES name."""
        account, shared, paid = ada.open(), ada.open(), bob.open(deposit=7)
        ada.share(shared, bob)
        invited = bob.open()
        bob.done("POST", f"/account/{invited['account_id']}/owner", 201, json={"user_id": str(ada.user_id)})
        ada.done("PUT", "/account/payee", 200, json={"number": paid["number"], "name": "Before"})
        (moved,) = bob.done("GET", f"/account/{paid['account_id']}/transactions", 200)["items"]
        named = {"account": account, "shared": shared, "invited": invited, "waiting": newcomer.open()}
        people = {"ada": ada, "bob": bob, "newcomer": newcomer}
        return (
            {name: thing["account_id"] for name, thing in named.items()}
            | {name: str(person.user_id) for name, person in people.items()}
            | {"number": paid["number"], "moved": moved["id"]}
        )

    @pytest.fixture
    def newcomer(self, world: World) -> Person:
        return world.person(approved=False)

    @pytest.fixture
    def ask(self, things: dict[str, str], ada: Person, staff: Person) -> Ask:
        def ask(name: str) -> tuple[Person, Callable[[], Any]]:
            who, call, body = CHANGES[name]
            method, _, path = call.partition(" ")
            caller = {"ada": ada, "staff": staff}[who]
            filled = None if body is None else {key: str(value).format(**things) for key, value in body.items()}
            if filled and "overdraft_limit" in filled:
                filled |= {"overdraft_limit": body["overdraft_limit"]}
            options = {} if filled is None else {"json": filled}
            return caller, lambda: caller.call(method, path.format(**things), **options)

        return ask

    @pytest.mark.parametrize("name", CHANGES)
    def test_of_who_was_signed_out_while_it_waited_is_none(self, world: World, ask: Ask, name: str) -> None:
        caller, call = ask(name)
        before = self.content(world)
        with ThreadPoolExecutor(1) as pool, psycopg.connect(world.databases.superuser_url()) as holder:
            for table in TABLES.split(", "):
                holder.execute(f"lock table accounts.{table} in access exclusive mode".encode())
            waiting = pool.submit(call)
            world.wait_until_someone_waits()
            world.root.execute("delete from users.live_session where session_id = %s", (caller.session_id,))
            holder.rollback()
            assert problem(waiting.result()) == (401, "unauthenticated")
        assert self.content(world) == before

    @pytest.mark.parametrize("name", CHANGES)
    def test_is_one_while_the_session_lives(self, world: World, ask: Ask, name: str) -> None:
        before = self.content(world)
        _, call = ask(name)
        assert call().status_code in (200, 201, 204)
        assert self.content(world) != before

    def test_there_is_no_other(self, world: World) -> None:
        """A new call is tried here too, or asks for itself."""
        changing = {
            handler.operation_id
            for route in world.client.app.routes
            for handler in getattr(route, "route_handlers", ())
            if isinstance(handler, HTTPRouteHandler) and not handler.opt.get("asks_itself")
            if handler.http_methods & {"POST", "PUT", "DELETE", "PATCH"}
        }
        assert changing == set(CHANGES)

    @staticmethod
    def content(world: World) -> Any:
        """A digest of all that the calls may change."""
        return world.rows(
            "select md5(string_agg(r::text, '' order by r::text)) from ("
            + " union all ".join(f"select t::text as r from accounts.{table} t" for table in TABLES.split(", "))
            + ") rows"
        )
