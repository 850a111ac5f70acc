"""Whatever is sent, no answer is a 5xx; `make fuzz` sends more of it."""

import pytest

from tests.e2e.conftest import Bank
from tests.fuzz.run import Plan, fuzz

pytestmark = pytest.mark.slow
PLAN = Plan(requests=3_000, seconds=120, seed=1, clients=2)


class TestFuzz:
    def test_no_request_breaks_a_service(self, bank: Bank) -> None:
        outcome = fuzz(bank, PLAN)
        assert outcome.faults == []
        assert outcome.requests > 500
        # Not all of it is refused for its form: some of it does what it says.
        assert min(outcome.statuses[status] for status in (200, 201, 400, 404, 405)) > 0
