"""The bank's databases and roles.

`prepare` makes them, again and again without harm, on the embedded server or on a real one; the migrations of each
of SCHEMAS then make it and grant. Roles are cluster-wide, so tests that share a cluster make further
databases by other names and keep the roles.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from infra.local.errors import LocalError
from infra.local.services import SERVICES

SCHEMAS = (*SERVICES, "pipeline")
OWNERS = tuple(f"{schema}_owner" for schema in SCHEMAS)
APPS = tuple(f"{service}_app" for service in SERVICES)
BANK_ROLES = (*OWNERS, *APPS, "extractor", "publisher")
ANALYST = "analyst"
# Of the embedded server: it makes the others.
SUPERUSER = "postgres"
# Nobody signs in as this role: it owns the function that posts (see the accounts service's grants).
LEDGER = "accounts_ledger"
ROLES = (*BANK_ROLES, "warehouse", "dagster", ANALYST)

# On the role, not on the connection: RDS Proxy forbids connection options.
APP_TIMEOUTS: Mapping[str, str] = {
    "transaction_timeout": "30s",
    "idle_in_transaction_session_timeout": "15s",
    "statement_timeout": "20s",
}
OLDEST_SERVER = 180_000  # as libpq counts versions
LOCK_KEY = 7_113_400_211  # any constant: two starts must not prepare one server at the same time


@dataclass(frozen=True)
class DatabaseNames:
    """What the three databases are called."""

    bank: str = "bank"
    warehouse: str = "warehouse"
    dagster: str = "dagster"

    def of(self, role: str) -> str:
        """The database that `role` works in."""
        return {"warehouse": self.warehouse, ANALYST: self.warehouse, "dagster": self.dagster}.get(role, self.bank)


NAMES = DatabaseNames()


def prepare(superuser_url: str, passwords: Mapping[str, str], names: DatabaseNames = NAMES) -> None:
    """Make or bring up to date every role and database on one server.

    `superuser_url` names a maintenance database and a role that may create roles and databases (a superuser, or
    the administrator of a managed server); `passwords` has one entry for each of ROLES.
    """
    prepare_bank(superuser_url, passwords, names)
    prepare_warehouse(superuser_url, passwords, names)


def prepare_bank(admin_url: str, passwords: Mapping[str, str], names: DatabaseNames = NAMES) -> None:
    """The bank's share of `prepare`: database `bank` and its roles, for a server of its own."""
    with _admin(admin_url) as connection:
        _require_version(connection)
        for role in BANK_ROLES:
            _ensure_role(connection, role, passwords[role])
        _ensure_group(connection, LEDGER, member="accounts_owner")
        for role in APPS:
            for name, value in APP_TIMEOUTS.items():
                _set_on_role(connection, role, name, value)
        _let_see_all_transactions(connection, "extractor")
        _ensure_database(connection, names.bank, owner=None)
        grant_bank(connection, names.bank)


def prepare_warehouse(admin_url: str, passwords: Mapping[str, str], names: DatabaseNames = NAMES) -> None:
    """The rest of `prepare`: databases `warehouse` and `dagster`, their owners, and who may look at the first."""
    with _admin(admin_url) as connection:
        _ensure_role(connection, ANALYST, passwords[ANALYST])
        # What an open transaction keeps alive grows for the whole server.
        _set_on_role(connection, ANALYST, "idle_in_transaction_session_timeout", "60s")
        for role in ("warehouse", "dagster"):
            _ensure_role(connection, role, passwords[role])
            _ensure_database(connection, names.of(role), owner=role)
            grant_owned(connection, names.of(role), role)
        # A run writes some two hundred events, each a commit: waiting for the disk each time costs seconds of
        # every refresh. A crash can lose the last half second of Dagster's own history, nothing of the bank's.
        _set_on_role(connection, "dagster", "synchronous_commit", "off")
    with psycopg.connect(admin_url, dbname=names.warehouse, autocommit=True) as connection:
        # Analysts read what production makes, also what it will make anew; they write in schemas of their own.
        for what in ("usage on schemas", "select on tables"):
            connection.execute(f"alter default privileges for role warehouse grant {what} to {ANALYST}")


def migration(schema: str) -> tuple[str, ...]:
    """The module, and its arguments, that brings one of SCHEMAS up to date; run in the checkout."""
    if schema in SERVICES:
        return f"api.{schema}.admin", "migrate"
    # The pipeline imports nothing of the services; its folder holds what makes its schema.
    return "api.shared.migrations", "upgrade", schema, "pipelines"


def grant_bank(connection: psycopg.Connection, name: str) -> None:
    """Rights on the bank database itself, which a copy made with TEMPLATE doesn't inherit."""
    database = sql.Identifier(name)
    roles = sql.SQL(", ").join(map(sql.Identifier, BANK_ROLES))
    owners = sql.SQL(", ").join(map(sql.Identifier, OWNERS))
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    connection.execute(sql.SQL("grant connect on database {} to {}").format(database, roles))
    connection.execute(sql.SQL("grant create on database {} to {}").format(database, owners))
    # It merges what it publishes from temporary tables.
    connection.execute(sql.SQL("grant temporary on database {} to publisher").format(database))


def grant_owned(connection: psycopg.Connection, name: str, owner: str) -> None:
    """Rights on a database that one role has for itself, but for the warehouse, where analysts make schemas."""
    database = sql.Identifier(name)
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    connection.execute(
        sql.SQL("grant all on database {} to {}").format(database, sql.Identifier(owner)),
    )
    if owner == "warehouse":
        connection.execute(
            sql.SQL("grant connect, create, temporary on database {} to {}").format(
                database, sql.Identifier(ANALYST)
            )
        )


def urls(
    bank_server: str, passwords: Mapping[str, str], names: DatabaseNames = NAMES, warehouse_server: str = ""
) -> dict[str, str]:
    """Every role's URL, by role name (ROLES): `users_owner`, `users_app`, …, `extractor`, `dagster`.

    `bank_server` and `warehouse_server` are URLs of the servers as `prepare` takes them (the second defaults to
    the first); their host, port and query (sslmode and the like) are kept, the rest is replaced.
    """
    return {
        role: url(
            bank_server if role in BANK_ROLES else warehouse_server or bank_server,
            role,
            passwords[role],
            names.of(role),
        )
        for role in ROLES
    }


def url(server: str, user: str, password: str, database: str) -> str:
    """`postgresql://user:password@host:port/database` on the server that the URL `server` names.

    Without a password libpq finds one by itself, or none is asked for.
    """
    parts = urlsplit(server)
    host = parts.netloc.rpartition("@")[2]
    secret = f":{quote(password, safe='')}" if password else ""
    netloc = f"{quote(user, safe='')}{secret}@{host}"
    return urlunsplit(("postgresql", netloc, f"/{quote(database, safe='')}", parts.query, ""))


@contextmanager
def _admin(admin_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
        yield connection


def _require_version(connection: psycopg.Connection) -> None:
    found = connection.info.server_version
    if found < OLDEST_SERVER:
        raise LocalError(
            f"The bank's server is Postgres {found // 10_000}.{found % 10_000}; it must be "
            f"{OLDEST_SERVER // 10_000} or newer, whose uuidv7() and transaction_timeout the bank uses. Nothing "
            "was changed: upgrade the server, or name another with TIDEMARK_BANK_URL."
        )


def _let_see_all_transactions(connection: psycopg.Connection, role: str) -> None:
    try:
        connection.execute(sql.SQL("grant pg_read_all_stats to {}").format(sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege:
        admin = connection.info.user
        raise LocalError(
            f"The administrator {admin} may not grant pg_read_all_stats, by which {role} sees which transactions "
            f"are still open. Have a superuser run: grant pg_read_all_stats to {admin} with admin option"
        ) from None


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    exists = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
    # The verifier, not the password, goes over the wire and possibly into the server's log.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("{verb} role {role} login inherit nocreatedb nocreaterole password {verifier}").format(
            verb=sql.SQL("alter" if exists else "create"),
            role=sql.Identifier(role),
            verifier=sql.Literal(verifier.decode()),
        )
    )
    _set_on_role(connection, role, "timezone", "UTC")


def _ensure_group(connection: psycopg.Connection, role: str, member: str) -> None:
    if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(member)))


def _set_on_role(connection: psycopg.Connection, role: str, name: str, value: str) -> None:
    connection.execute(
        sql.SQL("alter role {} set {} = {}").format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value))
    )


def _ensure_database(connection: psycopg.Connection, name: str, owner: str | None) -> None:
    if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
        return
    statement = sql.SQL("create database {}").format(sql.Identifier(name))
    if owner:
        # Without being a superuser one must be able to become the owner of what one makes for them.
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(owner)))
        statement += sql.SQL(" owner {}").format(sql.Identifier(owner))
    connection.execute(statement)
