"""Pages, filters and cursors."""

import base64
from uuid import uuid4

import msgspec
import pytest

from api.events.cursor import Cursor, Snapshot
from tests.events.world import EventsWorld
from tests.stats.world import Api, problem

pytestmark = pytest.mark.slow


def encoded(*key: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


class TestPages:
    @pytest.mark.parametrize("limit", [1, 2, 3, 1000])
    def test_of_any_size_are_the_same_events(self, world: EventsWorld, limit: int) -> None:
        person, account_id, _ = world.customer()
        other = world.ledger.open(owner=person.user_id)
        for _ in range(3):
            world.deposit(person, account_id)
            world.deposit(person, other)
        world.call("close_account", person.user_id, world.ledger.open(owner=person.user_id))
        whole = world.feed(person).read()
        assert len(whole) == 3 * 3 + 6 + 1
        assert world.feed(person).read(limit=limit) == whole

    @pytest.mark.parametrize("limit", [1, 100])
    def test_are_filtered_by_type(self, world: EventsWorld, limit: int) -> None:
        person, account_id, _ = world.customer()
        outcome = world.deposit(person, account_id)
        entry = world.ledger.value(
            "select id from accounts.transaction where transfer_id = %s", outcome["transfer_id"]
        )
        world.call("reverse", world.ledger.user_id, None, None, entry, "a mistake")
        everything = world.feed(person).read()
        for asked in (["transfer.reversed"], ["transfer.posted"], ["owner.added", "account.opened"]):
            found = world.feed(person).read(type=asked, limit=limit)
            assert found == [event for event in everything if event["type"] in asked]
            assert found

    def test_a_cursor_is_good_for_every_filter(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        world.deposit(person, account_id)
        assert feed.read(type="owner.added") == []
        assert feed.read() == []

    def test_a_user_without_an_account_reads_nothing(self, world: EventsWorld) -> None:
        feed = world.feed(world.people.person())
        assert feed.read() == []
        assert feed.read() == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("type", "transfer"),
            ("type", ["transfer.posted", "x"]),
            ("limit", 0),
            ("limit", 1001),
            ("account_id", "1"),
            ("after", ""),
            ("after", "?"),
            ("after", "A" * 6_001),
            ("cursor", "A"),
        ],
    )
    def test_what_is_not_of_the_form(self, world: EventsWorld, api: Api, name: str, value: object) -> None:
        assert problem(api.get("/events", world.people.person(), {name: value})) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "rest",
        [
            ["x"],
            [[1, 1, []], [1, 1]],
            [[0, 1, []]],
            [[1, -1, []]],
            [[1, 2, [5]]],
            [[1, 2, [-1]]],
            [[1, 2**32 - 1, []]],
            [[2**32, 1, []]],
            [[1, 2**62, []]],
            [[2**62, 1, []]],
            [[1, 1, []], None, ["x", 1, 1]],
            [[1, 1, []], None, [], 2**63],
        ],
    )
    def test_cursors_that_this_list_never_gave(self, world: EventsWorld, api: Api, rest: list[object]) -> None:
        person = world.people.person()
        cursor = encoded(str(person.user_id), *rest)
        assert problem(api.get("/events", person, {"after": cursor})) == (409, "invalid_cursor")

    @pytest.mark.parametrize("cursor", ["AAAA", encoded(), encoded(1), encoded("x", "y"), encoded(["x"])])
    def test_cursors_of_other_lists(self, world: EventsWorld, api: Api, cursor: str) -> None:
        assert problem(api.get("/events", world.people.person(), {"after": cursor})) == (409, "invalid_cursor")

    def test_a_cursor_of_a_future_that_was_taken_back(self, world: EventsWorld) -> None:
        person, _, feed = world.customer()
        ahead = Snapshot.parse(f"9:{2**40 + 5}:")
        for cursor in (Cursor(person.user_id, since=ahead), Cursor(person.user_id, until=ahead)):
            feed.cursor = cursor.write()
            assert problem(feed.page()) == (409, "invalid_cursor")


class TestSnapshot:
    @pytest.mark.parametrize("text", ["5:5:", "5:9:5", "5:900:5,6,70,899", f"{2**40 + 1}:{2**40 + 9}:"])
    def test_is_written_as_it_was_read(self, text: str) -> None:
        assert Snapshot.parse(text).text() == text

    def test_stays_short_with_a_thousand_writers(self) -> None:
        first = 10**12
        ids = [first + 7 * number for number in range(1_000)]
        snapshot = Snapshot.parse(f"{first}:{ids[-1] + 1}:{','.join(map(str, ids))}")
        assert len(Cursor(uuid4(), since=snapshot, until=snapshot).write()) < 6_000
