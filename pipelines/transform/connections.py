"""dbt's connections to the warehouse, kept from one model or test to the next.

dbt connects anew for each of them, which takes longer than most of what a small refresh has them do.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt_common.behavior_flags import BehaviorFlagRendered


class KeptConnections(PostgresConnectionManager):
    """dbt's own manager, whose closed connections wait for whoever opens one next."""

    idle: ClassVar[list[Any]] = []

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """What dbt calls before the first statement of a model or test."""
        if connection.state != ConnectionState.OPEN:
            with suppress(IndexError):
                connection.handle = cls.idle.pop()
                connection.state = ConnectionState.OPEN
                return connection
        opened = super().open(connection)
        if opened.state == ConnectionState.OPEN:
            # What a crash of the server takes from a mart, the next build makes again.
            with opened.handle.cursor() as cursor:
                cursor.execute("set synchronous_commit = off")
            opened.handle.commit()
        return opened

    @classmethod
    def _close_handle(cls, connection: Connection) -> None:
        handle = connection.handle
        # Closing would end a transaction too.
        handle.rollback()
        if handle.closed:
            super()._close_handle(connection)
        else:
            cls.idle.append(handle)


@contextmanager
def kept() -> Iterator[None]:
    """dbt's connections are kept within the `with`, for which all commands must go to one database."""
    manager, source = PostgresAdapter.ConnectionManager, BehaviorFlagRendered.__dict__["_default_source"]
    PostgresAdapter.ConnectionManager = KeptConnections
    # For each of its flags the adapter goes through the whole stack of calls, to say in a warning who asks: in one
    # of Dagster's runs an eighth of all time.
    BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt")  # type: ignore[method-assign]
    try:
        yield
    finally:
        PostgresAdapter.ConnectionManager = manager
        BehaviorFlagRendered._default_source = source  # type: ignore[method-assign]
        while KeptConnections.idle:
            KeptConnections.idle.pop().close()
