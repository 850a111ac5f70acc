"""What make_app puts before every route."""

import asyncio

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.shared.conftest import MakeToken


class TestAdmit:
    def test_no_request_waits_for_a_thread(
        self, client: TestClient[Litestar], make_token: MakeToken, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The framework runs a guard that is a plain function in one."""
        headers = {"Authorization": f"Bearer {make_token()}"}
        assert client.get("/thing/me", headers=headers).status_code == 200

        def run_in_executor(*_: object) -> None:
            raise AssertionError("a request waited for a thread")

        monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", run_in_executor)
        assert client.get("/thing/me", headers=headers).status_code == 200
        assert client.get("/thing/page?limit=2").status_code == 200
