"""The programs of the embedded Postgres, and how they are told where to connect."""

from psycopg.conninfo import conninfo_to_dict

from infra.local.postgres import BIN

__all__ = ["BIN", "libpq"]


def libpq(url: str) -> dict[str, str]:
    """An environment that names a database to libpq's programs, its password not in a command line."""
    parts = conninfo_to_dict(url)
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return {variable: str(parts[name]) for name, variable in names.items()}
