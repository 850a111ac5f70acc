"""Query parameters have one form, and no time is too early or too late."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.accounts.world import Person
from tests.odd_parameters import odd_parameters, times_at_the_edges

DOCUMENT = "/account/docs/openapi.json"


@pytest.fixture
def account(ada: Person) -> dict[str, Any]:
    return ada.open(deposit=5)


class TestEveryParameter:
    def test_is_written_in_one_way(self, staff: Person) -> None:
        odd = odd_parameters(staff.done("GET", DOCUMENT, 200))
        assert {name for _, name, _ in odd} >= {"at", "from", "to", "limit", "user_id", "approved"}
        for path, name, value in odd:
            ids = {"account_id": uuid4(), "user_id": uuid4()}
            answer = staff.call("GET", path.format(**ids), params={name: value})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, name), (path, value)

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_no_time_is_too_early_or_too_late(
        self, ada: Person, account: dict[str, Any], data: st.DataObject
    ) -> None:
        path, query = data.draw(times_at_the_edges(ada.done("GET", DOCUMENT, 200)))
        answer = ada.call("GET", path.format(account_id=account["account_id"]), params=query)
        assert answer.status_code == 200 or answer.json()["code"] == "invalid_range", answer.text
