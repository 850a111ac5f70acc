"""Pages of lists and their cursors."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.forged import forged
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

    @pytest.mark.parametrize("key", [None, [], [1, 2], ["a"], [1.5], b"[1", b"\xff"])
    def test_a_cursor_of_this_list_that_nobody_gave(self, client: TestClient[Litestar], key: Any) -> None:
        cursor = forged(None, "/thing/page", key)
        assert problem(client.get(f"/thing/page?cursor={cursor}")) == (409, "invalid_cursor")
        assert client.get(f"/thing/page?cursor={forged(None, '/thing/page', [7])}").json()["items"] == [7, 8]

    def test_a_cursor_is_of_its_list_alone(self, client: TestClient[Litestar]) -> None:
        cursor = client.get("/thing/1/page?word=a").json()["next_cursor"]
        assert client.get(f"/thing/1/page?limit=9&cursor={cursor}&word=a").status_code == 200
        for path in ("/thing/1/page?", "/thing/1/page?word=b&", "/thing/2/page?word=a&", "/thing/page?word=a&"):
            assert problem(client.get(f"{path}cursor={cursor}")) == (409, "invalid_cursor"), path
