"""Imported by the process that runs are forked from: what each of them would otherwise load or parse anew."""

import gc
from importlib import import_module

from pipelines.definitions import defs
from pipelines.settings import Databases, PipelineSettings
from pipelines.transform.project import Project

# What a run imports as it goes, found by looking at one.
LATE = (
    "dagster._core.storage.root",
    "dagster_postgres",
    "dbt.task.build",
    "dbt.task.test",
    "dbt_common.clients.agate_helper",
    "pipelines.compute_logs",
    "pipelines.dagster_storage",
    "pipelines.run_coordinator",
    "pipelines.run_launcher",
    "pipelines.transform.service",
)
for name in LATE:
    import_module(name)
# Dagster resolves the definitions when they are first asked for.
defs.get_repository_def().get_all_jobs()
Project.of(PipelineSettings.read()).keep_parsed(Databases.read().warehouse_url)
# What is here stays: a run that looks through it for garbage would copy every page of it.
gc.collect()
gc.freeze()
