"""What of Lambda's events is a request, and that one event loop serves them all."""

import asyncio
import tomllib
from importlib.metadata import version
from typing import Any

import pytest
from litestar import Litestar, get
from packaging.requirements import Requirement
from packaging.version import Version

from api.shared.errors import Conflict
from api.shared.lambda_handler import LambdaHandler
from api.shared.tasks import Task, keep_doing
from tests.cluster import REPOSITORY

EVENT = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/loop",
    "rawQueryString": "",
    "headers": {"host": "bank.test"},
    "requestContext": {
        "http": {"method": "GET", "path": "/loop", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
        "stage": "$default",
    },
    "isBase64Encoded": False,
}


@get("/loop")
async def loop_id() -> int:
    return id(asyncio.get_running_loop())


@pytest.fixture
def handler() -> LambdaHandler:
    return LambdaHandler(Litestar([loop_id]))


class TestHandler:
    def test_every_request_runs_in_the_same_loop(self, handler: LambdaHandler) -> None:
        """Connections belong to the loop in which they were made."""
        answers = [handler(EVENT, None) for _ in range(3)]
        assert [answer["statusCode"] for answer in answers] == [200] * 3
        assert len({answer["body"] for answer in answers}) == 1

    @pytest.mark.parametrize(
        "event",
        [{}, [], None, "warm", {"source": "aws.scheduler", "detail": {}}, {"requestContext": {"stage": "x"}}],
        ids=str,
    )
    def test_what_is_no_request_is_answered(self, handler: LambdaHandler, event: Any) -> None:
        assert handler(event, None) == {"is_warm": True}

    def test_a_task_runs_in_the_loop_of_the_requests(self) -> None:
        ran: list[str] = []

        async def note() -> None:
            ran.append(str(id(asyncio.get_running_loop())))

        app = Litestar([loop_id])
        keep_doing(app, {"note": Task(note, every_s=60)})
        handler = LambdaHandler(app)
        assert handler({"task": "note"}, None) == {"is_done": True}
        assert handler({"task": ["other"]}, None) == {"is_warm": True}
        assert ran == [handler(EVENT, None)["body"]]

    def test_a_command_answers_whoever_called(self) -> None:
        async def obey(name: str) -> str:
            if name == "nobody":
                raise Conflict("There is nobody.", errors=[{"field": "name", "message": "Somebody."}])
            return f"done for {name}"

        handler = LambdaHandler(Litestar([loop_id]), {"obey": obey})
        assert handler({"command": "obey", "arguments": {"name": "Ada"}}, None) == {"result": "done for Ada"}
        refused = handler({"command": "obey", "arguments": {"name": "nobody"}}, None)["error"]
        assert (refused["code"], refused["errors"][0]["field"]) == ("conflict", "name")
        assert handler({"command": ["obey"]}, None) == {"is_warm": True}

    def test_a_request_is_never_a_command(self) -> None:
        async def obey() -> None:
            raise AssertionError

        handler = LambdaHandler(Litestar([loop_id]), {"obey": obey})
        assert handler({**EVENT, "command": "obey"}, None)["statusCode"] == 200

    def test_mangum_keeps_its_loop_from_0_22_on(self) -> None:
        declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
        (mangum,) = (each for each in map(Requirement, declared) if each.name == "mangum")
        assert not mangum.specifier.contains("0.21.99")
        assert Version(version("mangum")) >= Version("0.22")
