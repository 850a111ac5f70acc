"""Parameters are taken once each, and unknown ones not at all."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.shared.answers import problem


class TestParameters:
    @pytest.mark.parametrize("query", ["limits=1", "q=secret", "limit=1&x=", "limit=1&limit=1", "Limit=1"])
    def test_unknown_and_doubled_ones_are_refused(self, client: TestClient[Litestar], query: str) -> None:
        answer = client.get(f"/thing/page?{query}")
        assert problem(answer) == (400, "invalid_request")
        assert "secret" not in answer.text
