"""What steps print is kept, and goes nowhere else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import psutil
import pytest

from pipelines.compute_logs import FileComputeLogManager

KEY = ["run", "compute_logs", "step"]


class TestCaptureLogs:
    def test_both_streams_of_this_process_and_its_children(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        logs, children = FileComputeLogManager(str(tmp_path)), psutil.Process().children()
        with capfd.disabled(), logs.capture_logs(KEY):
            os.write(1, b"said\n")
            os.write(2, b"warned\n")
            subprocess.run([sys.executable, "-c", "print('child')"], check=True, stdout=1)
            assert psutil.Process().children() == children
            assert not logs.is_capture_complete(KEY)
        data = logs.get_log_data(KEY)
        assert (data.stdout, data.stderr) == (b"said\nchild\n", b"warned\n")
        assert logs.is_capture_complete(KEY)

    def test_are_deleted_with_their_run(self, tmp_path: Path) -> None:
        logs = FileComputeLogManager(str(tmp_path))
        with logs.capture_logs(KEY):
            os.write(1, b"said\n")
        logs.delete_logs(prefix=KEY[:1])
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_instance_takes_it_from_its_configuration(tmp_path: Path) -> None:
    config = {"base_dir": str(tmp_path)}
    logs = {"module": "pipelines.compute_logs", "class": "FileComputeLogManager", "config": config}
    (tmp_path / "dagster.yaml").write_text(json.dumps({"compute_logs": logs, "telemetry": {"enabled": False}}))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert isinstance(instance.compute_log_manager, FileComputeLogManager)
