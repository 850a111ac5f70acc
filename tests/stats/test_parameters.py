"""Query parameters have one form, and no date is too early or too late."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.odd_parameters import odd_parameters, times_at_the_edges
from tests.oracle import Account
from tests.stats.world import OPENED, Api, Person, World

NOW = datetime(2026, 3, 20, 15, 4, 5, tzinfo=UTC)


@cache
def document(api: Api) -> dict[str, Any]:
    return api.get("/stats/docs/openapi.json").json()


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
def owner(world: World, request: pytest.FixtureRequest) -> tuple[Person, Account]:
    """Somebody whose account is as old as the calendar, and the account; days are cut in several zones."""
    person = world.person("staff")
    account = world.open_account(person)
    world.post(account, 5, OPENED + timedelta(days=1))
    world.publish(NOW, request.param)
    world.publisher.execute("update stats.account set opened_at = '0001-01-01T13:00Z'")
    return person, account


class TestEveryParameter:
    def test_is_written_in_one_way(self, api: Api, world: World) -> None:
        staff = world.person("staff")
        odd = odd_parameters(document(api))
        assert {name for _, name, _ in odd} >= {"from", "to", "limit", "account_id", "period_start"}
        for path, name, value in odd:
            required = {"account_id": uuid4(), "period_start": "2026-01-01"} if "transactions" in path else {}
            answer = api.get(path.format(period="daily"), staff, {**required, name: value})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, name), (path, value)

    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_no_date_is_too_early_or_too_late(
        self, api: Api, owner: tuple[Person, Account], data: st.DataObject
    ) -> None:
        person, account = owner
        path, query = data.draw(times_at_the_edges(document(api)))
        period = data.draw(st.sampled_from(["daily", "weekly", "monthly"]))
        if path.endswith("/transactions"):
            query = {"period_start": "0001-01-01", **query, "account_id": str(account.account_id)}
        answer = api.get(path.format(period=period), person, query)
        known = answer.status_code == 200 or answer.json()["code"] in {"invalid_range", "not_found"}
        assert known, answer.text
