"""What a request leaves in the log."""

import contextlib
import io
import json

from litestar import Litestar
from litestar.testing import TestClient

from tests.shared.conftest import Log


class TestRequestLog:
    def test_names_the_route_and_nothing_that_was_sent(self, client: TestClient[Litestar], log: Log) -> None:
        answer = client.post(
            "/thing/open", json={"amount": 1, "inner": {"text": "secret"}}, headers={"X-Own": "secret"}
        )
        client.get("/thing/page?q=secret")
        client.get("/secret")
        first, *others = log()
        assert [(line["route"], line["status"]) for line in others] == [("/thing/page", 400), ("", 404)]
        assert "secret" not in json.dumps(others)
        assert "secret" not in json.dumps(first)
        assert (first["method"], first["route"], first["status"]) == ("POST", "/thing/open", 201)
        assert first["request_id"] == answer.headers["x-request-id"]
        assert (first["level"], first["logger"], first["message"]) == ("INFO", "tidemark.requests", "request")
        assert first.keys() - {"request_id", "method", "route", "status", "level", "logger", "message"} == {
            "time",
            "ms",
            "user_id",
        }

    def test_a_log_that_cannot_be_written_fails_no_request(self, client: TestClient[Litestar]) -> None:
        gone = io.StringIO()
        gone.close()
        with contextlib.redirect_stdout(gone):
            assert client.get("/secret").status_code == 404

    def test_a_health_call_that_went_well_leaves_no_line(self, client: TestClient[Litestar], log: Log) -> None:
        assert client.get("/thing/health").status_code == 200
        assert client.post("/thing/health").status_code == 405
        assert [line["status"] for line in log()] == [405]
