"""What happens to accounts is told once, by whatever way it happens; what does not happen is not told."""

from datetime import datetime
from uuid import UUID

import pytest

from tests.events.world import EventsWorld, types


class TestMovements:
    def test_a_deposit_is_told_to_its_owner(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        outcome = world.deposit(person, account_id, 250)
        [event] = feed.read()
        # The outcome comes out of JSON in the database, which leaves out zeros at the end of a second's digits.
        assert datetime.fromisoformat(event.pop("time")) == datetime.fromisoformat(outcome["time"])
        entry = world.ledger.value("select id::text from accounts.transaction where account_id = %s", account_id)
        assert event == {
            "specversion": "1.0",
            "id": entry,
            "source": "/account",
            "type": "transfer.posted",
            "subject": account_id,
            "datacontenttype": "application/json",
            "data": {
                "transfer_id": outcome["transfer_id"],
                "kind": "deposit",
                "from": "external:cash",
                "to": account_id,
                "amount": 250,
                "currency": "EUR",
                "balance_after": 250,
                "sequence": 1,
                "reverses": None,
            },
        }
        assert feed.read() == []

    def test_a_transfer_is_told_to_each_side_and_without_its_memo(self, world: EventsWorld) -> None:
        payer, source, paying = world.customer()
        _, destination, paid = world.customer()
        world.deposit(payer, source)
        paying.read()
        world.accounts.execute(
            "select accounts.post(%s, true, null, null, 'one_by_one', array[%s], array[%s], array[30], "
            "array['for the flat'], 1000)",
            (payer.user_id, source, destination),
        )
        [out], [into] = paying.read(), paid.read()
        assert (out["subject"], out["data"]["amount"]) == (source, -30)
        assert (into["subject"], into["data"]["amount"]) == (destination, 30)
        assert out["data"]["transfer_id"] == into["data"]["transfer_id"]
        assert "flat" not in str((out, into))

    def test_a_reversal_names_what_it_takes_back(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        outcome = world.deposit(person, account_id)
        [posted] = feed.read()
        world.call("reverse", world.ledger.user_id, None, None, UUID(posted["id"]), "a mistake")
        [event] = feed.read()
        assert (event["type"], event["data"]["reverses"]) == ("transfer.reversed", outcome["transfer_id"])
        assert feed.read() == []

    def test_a_doubled_request_is_one_event(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        assert world.deposit(person, account_id, key="once") == world.deposit(person, account_id, key="once")
        assert types(feed.read()) == ["transfer.posted"]

    def test_what_is_refused_or_rolled_back_is_none(self, world: EventsWorld) -> None:
        person, account_id, feed = world.customer()
        with world.ledger.connect() as connection:
            [refused] = world.ledger.post(connection, [(account_id, "external:rent", 5)], user_id=person.user_id)
            assert refused["code"] == "insufficient_funds"
            with connection.transaction(force_rollback=True):
                world.ledger.post(connection, [("external:cash", account_id, 5)], user_id=person.user_id)
        assert feed.read() == []

    def test_a_posting_writes_no_row_besides(self, world: EventsWorld) -> None:
        person, account_id, _ = world.customer()
        count = "select count(*) from accounts.event where account_id = %s"
        before = world.ledger.value(count, account_id)
        world.deposit(person, account_id)
        assert world.ledger.value(count, account_id) == before


class TestLives:
    def test_of_an_account_that_waits_for_approval(self, world: EventsWorld) -> None:
        person = world.people.person()
        feed = world.feed(person)
        account_id = str(world.call("open_account", person.user_id, "savings", "CZK", False, 9))
        opened, owned = feed.read()
        assert (opened["type"], opened["data"]) == ("account.opened", {"type": "savings", "currency": "CZK"})
        assert (owned["type"], owned["data"]) == ("owner.added", {"user_id": str(person.user_id)})
        assert {opened["subject"], owned["subject"]} == {account_id}
        for _ in range(2):
            assert world.call("approve_account", account_id) == "done"
        assert types(feed.read()) == ["account.approved"]
        assert world.call("close_account", person.user_id, account_id) == "done"
        assert types(feed.read()) == ["account.closed"]

    def test_of_one_that_is_approved_at_once(self, world: EventsWorld) -> None:
        person = world.people.person()
        world.call("open_account", person.user_id, "checking", "EUR", True, 9)
        assert types(world.feed(person).read()) == ["account.opened", "account.approved", "owner.added"]

    def test_approving_a_user_approves_all_their_accounts(self, world: EventsWorld) -> None:
        person = world.people.person()
        for _ in range(2):
            world.call("open_account", person.user_id, "checking", "EUR", False, 9)
        feed = world.feed(person)
        feed.read()
        world.call("approve_accounts_of", person.user_id)
        assert types(feed.read()) == ["account.approved"] * 2

    def test_closing_all_of_a_user_tells_who_stays(self, world: EventsWorld) -> None:
        person, account_id, _ = world.customer()
        other, _, feed = world.customer()
        assert world.call("add_owner", account_id, other.user_id) == "done"
        assert [event["data"] for event in feed.read() if event["subject"] == account_id][-1] == {
            "user_id": str(other.user_id)
        }
        assert world.call("close_accounts_of", person.user_id) == "done"
        [event] = feed.read()
        assert (event["type"], event["data"]) == ("owner.removed", {"user_id": str(person.user_id)})

    @pytest.mark.parametrize(
        "change", ["update accounts.event set at = now()", "delete from accounts.event", "truncate accounts.event"]
    )
    def test_what_was_told_stays(self, world: EventsWorld, change: str) -> None:
        world.customer()
        with pytest.raises(Exception, match="append-only"):
            world.ledger.root.execute(change)
