"""The way to the database: one pool of psycopg's connections for a process, a transaction for a request.

`transaction` (api/shared/auth.py) is committed after the handler and before the answer is sent, so that a failed
COMMIT is an error the caller sees. `autocommit` is for single statements, each its own transaction: for reading.
`AsyncEngine.row` is the same for one row, with little cost beside the statement's: for the most frequent calls.
A service that waits for something else in between (a password's hash, a data key, another service) opens each
transaction itself, with `AsyncEngine.begin`: no connection should wait along.

A function that was frozen, a failover or a proxy that ends idle connections leave connections that are dead and do
not know it. So an idle one is looked at before it is used again and replaced when it is not as it was left; a
statement is sent once, on a connection that lives.
"""

import asyncio
import re
import select
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NewType

import psycopg
from litestar.datastructures import State
from psycopg import AsyncCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row

from api.shared.credentials import make_credentials
from api.shared.errors import Unavailable
from api.shared.settings import ServiceSettings

PATIENCE_S = 5
# Proxies and firewalls forget idle connections after minutes, without telling a function that is frozen.
TRUSTED_IDLE_S = 60

Statement = NewType("Statement", bytes)
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


def text(sql: str) -> Statement:
    """A statement whose parameters are written `:name`."""
    return Statement(_PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")).encode())


class AsyncConnection:
    """A connection while it is lent. Rows are named tuples. Raises psycopg.Error."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._cursor = connection.cursor(row_factory=namedtuple_row)

    async def execute(self, statement: Statement, values: Mapping[str, Any] | None = None) -> None:
        """Runs a statement for what it does."""
        await self._cursor.execute(statement, values or {})

    async def rows(self, statement: Statement, values: Mapping[str, Any] | None = None) -> list[Any]:
        """All rows that the statement gives."""
        await self._cursor.execute(statement, values or {})
        return await self._cursor.fetchall()

    async def row(self, statement: Statement, values: Mapping[str, Any] | None = None) -> Any:
        """The first row, None when there is none."""
        await self._cursor.execute(statement, values or {})
        return await self._cursor.fetchone()

    async def value(self, statement: Statement, values: Mapping[str, Any] | None = None) -> Any:
        """The first row's first column, None when there is no row."""
        row = await self.row(statement, values)
        return None if row is None else row[0]


@dataclass(slots=True)
class _Pooled:
    """A connection with a cursor of its own (making one takes a third of a statement's time)."""

    connection: psycopg.AsyncConnection
    cursor: AsyncCursor = field(init=False)
    poll: select.poll = field(init=False)
    used_at: float = field(init=False)
    watchdog: asyncio.TimerHandle = field(init=False)

    def __post_init__(self) -> None:
        self.cursor = self.connection.cursor()
        self.poll = select.poll()
        self.poll.register(self.connection.fileno(), select.POLLIN)
        self.used_at = time.time()

    @property
    def is_as_it_was_left(self) -> bool:
        """Nothing has arrived since: a server that goes says so, or closes. The clock runs while we are frozen."""
        return 0 <= time.time() - self.used_at < TRUSTED_IDLE_S and not self.poll.poll(0)

    def reason(self, error: psycopg.Error) -> Exception:
        """What a caller is told of an error: one that ended the connection says nothing of the statement."""
        return Unavailable() if self.connection.closed else error

    def sever(self) -> None:
        """Whoever waits for the server finds the connection closed."""
        with socket.socket(fileno=socket.dup(self.connection.fileno())) as ours:
            ours.shutdown(socket.SHUT_RDWR)


class AsyncEngine:
    """At most `pool_size` connections, made when needed and kept. An idle one is in no transaction.

    Raises Unavailable when no connection is free or to be had in time, when the server does not answer for
    `answer_timeout_s`, or when ours has broken: then nobody knows whether the statement took place.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._credentials = make_credentials(settings)
        ca = settings.database_ca_file
        self._checks = {"sslmode": "verify-full", "sslrootcert": str(ca)} if ca else {}
        self._places = asyncio.Semaphore(settings.pool_size)
        self._idle: list[_Pooled] = []

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back on any exception."""
        async with self._lend() as pooled, pooled.connection.transaction():
            yield AsyncConnection(pooled.connection)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement commits by itself."""
        async with self._lend() as pooled:
            yield AsyncConnection(pooled.connection)

    async def row(self, statement: Statement, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of what the statement gives, which has been committed by then; None when it gives none."""
        pooled = await self._take()
        try:
            await pooled.cursor.execute(statement, values)
            return await pooled.cursor.fetchone()
        except psycopg.Error as error:
            raise pooled.reason(error) from error
        finally:
            await self._give_back(pooled)

    async def dispose(self) -> None:
        """Closes what is idle; a later call connects anew."""
        while self._idle:
            await self._idle.pop().connection.close()

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[_Pooled]:
        pooled = await self._take()
        try:
            yield pooled
        except psycopg.Error as error:
            raise pooled.reason(error) from error
        finally:
            await self._give_back(pooled)

    async def _take(self) -> _Pooled:
        await self._take_place()
        try:
            pooled = await self._take_idle() or _Pooled(await self._connect())
        except BaseException:
            self._places.release()
            raise
        # A server out of reach never answers, and what cancels a statement asks the same server.
        pooled.watchdog = asyncio.get_running_loop().call_later(self._settings.answer_timeout_s, pooled.sever)
        return pooled

    async def _give_back(self, pooled: _Pooled) -> None:
        pooled.watchdog.cancel()
        try:
            # A call that is cancelled has its statement cancelled by psycopg; if that fails, all must go.
            if pooled.connection.pgconn.transaction_status == TransactionStatus.IDLE:
                pooled.used_at = time.time()
                self._idle.append(pooled)
            else:
                await pooled.connection.close()
        finally:
            self._places.release()

    async def _take_place(self) -> None:
        if not self._places.locked():  # a time limit costs as much as everything else here
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable() from None

    async def _take_idle(self) -> _Pooled | None:
        while self._idle:
            pooled = self._idle.pop()
            if pooled.is_as_it_was_left:
                return pooled
            await pooled.connection.close()
        return None

    async def _connect(self) -> psycopg.AsyncConnection:
        try:
            try:
                return await self._connect_once()
            except psycopg.OperationalError:
                # A password that was remembered may have been changed since.
                if not self._credentials.forget():
                    raise
                return await self._connect_once()
        except psycopg.OperationalError as error:
            raise Unavailable() from error

    async def _connect_once(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._settings.database_url,
            **(await self._credentials.parameters() | self._checks),
            autocommit=True,
            prepare_threshold=5 if self._settings.prepared_statements else None,
            connect_timeout=PATIENCE_S,
            application_name="tidemark",
        )


async def provide_autocommit(state: State) -> AsyncGenerator[AsyncConnection, None]:
    """Dependency `autocommit`: a connection on which each statement commits by itself."""
    async with state.engine.connect() as connection:
        yield connection
