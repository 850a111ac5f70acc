"""Copies of the dbt project, edited as analysts do."""

import shutil
from pathlib import Path

from pipelines.settings import CHECKOUT


def copy_project(folder: Path) -> Path:
    """A copy of the project in `folder`, to be edited."""
    project = folder / "warehouse"
    shutil.copytree(CHECKOUT / "warehouse", project, ignore=shutil.ignore_patterns("target", "logs"))
    return project


def add_statistic(project: Path, expression: str, data_type: str = "bigint") -> None:
    """A statistic `own` in stats_daily, as an analyst adds it."""
    model, words = project / "models/marts/stats_daily.sql", project / "models/marts/_stats.yml"
    model.write_text(
        model.read_text().replace(
            "{{ period_statistics('day') }}", f"{{{{ period_statistics('day') }}}},\n    {expression} as own"
        )
    )
    column = (
        f"      - name: own\n        data_type: {data_type}\n        description: My own.\n"
        "        config: {meta: {metric: {label: Own, unit: count, idle: zero, version: 1}}}\n"
    )
    words.write_text(words.read_text().replace("    columns:\n", "    columns:\n" + column, 1))
