"""Who may know of an event is asked at each reading."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.events.world import EventsWorld, types
from tests.stats.world import Api, problem

pytestmark = pytest.mark.slow

FOR_STATISTICS = {"transfer.posted", "account.opened"}
FOR_OWNERS = FOR_STATISTICS | {"account.approved", "owner.added"}


class TestStrangers:
    def test_nobody_reads_without_a_token(self, api: Api) -> None:
        assert problem(api.get("/events")) == (401, "unauthenticated")

    def test_see_nothing_of_others(self, world: EventsWorld) -> None:
        person, account_id, _ = world.customer()
        world.deposit(person, account_id)
        assert world.feed(world.people.person()).read() == []

    def test_a_strangers_account_is_not_there(self, world: EventsWorld) -> None:
        stranger = world.feed(world.people.person())
        assert problem(stranger.page(account_id=world.customer()[1])) == (404, "not_found")
        assert problem(stranger.page(account_id=str(uuid4()))) == (404, "not_found")

    @pytest.mark.parametrize("role", ["staff", "analyst"])
    def test_nor_is_one_that_does_not_exist_for_those_who_see_all(self, world: EventsWorld, role: str) -> None:
        assert problem(world.feed(world.people.person(role)).page(account_id=str(uuid4()))) == (404, "not_found")

    def test_a_cursor_is_its_users_alone(self, world: EventsWorld) -> None:
        _, _, feed = world.customer()
        thief = world.feed(world.people.person())
        thief.cursor = feed.cursor
        assert problem(thief.page()) == (409, "invalid_cursor")


class TestOwners:
    def test_a_new_owner_reads_from_the_beginning_and_a_former_one_nothing(self, world: EventsWorld) -> None:
        person, account_id, _ = world.customer()
        friend, _, feed = world.customer()
        world.deposit(person, account_id)
        assert feed.read() == []
        world.call("add_owner", account_id, friend.user_id)
        # Where they had read to, the account was not theirs: what it was before is read without a cursor.
        assert "owner.added" in types(feed.read(account_id=account_id))
        whole = world.feed(friend).read(account_id=account_id)
        assert {*types(whole)} == FOR_OWNERS
        world.deposit(person, account_id)
        world.call("remove_owner", person.user_id, account_id, friend.user_id)
        assert feed.read() == []
        assert problem(feed.page(account_id=account_id)) == (404, "not_found")


class TestPrograms:
    def test_see_what_statistics_are_made_of(self, world: EventsWorld) -> None:
        person, account_id, _ = world.customer()
        world.deposit(person, account_id)
        program = world.feed(world.people.program_of(person))
        assert {*types(program.read())} == FOR_STATISTICS
        assert program.read(type=["owner.added", "account.approved"]) == []

    def test_a_program_goes_on_where_its_user_was(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        program = world.feed(world.people.program_of(person))
        program.cursor = feed.cursor
        world.deposit(person, account_id)
        assert types(program.read()) == ["transfer.posted"]

    def test_an_ended_session_reads_nothing(self, world: EventsWorld) -> None:
        person, _, feed = world.customer()
        world.people.end_sessions(person)
        assert problem(feed.page()) == (401, "unauthenticated")


class TestStaffAndAnalysts:
    @pytest.mark.parametrize(("role", "seen"), [("analyst", FOR_STATISTICS), ("staff", FOR_OWNERS)])
    def test_see_any_account_by_name(self, world: EventsWorld, role: str, seen: set[str]) -> None:
        person, account_id, _ = world.customer()
        world.deposit(person, account_id)
        employee = world.people.person(role)
        assert {*types(world.feed(employee).read(account_id=account_id))} == seen
        assert world.feed(employee).read() == []
        program = world.feed(world.people.program_of(employee))
        assert {*types(program.read(account_id=account_id))} == FOR_STATISTICS

    def test_their_own_account_is_theirs(self, world: EventsWorld) -> None:
        analyst = world.people.person("analyst")
        account_id = world.ledger.open(owner=analyst.user_id)
        assert "owner.added" in types(world.feed(analyst).read(account_id=account_id))


class TestOtherFacts:
    def decide(self, world: EventsWorld, person_id: object, version: int, decision: str) -> None:
        world.ledger.root.execute(
            "insert into users.review_decision (user_id, reviewer_id, photo_version, decision, reason)"
            " values (%s, %s, %s, %s, 'blurred, says Ada')",
            (person_id, world.ledger.user_id, version, decision),
        )

    def test_a_review_is_told_to_the_user_alone_and_without_its_reason(self, world: EventsWorld) -> None:
        person, _, feed = world.customer()
        self.decide(world, person.user_id, 1, "reject")
        [rejected] = feed.read()
        assert (rejected["type"], rejected["source"]) == ("user.rejected", "/user")
        assert (rejected["subject"], rejected["data"]) == (str(person.user_id), {"photo_version": 1})
        self.decide(world, person.user_id, 2, "approve")
        assert types(feed.read()) == ["user.approved"]
        assert feed.read() == []
        assert types(world.feed(person).read(limit=1))[-2:] == ["user.rejected", "user.approved"]
        for other in (world.people.person("staff"), world.people.program_of(person)):
            assert not {"user.approved", "user.rejected"} & {*types(world.feed(other).read())}

    def test_a_publication_is_told_to_everybody_once_for_each_run(self, world: EventsWorld) -> None:
        _, account_id, feed = world.customer()
        program = world.feed(world.people.program_of(world.people.person()))
        moment = datetime(2026, 3, 4, 15, tzinfo=UTC)
        run_id = world.people.publish(moment, "Europe/Prague")
        [event] = feed.read()
        assert [event] == program.read(limit=1)
        assert (event["type"], event["source"]) == ("publication.published", "/stats")
        assert (event["id"], event["subject"]) == (run_id, run_id)
        assert event["data"] == {
            "run_id": run_id,
            "complete_through": "2026-03-04T15:00:00+00:00",
            "time_zone": "Europe/Prague",
        }
        world.people.publisher.execute(
            "insert into pipeline.publication (run_id, batch_id, complete_through, time_zone, is_first)"
            " values (%s, 2, now(), 'UTC', false)",
            (run_id,),
        )
        second = world.people.publish(moment)
        # Who reads of one account alone passes by what is said to all.
        watcher = world.feed(world.people.person("analyst"))
        assert "publication.published" not in types(watcher.read(account_id=account_id))
        assert [each["id"] for each in feed.read(limit=1)] == [second]
        assert [each["id"] for each in program.read()] == [second]
        world.people.forget()
