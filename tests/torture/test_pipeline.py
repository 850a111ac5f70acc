"""A few kills of the pipeline on each run of the tests."""

from pathlib import Path

import pytest

from pipelines.transform.project import Project
from tests.cluster import Databases
from tests.pipelines.steps import Steps
from tests.torture.pipeline import STEPS, PipelinePlan, PipelineTorture, places

pytestmark = pytest.mark.slow


class TestPipelineTorture:
    def test_each_step_is_killed_and_nothing_is_lost(self, databases: Databases, tmp_path: Path) -> None:
        steps = Steps(databases, tmp_path / "dbt")
        Project(steps.project, steps.target).parse(steps.warehouse_url, write_manifest=True)
        outcome = PipelineTorture(steps, tmp_path).run(PipelinePlan(kills=4, seconds=400, seed=1), lambda _: None)
        assert {step: len(killed) for step, killed in outcome.killed.items()} == dict.fromkeys(STEPS, 1)
        assert all(count > 10 for count in outcome.statements.values())


class TestPlaces:
    def test_all_or_so_many_of_every_step(self) -> None:
        statements = {"extract": 3, "build": 9, "prove": 1, "publish": 2}
        assert len(set(places(statements, 0, 1))) == 15
        some = list(places(statements, 12, 1))
        assert len(set(some)) == 12
        assert {step for step, _ in some} == set(STEPS)
        assert some == list(places(statements, 12, 1)) != list(places(statements, 12, 2))
