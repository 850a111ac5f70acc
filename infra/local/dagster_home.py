"""Dagster's home: the configuration of its instance and its workspace, generated into the state folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.files import write_json

URL_VARIABLE = "TIDEMARK_DAGSTER_URL"
CODE_LOCATION = "tidemark"
RUN_MAX_S = 3600


def write_dagster_home(folder: Path, code_server_socket: Path, backfills: Mapping[str, str] | None = None) -> None:
    """Write `dagster.yaml` and `workspace.yaml`; the storage's URL stays in the environment (URL_VARIABLE).

    `backfills` says where on ECS they are done (pipelines/ecs.py); without it they are runs like any other.
    """
    for name in ("artifacts", "compute"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    # JSON is YAML too.
    write_json(folder / "dagster.yaml", _instance(folder, backfills))
    write_json(folder / "workspace.yaml", _workspace(code_server_socket))


def workspace_file(folder: Path) -> Path:
    """Where the web server and the daemon are told about the code server."""
    return folder / "workspace.yaml"


def _instance(folder: Path, backfills: Mapping[str, str] | None) -> dict[str, Any]:
    ticks = {"purge_after_days": {"skipped": 1, "success": 7, "failure": 30, "started": 7}}
    return {
        "storage": {
            "custom": {
                "module": "pipelines.dagster_storage",
                "class": "PooledPostgresStorage",
                "config": {"postgres_url": {"env": URL_VARIABLE}},
            }
        },
        "run_launcher": _launcher(backfills),
        "run_coordinator": {
            "module": "pipelines.run_coordinator",
            "class": "PromptRunCoordinator",
            # One at a time: two runs would build the same marts at once. Few ever wait in the queue.
            "config": {"max_concurrent_runs": 1, "dequeue_interval_seconds": 5},
        },
        "run_monitoring": {
            "enabled": True,
            "poll_interval_seconds": 10,
            # A container's start takes 70 s.
            "start_timeout_seconds": 300 if backfills else 90,
            "cancel_timeout_seconds": 60,
            "max_runtime_seconds": RUN_MAX_S,
        },
        # Jobs say by tag how often; a run whose process died is started anew.
        "run_retries": {"enabled": True, "max_retries": 0},
        "retention": {"schedule": ticks, "sensor": ticks},
        # The refresh sensor's evaluation looks for new rows for many seconds; the others must not wait for it.
        "sensors": {"use_threads": True, "num_workers": 4},
        "auto_materialize": {"enabled": False},
        "freshness": {"enabled": True},
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(folder / "artifacts")},
        },
        "compute_logs": {
            "module": "pipelines.compute_logs",
            "class": "FileComputeLogManager",
            "config": {"base_dir": str(folder / "compute")},
        },
    }


def _launcher(backfills: Mapping[str, str] | None) -> dict[str, Any]:
    if backfills is None:
        return {"module": "pipelines.run_launcher", "class": "WatchingRunLauncher"}
    return {"module": "pipelines.ecs", "class": "BackfillsOnEcs", "config": dict(backfills)}


def _workspace(code_server_socket: Path) -> dict[str, Any]:
    server = {"socket": str(code_server_socket), "location_name": CODE_LOCATION}
    return {"load_from": [{"grpc_server": server}]}
