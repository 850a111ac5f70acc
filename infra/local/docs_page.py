"""Make the page that docs.py serves: `python -m infra.local.docs_page FOLDER PROJECT`, with low priority.

Waits until production has built its marts, for their columns' types are read from the warehouse.
"""

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psycopg
from msgspec import Meta

from api.shared.settings import Settings
from infra.local.docs import PAGE
from infra.local.files import write_whole

LOOK_EVERY_S = 3.0
# Addresses in dbt's page that a browser would ask this server for before the page's script has filled them in.
MENDED = {
    "${require('./assets/favicons/favicon.ico')}": "data:,",
    ' xlink:href="{{ getIcon(': ' ng-attr-xlink:href="{{ getIcon(',
}


@dataclass(frozen=True, kw_only=True)
class PageSettings(Settings):
    """For this process, by `tidemark up`; dbt's profile has variables of its own."""

    analyst_url: Annotated[str, Meta(description="The warehouse, as an analyst.")] = field(repr=False)
    time_zone: Annotated[str, Meta(description="The bank's.")]


def make(folder: Path, project: Path, time_zone: str) -> None:
    """Write the page. Raises RuntimeError with dbt's words when it can't be made."""
    # dbt takes a second to import.
    from dbt.cli.main import dbtRunner

    target = folder / "dbt"
    done = dbtRunner().invoke(
        [
            *("--no-use-colors", "--log-level-file", "none", "--quiet", "docs", "generate", "--static"),
            *("--project-dir", str(project), "--profiles-dir", str(project), "--target", "prod"),
            *("--target-path", str(target), "--log-path", str(target)),
            *("--vars", json.dumps({"bank_time_zone": time_zone})),
        ]
    )
    if not done.success:
        raise RuntimeError(f"dbt docs generate failed: {done.exception}")
    page = (target / "static_index.html").read_text()
    for old, new in MENDED.items():
        page = page.replace(old, new)
    write_whole(folder / PAGE, page)


def wait_for_marts(analyst_url: str) -> None:
    """Return when production's last model is there; also a server that does not answer yet is waited for."""
    while True:
        try:
            with psycopg.connect(analyst_url) as warehouse:
                found = warehouse.execute("select to_regclass('marts.metric_catalog')").fetchone()
            if found and found[0]:
                return
        except psycopg.OperationalError as error:
            print(error, file=sys.stderr)
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    os.nice(19)
    settings = PageSettings.read()
    wait_for_marts(settings.analyst_url)
    make(Path(sys.argv[1]), Path(sys.argv[2]), settings.time_zone)
