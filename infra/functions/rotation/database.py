"""The database's side of a rotation: who can sign in, and a new password."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.functions.rotation.settings import RotationSettings

PATIENCE_S = 5

# As a secret holds it: username, password, dbname.
Login = Mapping[str, str]


class Database:
    """The server, as one role or another; every role may change its own password. Raises psycopg.Error."""

    def __init__(self, settings: RotationSettings) -> None:
        self._server: dict[str, Any] = {"host": settings.database_host, "port": settings.database_port}
        if settings.database_ca:
            file = Path(tempfile.gettempdir(), "database-ca.pem")
            file.write_text(settings.database_ca)
            self._server |= {"sslmode": "verify-full", "sslrootcert": str(file)}

    def takes(self, login: Login) -> bool:
        """Whether it lets this login in. What has nothing to do with the password is an error."""
        try:
            self._connect(login).close()
        except psycopg.OperationalError as error:
            if _is_refusal(error):
                return False
            raise
        return True

    def change_password(self, login: Login, password: str) -> None:
        """Give the role another one."""
        with self._connect(login) as connection:
            role = login["username"]
            # The verifier, not the password, goes over the wire and possibly into the server's log.
            verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            connection.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
            )

    def _connect(self, login: Login) -> psycopg.Connection:
        return psycopg.connect(
            **self._server,
            user=login["username"],
            password=login["password"],
            dbname=login["dbname"],
            autocommit=True,
            connect_timeout=PATIENCE_S,
            application_name="tidemark rotation",
        )


def _is_refusal(error: psycopg.OperationalError) -> bool:
    # libpq keeps no code of a connection that failed.
    return "password authentication failed" in str(error)
