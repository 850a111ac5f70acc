"""Brings one service's schema to its newest version: one Alembic history per service, kept inside its schema."""

from pathlib import Path

import alembic.command
from alembic import context
from alembic.config import Config
from sqlalchemy import create_engine, text

SCHEMA_OPTION = "tidemark_schema"


def upgrade(schema: str, migrations: Path, url: str, version: str = "head") -> None:
    """Upgrades to a version as the schema's owner. Several callers at once are safe: they queue."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option(SCHEMA_OPTION, schema)
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    alembic.command.upgrade(config, version)


def run() -> None:
    """What each service's `migrations/env.py` calls: all pending versions in one transaction."""
    schema = context.config.get_main_option(SCHEMA_OPTION)
    engine = create_engine(context.config.attributes["url"])
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(hashtext(:schema))"), {"schema": schema})
        connection.execute(text(f"create schema if not exists {schema}"))
        context.configure(connection=connection, version_table_schema=schema)
        context.run_migrations()
    engine.dispose()
