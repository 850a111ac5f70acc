"""Pages of lists and their cursors."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.shared.answers import problem


class TestPages:
    def test_a_cursor_leads_on(self, client: TestClient[Litestar]) -> None:
        first = client.get("/thing/page").json()
        second = client.get("/thing/page", params={"cursor": first["next_cursor"]}).json()
        assert (first["items"], second["items"]) == ([0, 1], [2, 3])

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "limit=1.5",
            "cursor=!",
            "cursor=",
            "cursor=" + "x" * 513,
        ],
    )
    def test_refuses(self, client: TestClient[Litestar], query: str) -> None:
        assert problem(client.get(f"/thing/page?{query}")) == (400, "invalid_request")

    @pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJhIl0"])
    def test_a_cursor_that_nobody_gave(self, client: TestClient[Litestar], cursor: str) -> None:
        assert problem(client.get(f"/thing/page?cursor={cursor}")) == (409, "invalid_cursor")
