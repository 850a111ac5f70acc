"""The one way to the database: an engine per process, a transaction per request.

`transaction` is committed after the handler and before the answer is sent, so that a failed COMMIT is an error
the caller sees. `autocommit` is for a single statement that is its own transaction, such as a posting.
"""

from collections.abc import AsyncGenerator

from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from api.shared.settings import ServiceSettings


def make_engine(settings: ServiceSettings) -> AsyncEngine:
    """An engine for the service's runtime role. Parameters never reach a log or an exception's text."""
    return create_async_engine(
        settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,
        connect_args={
            "prepare_threshold": 5 if settings.prepared_statements else None,
            "connect_timeout": 5,
            "application_name": "tidemark",
        },
    )


def autocommit_engine(engine: AsyncEngine) -> AsyncEngine:
    """The same pool, each statement its own transaction: one round trip instead of three."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


async def provide_transaction(state: State) -> AsyncGenerator[AsyncConnection, None]:
    """Dependency `transaction`: one transaction for the request, rolled back on any exception."""
    async with state.engine.begin() as connection:
        yield connection


async def provide_autocommit(state: State) -> AsyncGenerator[AsyncConnection, None]:
    """Dependency `autocommit`: a connection on which each statement commits by itself."""
    async with state.autocommit.connect() as connection:
        yield connection
