"""Runs are forks of a process that has loaded everything."""

import subprocess
import sys

import pytest
from dagster._grpc.server import DagsterApiServer

from pipelines.settings import CHECKOUT
from tests.pipelines.conftest import Bank
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

FORK = """
import multiprocessing, sys
from tests.pipelines.forked import report_warmth

if __name__ == "__main__":
    from pipelines.code_server import fork_runs
    fork_runs()
    child = multiprocessing.get_context("forkserver").Process(target=report_warmth)
    child.start()
    child.join()
    sys.exit(child.exitcode)
"""


class TestForkRuns:
    def test_a_fork_has_everything_loaded_and_parsed(self, bank: Bank, steps: Steps) -> None:
        environment = {
            "TIDEMARK_SOURCE_URL": bank.source_url,
            "TIDEMARK_PUBLISH_URL": bank.publish_url,
            "TIDEMARK_WAREHOUSE_URL": bank.warehouse_url,
            "TIDEMARK_DBT_TARGET": str(steps.target),
        }
        forked = subprocess.run(
            [sys.executable, "-c", FORK],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert forked.returncode == 0, forked.stderr

    def test_dagster_still_keeps_its_way_of_starting_where_it_is_replaced(self) -> None:
        """A newer Dagster that starts its runs otherwise would ignore the fork server, and nobody would notice."""
        assert "_mp_ctx" in DagsterApiServer.StartRun.__code__.co_names
