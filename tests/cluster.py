"""A Postgres server of the test run's own, and fresh databases on it."""

import itertools
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from infra.local.databases import (
    NAMES,
    ROLES,
    SCHEMAS,
    DatabaseNames,
    grant_bank,
    grant_owned,
    migration,
    prepare,
    url,
    urls,
)
from infra.local.ports import free_port
from infra.local.postgres import BIN, server_environment
from tests.postgres_process import PostgresProcess

PASSWORDS = {role: f"password-of-{role}" for role in ROLES}
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Databases:
    """One bank's three databases: empty of rows, with every service's migrations applied."""

    server_url: str
    names: DatabaseNames

    def url(self, role: str) -> str:
        """The URL to connect with as `role`: `accounts_app`, `users_owner`, `extractor`, `publisher` …"""
        return urls(self.server_url, PASSWORDS, self.names)[role]

    @property
    def warehouse_url(self) -> str:
        """The warehouse as its owner."""
        return self.url("warehouse")

    @property
    def dagster_url(self) -> str:
        """Dagster's storage as its owner."""
        return self.url("dagster")

    def superuser_url(self, database: str | None = None) -> str:
        """The superuser's URL; in the bank database unless another name is given."""
        return url(self.server_url, "postgres", "postgres", database or self.names.bank)

    def dump(self, *options: str) -> str:
        """The bank as pg_dump writes it, such as `--schema-only`: definitions, owners, grants, settings."""
        command = [str(BIN / "pg_dump"), *options, "--dbname", self.superuser_url()]
        done = subprocess.run(command, env=server_environment(), capture_output=True, text=True, check=True)
        # Two lines hold a random word.
        return "\n".join(line for line in done.stdout.splitlines() if "restrict " not in line)


class Cluster:
    """One server; `create` gives further databases on it, copied from a template that is made once."""

    def __init__(self, folder: Path, aws_environment: Mapping[str, str], *, durable: bool = False) -> None:
        self._aws_environment = aws_environment
        self._numbers = itertools.count(1)
        self._is_migrated = False
        self.log_file = folder / "postgres.log"
        self.server = PostgresProcess(
            folder / "postgres", free_port(), self.log_file, password="postgres", durable=durable
        )

    def start(self) -> None:
        """Start the server and make the roles and the (still empty) template databases."""
        self.server.start()
        self.server.wait_ready()
        prepare(self.server.superuser_url, PASSWORDS)

    def create(self, *, is_migrated: bool = True) -> Databases:
        """A fresh set of databases; `is_migrated=False` leaves the schemas to the caller."""
        if is_migrated and not self._is_migrated:
            self._make_template()
        number = next(self._numbers)
        names = DatabaseNames(f"bank_{number}", f"warehouse_{number}", f"dagster_{number}")
        with self._connect() as connection:
            self._copy(connection, "bank_template" if is_migrated else NAMES.bank, names.bank)
            grant_bank(connection, names.bank)
            for owner in ("warehouse", "dagster"):
                self._copy(connection, NAMES.of(owner), names.of(owner), owner)
                grant_owned(connection, names.of(owner), owner)
        return Databases(self.server.superuser_url, names)

    def drop(self, databases: Databases) -> None:
        """Remove a set of databases, disconnecting whoever is still in them."""
        names = databases.names
        with self._connect() as connection:
            for name in (names.bank, names.warehouse, names.dagster):
                connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self.server.superuser_url, autocommit=True)

    def _copy(self, connection: psycopg.Connection, template: str, name: str, owner: str = "postgres") -> None:
        statement = sql.SQL("create database {} template {} owner {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template), sql.Identifier(owner)))

    def _make_template(self) -> None:
        names = DatabaseNames(bank="bank_template")
        with self._connect() as connection:
            connection.execute("drop database if exists bank_template with (force)")
            self._copy(connection, NAMES.bank, names.bank)
            grant_bank(connection, names.bank)
        self.migrate(Databases(self.server.superuser_url, names))
        self._is_migrated = True

    def migrate(self, databases: Databases, schemas: Sequence[str] = SCHEMAS) -> None:
        """Bring every schema up to date, in the order given."""
        for schema in schemas:
            self._migrate(schema, databases.url(f"{schema}_owner"))

    def _migrate(self, schema: str, migration_url: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *migration(schema)],
            cwd=REPOSITORY,
            env={
                "PATH": os.environ["PATH"],
                "TIDEMARK_MIGRATION_URL": migration_url,
                **self._aws_environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the migration of {schema} failed:\n{done.stdout}{done.stderr}")
