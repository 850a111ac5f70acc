"""`make release`: records what this version leaves for later ones. Nothing is tagged or uploaded."""

import gzip
import json
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.cluster import REPOSITORY, Cluster
from tests.emulator import emulated_aws
from tests.upgrade.bank import PASSING, answers, empty_tables, fill
from tests.upgrade.released import ANSWERS, BANK, DIGESTS, RELEASED, digests, edited, recorded


@click.command()
def main() -> None:
    """Record the digests of this version's migrations and a small bank that it makes."""
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    if f"## {version} " not in (REPOSITORY / "CHANGELOG.md").read_text():
        raise click.ClickException(f"CHANGELOG.md says nothing of version {version}.")
    if wrong := edited(recorded(), digests()):
        raise click.ClickException(f"Released migrations were edited: {', '.join(wrong)}.")
    RELEASED.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, emulated_aws() as aws:
        cluster = Cluster(Path(folder) / "cluster", aws)
        cluster.start()
        try:
            _record_bank(cluster, Path(folder))
        finally:
            cluster.server.stop()
    DIGESTS.write_text(json.dumps(digests(), indent=2) + "\n")
    click.echo(f"Recorded version {version} in {RELEASED.relative_to(REPOSITORY)}. Commit it with the release.")


def _record_bank(cluster: Cluster, folder: Path) -> None:
    databases = cluster.create()
    fill(databases, folder)
    if empty := empty_tables(databases) - PASSING:
        raise click.ClickException(
            f"The bank has no row in {', '.join(sorted(empty))}: see tests/upgrade/bank.py."
        )
    BANK.write_bytes(gzip.compress(databases.dump().encode(), mtime=0))
    ANSWERS.write_bytes(gzip.compress(json.dumps(answers(databases)).encode(), mtime=0))


if __name__ == "__main__":
    main()
