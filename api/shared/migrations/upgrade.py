"""Brings one schema to its newest version, and what can be replaced whole to its present state."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import click
import psycopg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from api.shared.migrations.version import versions

SWEEP = Path(__file__).with_name("sweep.sql").read_text()
LEFT_OVER = Path(__file__).with_name("left_over.sql").read_text()
# What can't be replaced in place: a function by one with other results or names of parameters, one that is named
# without its parameters while another has the name, a constraint trigger.
NOT_IN_PLACE = (
    psycopg.errors.InvalidFunctionDefinition,
    psycopg.errors.AmbiguousFunction,
    psycopg.errors.DuplicateObject,
)
# Whoever posts waits a second for a lock before Postgres looks for a deadlock: an upgrade that gives up sooner and
# tries again is never the reason that a posting fails.
LOCK_TIMEOUT_MS = 300
PAUSE_S = 0.5
OLDEST_SERVER = (18,)  # the first with uuidv7()
GIVE_UP_AFTER_S = 60.0


class MigrationError(click.ClickException):
    """The schema cannot be brought up to date; nothing was changed. The text is for people."""


def upgrade(schema: str, folder: Path, url: str, give_up_after_s: float = GIVE_UP_AFTER_S) -> None:
    """Brings `schema` up to date from `folder` as its owner, in one transaction.

    Several callers at once are safe: they queue. The bank may run meanwhile: who uses the tables is waited for in
    short attempts. Raises MigrationError when that took longer than `give_up_after_s`, or when the schema was made
    by a version that this one can't follow.
    """
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), hide_parameters=True)
    deadline = time.monotonic() + give_up_after_s
    try:
        while not _is_done(engine, schema, folder):
            if time.monotonic() > deadline:
                raise MigrationError(
                    f"Schema {schema} is in use: a transaction has held its tables for {give_up_after_s:.0f} s "
                    "(pg_stat_activity tells which). Nothing was changed; end it and try again."
                )
            time.sleep(PAUSE_S)
    finally:
        engine.dispose()


def _is_done(engine: Engine, schema: str, folder: Path) -> bool:
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(hashtext(:schema))"), {"schema": schema})
            connection.execute(text(f"set local lock_timeout = {LOCK_TIMEOUT_MS}"))
            _begin(connection, schema)
            _run_versions(connection, schema, folder)
            _apply(connection, schema, sorted((folder / "sql").glob("*.sql")))
    except DBAPIError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
            raise
        return False
    return True


def _begin(connection: Connection, schema: str) -> None:
    server = connection.dialect.server_version_info or ()
    if server < OLDEST_SERVER:
        raise MigrationError(
            f"Schema {schema} needs Postgres {OLDEST_SERVER[0]} or newer; this server is "
            f"{'.'.join(map(str, server))}. Nothing was changed."
        )
    find = text("select to_regclass(:schema || '.alembic_version'), to_regclass(:schema || '.applied_sql')")
    version, applied = connection.execute(find, {"schema": schema}).one()
    if version and not applied:
        raise MigrationError(
            f"Schema {schema} was made by a version of Tidemark before 0.2.0, which can't be upgraded. Nothing "
            "was changed. Begin a new bank: name an empty folder with TIDEMARK_HOME, or another database."
        )
    connection.execute(text(f"create schema if not exists {schema}"))
    # What others may do is granted one by one.
    connection.execute(text("alter default privileges revoke execute on functions from public"))
    connection.execute(
        text(
            f"create table if not exists {schema}.applied_sql"
            " (digest text not null, applied_at timestamptz not null default now())"
        )
    )


def _run_versions(connection: Connection, schema: str, folder: Path) -> None:
    scripts = versions(folder)
    environment = EnvironmentContext(
        Config(), scripts, fn=lambda revision, _: scripts._upgrade_revs("head", revision)
    )
    try:
        with environment:
            environment.configure(connection=connection, version_table_schema=schema)
            environment.run_migrations()
    except CommandError as error:
        raise MigrationError(
            f"Schema {schema} can't be brought up to date: {error}. Was it made by a newer version of Tidemark? "
            "Nothing was changed."
        ) from error


def _apply(connection: Connection, schema: str, files: list[Path]) -> None:
    """Makes anew what can be replaced whole, unless it was made by just these files."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.read_text()}\0".encode())
    applied = f"{schema}.applied_sql"
    if connection.scalar(text(f"select digest from {applied}")) == digest.hexdigest():
        return
    try:
        with connection.begin_nested():
            _replace(connection, schema, files, in_place=True)
    except DBAPIError as error:
        if not isinstance(error.orig, NOT_IN_PLACE):
            raise
        _replace(connection, schema, files, in_place=False)
    connection.execute(text(f"delete from {applied}"))
    connection.execute(text(f"insert into {applied} (digest) values (:digest)"), {"digest": digest.hexdigest()})


def _replace(connection: Connection, schema: str, files: list[Path], *, in_place: bool) -> None:
    _run(connection, SWEEP, {"schema": schema, "in_place": in_place})
    for file in files:
        _plain(connection).exec_driver_sql(file.read_text())
    _run(connection, LEFT_OVER, {"schema": schema})


def _run(connection: Connection, query: str, parameters: dict[str, object]) -> None:
    """Runs the statements that a query gives."""
    statements: Sequence[str] = connection.execute(text(query), parameters).scalars().all()
    for statement in statements:
        _plain(connection).exec_driver_sql(statement)


def _plain(connection: Connection) -> Connection:
    """For statements as they are: `:name` and `%` in the functions' text are no parameters."""
    return connection.execution_options(no_parameters=True)
