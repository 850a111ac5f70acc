"""Statements that are their own transaction, sent for what they cost: for the calls that come most often.

They go to psycopg past SQLAlchemy, which costs several times as much as psycopg, on connections of their own.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.pq import TransactionStatus
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from api.shared.errors import Unavailable
from api.shared.settings import ServiceSettings

PATIENCE_S = 5


class Statements:
    """At most `pool_size` connections, made when needed and kept. An idle one is in no transaction."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(settings.pool_size)
        # One cursor for each connection: making one takes a third of a statement's time.
        self._idle: list[AsyncCursor] = []

    async def row(self, statement: TextClause, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of what the statement gives, which has been committed by then; None when it gives none.

        Raises Unavailable when no connection is free or to be had in time, or ours has broken: then nobody knows
        whether the statement took place. Raises psycopg.Error for what the database says against the statement.
        """
        await self._take_place()
        try:
            cursor = self._idle.pop() if self._idle else await self._connect()
            connection = cursor.connection
            try:
                await cursor.execute(_sql(statement), values)
                return await cursor.fetchone()
            except psycopg.Error as error:
                if not connection.closed:
                    raise
                # What ended this connection has most likely ended the idle ones as well.
                await self.close()
                raise Unavailable() from error
            finally:
                # A call that is cancelled has its statement cancelled by psycopg; if that fails, all must go.
                if connection.pgconn.transaction_status == TransactionStatus.IDLE:
                    self._idle.append(cursor)
                else:
                    await connection.close()
        finally:
            self._places.release()

    async def close(self) -> None:
        """Closes what is idle; a later call connects anew."""
        while self._idle:
            await self._idle.pop().connection.close()

    async def _take_place(self) -> None:
        if not self._places.locked():  # a time limit costs as much as everything else here
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable() from None

    async def _connect(self) -> AsyncCursor:
        try:
            connection = await AsyncConnection.connect(
                self._settings.database_url,
                autocommit=True,
                prepare_threshold=5 if self._settings.prepared_statements else None,
                connect_timeout=PATIENCE_S,
                application_name="tidemark",
            )
        except psycopg.Error as error:
            raise Unavailable() from error
        return connection.cursor()


@lru_cache
def _sql(statement: TextClause) -> str:
    return str(statement.compile(dialect=PGDialect_psycopg()))
