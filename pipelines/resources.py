"""What every step of a run shares."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast, get_args

import dagster as dg

from api.shared.settings import SettingsError
from pipelines import database, run_log
from pipelines.baseline import check_time_zone, last_publication
from pipelines.errors import Refused, StepError
from pipelines.run_log import Kind
from pipelines.settings import Databases, PipelineSettings

KIND_TAG = "tidemark/kind"
# Of a close: the first day after its period, where whoever started the run knows which one is meant.
PERIOD_END_TAG = "tidemark/period_end"
# A run that someone starts by hand waits for the one at work; a close or a backfill also for a long build.
LOCK_WAIT_S = {"refresh": 180.0}
LONG_LOCK_WAIT_S = 900.0


@dataclass(frozen=True)
class PipelineRun:
    """The run at work: who it is, what it is for, and the databases it works on."""

    run_id: str
    kind: Kind
    settings: PipelineSettings
    databases: Databases
    period_end: str | None = None

    @property
    def is_close(self) -> bool:
        """Whether the run closes a period."""
        return self.kind.startswith("close_")

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around a step's work: what makes it fail is noted for /stats/status, and not tried again in vain."""
        try:
            yield
        except (StepError, SettingsError) as error:
            self._note("refused" if isinstance(error, Refused) else "failed", str(error))
            raise dg.Failure(str(error), allow_retries=False) from error
        except GeneratorExit:
            raise
        except BaseException as error:
            self._note("failed", f"{type(error).__name__}: {error}")
            raise

    def refuse(self, reasons: list[str]) -> None:
        """Note that the run will not be published, for these reasons; nothing when there are none."""
        if reasons:
            self._note("refused", " | ".join(reasons))

    def _note(self, outcome: run_log.Outcome, error: str) -> None:
        with database.connect(self.databases.publish_url) as bank:
            run_log.finish(bank, self.run_id, outcome, error)


@dg.resource(description="The run at work. Holds the warehouse's run lock, so that runs follow one another.")
def pipeline_run(context: dg.InitResourceContext) -> Iterator[PipelineRun]:
    """Reads the settings, waits for its turn and notes the run in pipeline.run."""
    dagster_run = context.run
    if dagster_run is None:
        raise SettingsError("The pipeline's steps work only within a run.")
    settings, databases = PipelineSettings.read(), Databases.read()
    tags = dagster_run.tags
    run = PipelineRun(dagster_run.run_id, _kind(tags), settings, databases, tags.get(PERIOD_END_TAG))
    with (
        database.connect(databases.warehouse_url) as lock_holder,
        database.connect(databases.publish_url) as bank,
    ):
        wait_s = LOCK_WAIT_S.get(run.kind, LONG_LOCK_WAIT_S)
        database.lock(lock_holder, database.RUN_LOCK, wait_s)
        check_time_zone(last_publication(bank), settings.time_zone)
        run_log.begin(bank, run.run_id, run.kind)
        try:
            yield run
        finally:
            run_log.forget_unfinished(bank, run.run_id)


def _kind(tags: Any) -> Kind:
    kind = tags.get(KIND_TAG, "refresh")
    return cast(Kind, kind if kind in get_args(Kind) else "refresh")
