"""What the documentation says of events is what they are."""

from typing import Any

import jsonschema
import msgspec
import pytest

from api.events.catalogue import EVENT_TYPES
from tests.events.world import EventsWorld
from tests.stats.world import Api


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    answer = api.get("/events/docs/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def validate(document: dict[str, Any], name: str, event: Any) -> None:
    """Raises where the event is not as the webhook of that type says."""
    [content] = document["webhooks"][name]["post"]["requestBody"]["content"].values()
    jsonschema.validate(event, {**content["schema"], "components": document["components"]})


class TestWebhooks:
    def test_every_type_is_there(self, document: dict[str, Any]) -> None:
        assert set(document["webhooks"]) == set(EVENT_TYPES)

    @pytest.mark.parametrize("name", EVENT_TYPES)
    def test_an_example_is_as_its_schema_says(self, document: dict[str, Any], name: str) -> None:
        [content] = document["webhooks"][name]["post"]["requestBody"]["content"].values()
        validate(document, name, content["example"])
        assert msgspec.convert(content["example"]["data"], EVENT_TYPES[name].data)

    def test_a_schema_refuses_what_another_type_tells(self, document: dict[str, Any]) -> None:
        [content] = document["webhooks"]["owner.added"]["post"]["requestBody"]["content"].values()
        wrong = content["example"] | {"data": {"user_id": "x", "name": "Ada"}}
        with pytest.raises(jsonschema.ValidationError):
            validate(document, "owner.added", wrong)

    def test_what_is_told_is_as_documented(self, document: dict[str, Any], world: EventsWorld) -> None:
        person, account_id, _ = world.customer()
        world.deposit(person, account_id)
        entry = world.ledger.value("select id from accounts.transaction where account_id = %s", account_id)
        world.call("reverse", world.ledger.user_id, None, None, entry, "a mistake")
        friend = world.people.person()
        world.call("add_owner", account_id, friend.user_id)
        world.call("remove_owner", person.user_id, account_id, friend.user_id)
        world.call("close_account", person.user_id, account_id)
        for version, decision in ((1, "reject"), (2, "approve")):
            world.ledger.root.execute(
                "insert into users.review_decision (user_id, reviewer_id, photo_version, decision)"
                " values (%s, %s, %s, %s)",
                (person.user_id, world.ledger.user_id, version, decision),
            )
        world.people.publish(world.ledger.value("select now()"))
        events = world.feed(person).read()
        assert {event["type"] for event in events} == set(EVENT_TYPES)
        for event in events:
            validate(document, event["type"], event)
            msgspec.convert(event["data"], EVENT_TYPES[event["type"]].data)
