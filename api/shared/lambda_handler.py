"""Puts an application behind AWS Lambda (API Gateway HTTP API, payload format 2.0)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Litestar
from mangum import Mangum

from api.shared.errors import TidemarkError
from api.shared.problems import PROBLEM_MEDIA_TYPE

# Its answer goes to whoever called, and into no log.
Command = Callable[..., Awaitable[Any]]


class LambdaHandler:
    """What Lambda calls. Lifespan is off: an execution environment is frozen, never shut down.

    What runs by itself elsewhere (api/shared/tasks.py) is done when a schedule calls with `{"task": name}`, and
    what is a command elsewhere when a person does with `{"command": name, "arguments": {…}}`. The gateway can send
    neither: IAM says who may call a function.
    """

    def __init__(self, app: Litestar, commands: Mapping[str, Command] | None = None) -> None:
        self.app = app
        self._commands = commands or {}
        self._mangum = Mangum(
            app,  # type: ignore[arg-type]
            lifespan="off",
            text_mime_types=["text/", "application/json", PROBLEM_MEDIA_TYPE, "application/vnd.oai.openapi"],
        )

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """The answer to a request. Whoever calls with anything else wants the instance to be there, and it is."""
        if isinstance(event, dict) and "http" in event.get("requestContext", {}):
            return self._mangum(event, context)
        if isinstance(event, dict) and (task := self.app.state.get("tasks", {}).get(str(event.get("task")))):
            # In the loop that requests use: connections belong to it.
            asyncio.get_event_loop().run_until_complete(task.run())
            return {"is_done": True}
        if isinstance(event, dict) and (command := self._commands.get(str(event.get("command")))):
            return asyncio.get_event_loop().run_until_complete(_obey(command, event.get("arguments", {})))
        return {"is_warm": True}


async def _obey(command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"result": await command(**arguments)}
    except TidemarkError as error:
        return {"error": error.problem()}
