"""Dagster's code server (`python -m pipelines.code_server api grpc …`), whose runs are forks of a waiting process.

Dagster starts each run in a new interpreter, which imports Dagster, dbt and the project anew: most of what a small
refresh takes. The waiting process, the standard library's fork server, has all of that loaded (pipelines/warm.py).
All else stays Dagster's own: how a run is asked for, watched, cancelled and reported.
"""

import multiprocessing
import multiprocessing.forkserver
from typing import Any

WARM = "pipelines.warm"


def fork_runs() -> None:
    """Make Dagster's code server fork its runs, and start what they are forked from."""
    # Each fork imports this module again, and needs none of it.
    from dagster._grpc.server import DagsterApiServer

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([WARM])
    multiprocessing.forkserver.ensure_running()
    initialise = DagsterApiServer.__init__

    def initialise_with_fork_server(self: DagsterApiServer, *arguments: Any, **options: Any) -> None:
        initialise(self, *arguments, **options)
        self._mp_ctx = context  # type: ignore[assignment]

    DagsterApiServer.__init__ = initialise_with_fork_server  # type: ignore[method-assign]


if __name__ == "__main__":
    from dagster._cli import main

    fork_runs()
    main()
