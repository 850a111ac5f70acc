"""Where Dagster keeps its runs and events: its own Postgres storage, over connections that stay open.

Dagster's opens a connection for each of the some thousand statements of a small run, and before most of them looks
whether its tables have been brought up to date: both cost more than the statements. Named by `dagster.yaml`.
"""

import os
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import Engine, Index, create_engine, event
from sqlalchemy.exc import DisconnectionError

# A connection that was used a moment ago is not asked whether it lives.
TRUSTED_S = 1.0
# A run's last moments may be lost with the server, though not with a process; it is started anew then.
SESSION = "-c synchronous_commit=off"
# Dagster finds the checks of an asset, not those of a run, which its deletion asks for.
CHECKS_OF_RUN = Index("idx_asset_check_executions_run", AssetCheckExecutionsTable.c.run_id)

# Whether a table or column is there, which Dagster asks before most of what it does.
OF_RUNS = (
    "has_run_stats_index_cols",
    "has_bulk_actions_selector_cols",
    "has_backfill_id_column",
    "has_bulk_action_job_name_column",
    "has_backfill_tags_table",
)
OF_EVENTS = ("has_table", "has_asset_key_index_cols", "has_asset_key_col", "has_concurrency_limits_table")
OF_SCHEDULES = (
    "_has_instigators_table",
    "_has_asset_daemon_asset_evaluations_table",
    "has_instigators_table",
    "has_secondary_index_table",
    "has_built_index",
)


@dataclass
class Known:
    """What a process knows of a server. Dagster makes a storage for each tick of a sensor that asks for one."""

    engine: Engine
    has_tables: bool = False
    answered: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))


class PooledPostgresStorage(DagsterPostgresStorage):
    """Dagster's Postgres storage with pools. A connection that the server closed is replaced before it is used."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        """What Dagster calls with the configuration."""
        url = pg_url_from_config(config_value)
        known = _known(url, os.getpid())
        storage = cls(
            inst_data=inst_data,
            postgres_url=url,
            should_autocreate_tables=config_value.get("should_autocreate_tables", True) and not known.has_tables,
        )
        known.has_tables = True
        for part, questions in (
            (storage._run_storage, OF_RUNS),
            (storage._event_log_storage, OF_EVENTS),
            (storage._schedule_storage, OF_SCHEDULES),
        ):
            part._engine = known.engine
            for question in questions:
                _remember(part, question, known.answered[question])
        return storage


@cache
def _known(url: str, _process_id: int) -> Known:
    """One for each process: a fork must not use its parent's connections."""
    return Known(_pooled(url))


def _remember(part: Any, question: str, answered: set[tuple[str, ...]]) -> None:
    """Ask no more once the answer was yes. Raises AttributeError where Dagster has no such question any more."""
    ask = getattr(part, question)

    def answer(*arguments: Any) -> bool:
        names = tuple(each for each in arguments if isinstance(each, str))
        if names not in answered and ask(*arguments):
            answered.add(names)
        return names in answered

    setattr(part, question, answer)


def _pooled(url: str) -> Engine:
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=1,
        max_overflow=20,
        connect_args={"options": SESSION},
    )

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used_at", time.monotonic()) < TRUSTED_S:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool then takes another one.
            raise DisconnectionError from error

    return engine
