"""`GET /<service>/health`: answers 200 while this process can reach its database."""

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from api.shared.database import text
from api.shared.problems import problems


class Health(msgspec.Struct):
    status: str
    service: str


def health_route(name: str, path: str) -> HTTPRouteHandler:
    """The health call of one service; a database out of reach makes it 503."""

    @get(
        f"/{path}/health",
        operation_id="GetHealth",
        tags=["health"],
        opt={"public": True},
        security=[{}],
        responses=problems(),
    )
    async def health(state: State) -> Health:
        async with state.engine.connect() as connection:
            await connection.execute(text("select 1"))
        return Health(status="ok", service=name)

    return health
