"""Imported by the process that runs are forked from: what each of them would otherwise load or parse anew."""

import gc

import dagster_postgres  # noqa: F401
import dbt.task.build
import dbt.task.test  # noqa: F401

import pipelines.transform.service  # noqa: F401
from pipelines.definitions import defs
from pipelines.settings import Databases, PipelineSettings
from pipelines.transform.project import Project

# Dagster resolves the definitions when they are first asked for.
defs.get_repository_def().get_all_jobs()
Project.of(PipelineSettings.read()).keep_parsed(Databases.read().warehouse_url)
# What is here stays: a run that looks through it for garbage would copy every page of it.
gc.collect()
gc.freeze()
