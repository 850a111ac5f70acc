"""A Dagster storage as a bank has it that ran many refreshes: one run, copied with all that it left."""

from collections.abc import Callable

import dagster as dg
import psycopg

JOB = "refresh"
COPIES = """
create temporary table copy as
select n, gen_random_uuid()::text as run_id, %(every_s)s::float * (%(count)s - n) as age_s
from generate_series(1, %(count)s) as n;
create index on copy (n);
analyze copy;

insert into runs
    (run_id, pipeline_name, status, run_body, create_timestamp, update_timestamp, start_time, end_time)
select
    c.run_id, pipeline_name, status, replace(run_body, %(run_id)s, c.run_id),
    create_timestamp - c.age_s * interval '1 second', update_timestamp - c.age_s * interval '1 second',
    start_time - c.age_s, end_time - c.age_s
from copy as c cross join runs as r where r.run_id = %(run_id)s order by n;

insert into run_tags (run_id, key, value)
select c.run_id, key, value from copy as c cross join run_tags as r where r.run_id = %(run_id)s order by n;

insert into event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
select
    c.run_id, replace(event, %(run_id)s, c.run_id), dagster_event_type,
    timestamp - c.age_s * interval '1 second', step_key, asset_key, partition
from copy as c cross join event_logs as e where e.run_id = %(run_id)s order by n, e.id;

insert into asset_check_executions
    (asset_key, check_name, partition, run_id, execution_status, evaluation_event, evaluation_event_timestamp)
select
    asset_key, check_name, partition, c.run_id, execution_status,
    replace(evaluation_event, %(run_id)s, c.run_id), evaluation_event_timestamp - c.age_s * interval '1 second'
from copy as c cross join asset_check_executions as e where e.run_id = %(run_id)s order by n;

drop table copy;
"""


@dg.asset(check_specs=[dg.AssetCheckSpec("proof", asset="figures")])
def figures() -> dg.MaterializeResult:
    """An asset with a check, as the pipeline's are."""
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


def run_once(instance: dg.DagsterInstance) -> str:
    """One run; its id."""
    job = dg.Definitions([figures], jobs=[dg.define_asset_job(JOB)]).resolve_job_def(JOB)
    result = job.execute_in_process(instance=instance, tags={"tidemark/kind": JOB})
    assert result.success
    return result.run_id


def multiply(dagster_url: str, run_id: str, count: int, every_s: float) -> None:
    """So many more runs, one each `every_s` up to now. Indexes and statistics are then as they would be."""
    with psycopg.connect(dagster_url, autocommit=True) as connection:
        with connection.transaction(), psycopg.ClientCursor(connection) as cursor:
            cursor.execute(COPIES, {"run_id": run_id, "count": count, "every_s": every_s})
        connection.execute("vacuum (analyze)")


def looks(instance: dg.DagsterInstance) -> dict[str, Callable[[], object]]:
    """What an operator opens."""
    storage, key = instance.event_log_storage, figures.key
    newest = instance.get_runs(limit=1)[0].run_id
    check = dg.AssetCheckKey(key, "proof")
    return {
        "the list of runs": lambda: instance.get_run_records(limit=25),
        "a job's runs": lambda: instance.get_run_records(dg.RunsFilter(job_name=JOB), limit=25),
        "a run's events": lambda: instance.get_records_for_run(newest, limit=100),
        "an asset's materialisations": lambda: instance.fetch_materializations(key, limit=25),
        "a check's history": lambda: storage.get_asset_check_execution_history(check, limit=25),
    }
