"""Puts an application behind AWS Lambda (API Gateway HTTP API, payload format 2.0)."""

from collections.abc import Callable
from typing import Any

from litestar import Litestar
from mangum import Mangum

from api.shared.problems import PROBLEM_MEDIA_TYPE


def make_handler(app: Litestar) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The function that Lambda calls. Lifespan is off: an execution environment is frozen, never shut down."""
    return Mangum(
        app,  # type: ignore[arg-type]
        lifespan="off",
        text_mime_types=[
            "text/",
            "application/json",
            PROBLEM_MEDIA_TYPE,
            "application/vnd.oai.openapi",
        ],
    )
