"""The usual way to the database (`statements` is the other): an engine per process, a transaction per request.

`transaction` is committed after the handler and before the answer is sent, so that a failed COMMIT is an error
the caller sees. `autocommit` is for single statements, each its own transaction, such as reading.
"""

from collections.abc import AsyncGenerator

from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from api.shared.settings import ServiceSettings


def make_engines(settings: ServiceSettings) -> tuple[AsyncEngine, AsyncEngine]:
    """One pool for the service's runtime role, as two engines: of transactions, and of autocommit.

    With the second each statement is its own transaction: one round trip instead of three. Parameters never reach
    a log or an exception's text.
    """
    autocommit = create_async_engine(
        settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=5,
        # Whoever begins a transaction ends it, also when they are cancelled; there is nothing to reset.
        pool_reset_on_return=None,
        # As the pool's own mode, so that calls that read, the most frequent ones, need not switch it to and fro.
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={
            "prepare_threshold": 5 if settings.prepared_statements else None,
            "connect_timeout": 5,
            "application_name": "tidemark",
        },
    )
    return autocommit.execution_options(isolation_level="READ COMMITTED"), autocommit


async def provide_transaction(state: State) -> AsyncGenerator[AsyncConnection, None]:
    """Dependency `transaction`: one transaction for the request, rolled back on any exception."""
    async with state.engine.begin() as connection:
        yield connection


async def provide_autocommit(state: State) -> AsyncGenerator[AsyncConnection, None]:
    """Dependency `autocommit`: a connection on which each statement commits by itself."""
    async with state.autocommit.connect() as connection:
        yield connection
