"""What callers are told when something is wrong."""

import json
from dataclasses import replace

from litestar import Litestar
from litestar.testing import TestClient

from api.shared.app import make_app
from api.shared.settings import ServiceSettings
from tests.shared.answers import problem
from tests.shared.conftest import SENT, Log, open_thing, write


class TestProblems:
    def test_a_crash_tells_nothing(self, client: TestClient[Litestar], log: Log) -> None:
        answer = client.get("/thing/break")
        assert problem(answer) == (500, "internal_error")
        assert SENT not in answer.text
        error, _ = log()
        assert (error["level"], error["message"], error["status"]) == ("ERROR", "RuntimeError", 500)
        assert "in break_it" in error["at"]
        assert SENT not in json.dumps(error)

    def test_unknown_paths_and_methods(self, client: TestClient[Litestar]) -> None:
        answer = client.get("/nowhere")
        assert problem(answer) == (404, "not_found")
        assert answer.json()["detail"] == "There is nothing at this address."
        answer = client.put("/thing/open")
        assert problem(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "OPTIONS, POST"
        for method in ("POST", "QUERY", "TRACE", "FANCY"):
            answer = client.request(method, "/thing/me")
            assert problem(answer) == (405, "method_not_allowed")
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"

    def test_a_database_out_of_reach(self, settings: ServiceSettings) -> None:
        app = make_app(
            name="things",
            path="thing",
            settings=replace(settings, database_url="postgresql://nobody:secret@127.0.0.1:1/none"),
            controllers=[open_thing, write],
        )
        with TestClient(app, raise_server_exceptions=False) as client:
            for answer in (client.get("/thing/health"), client.post("/thing/write", json={"amount": 1})):
                assert problem(answer) == (503, "unavailable")
                assert answer.headers["retry-after"] == "1"
                assert "secret" not in answer.text
            assert client.post("/thing/open", json={"amount": 1}).status_code == 201
