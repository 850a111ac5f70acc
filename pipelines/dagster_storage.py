"""Where Dagster keeps its runs and events: its own Postgres storage, over connections that stay open.

Dagster's opens a connection for each of the some two hundred statements of a small run, which costs more than the
statements. Named by `dagster.yaml`.
"""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import create_engine


class PooledPostgresStorage(DagsterPostgresStorage):
    """Dagster's Postgres storage with pools. A connection that the server closed is replaced before it is used."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        """What Dagster calls with the configuration."""
        storage = cls(
            inst_data=inst_data,
            postgres_url=pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
        )
        for part in (storage._run_storage, storage._event_log_storage, storage._schedule_storage):
            part._engine = create_engine(
                storage.postgres_url,
                isolation_level="AUTOCOMMIT",
                pool_size=1,
                max_overflow=20,
                pool_pre_ping=True,
            )
        return storage
