"""Puts an application behind AWS Lambda (API Gateway HTTP API, payload format 2.0)."""

import asyncio
from typing import Any

from litestar import Litestar
from mangum import Mangum

from api.shared.problems import PROBLEM_MEDIA_TYPE


class LambdaHandler:
    """What Lambda calls. Lifespan is off: an execution environment is frozen, never shut down.

    What runs by itself elsewhere (api/shared/tasks.py) is done when a schedule calls with `{"task": name}`.
    """

    def __init__(self, app: Litestar) -> None:
        self.app = app
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
        return {"is_warm": True}
