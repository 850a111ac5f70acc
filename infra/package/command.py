"""`tidemark package`: builds archives, tells how it goes, and shows what is in them."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from infra.local.settings import CHECKOUT
from infra.package.archive import Archive, build, handlers
from infra.package.libraries import Target

ARCHITECTURES = ("arm64", "x86_64")
PYTHONS = ("3.11", "3.12", "3.13")
MIB = 1 << 20
SHOWN_MAX = 12


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--architecture",
    "architectures",
    multiple=True,
    type=click.Choice(ARCHITECTURES),
    help="Both unless one is named.",
)
@click.option("--python", type=click.Choice(PYTHONS), default="3.13", show_default=True, help="What Lambda runs.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path, resolve_path=True),
    default=CHECKOUT / "dist",
    show_default="dist",
    help="Archives go to OUTPUT/ARCHITECTURE/NAME.zip.",
)
def package(names: Sequence[str], architectures: Sequence[str], python: str, output: Path) -> None:
    """Build the archives that AWS Lambda runs: each service, and each function.

    Libraries are those that the code imports, in the versions and with the hashes of requirements.lock. The same
    checkout gives the same archive, byte for byte.
    """
    known = handlers(CHECKOUT)
    strangers = sorted(set(names) - set(known))
    if strangers:
        raise click.UsageError(f"There is no {', '.join(strangers)}. There are: {', '.join(known)}.")
    console = Console()
    for architecture in architectures or ARCHITECTURES:
        target = Target(architecture, python)
        made = [_build(name, target, output, console) for name in names or known]
        console.print(_table(target, made))


def _build(name: str, target: Target, output: Path, console: Console) -> Archive:
    began = time.monotonic()
    with (
        console.status(f"{name} for {target.architecture}"),
        tempfile.TemporaryDirectory(prefix="tidemark-package-") as work,
    ):
        archive = build(name, target, CHECKOUT, Path(work), output / target.architecture)
    console.print(f"{archive.file}  {time.monotonic() - began:.0f} s", highlight=False, soft_wrap=True)
    return archive


def _table(target: Target, archives: Sequence[Archive]) -> Table:
    """Sizes in MiB: rows are libraries, the largest first, columns archives."""
    table = Table(title=f"{target.architecture}, Python {target.python}: MiB zipped")
    table.add_column("library")
    for archive in archives:
        table.add_column(archive.name, justify="right")
    sizes = [archive.zipped_bytes_by_library for archive in archives]
    libraries = sorted(
        {name for each in sizes for name in each}, key=lambda name: -max(each.get(name, 0) for each in sizes)
    )
    for name in libraries[:SHOWN_MAX]:
        table.add_row(name, *(_mib(each.get(name, 0)) for each in sizes))
    rest = libraries[SHOWN_MAX:]
    if rest:
        table.add_row(f"{len(rest)} others", *(_mib(sum(each.get(name, 0) for name in rest)) for each in sizes))
    table.add_section()
    table.add_row("archive", *(_mib(archive.zipped_bytes) for archive in archives))
    table.add_row("unpacked", *(_mib(archive.unpacked_bytes) for archive in archives))
    return table


def _mib(size: int) -> str:
    return f"{size / MIB:.1f}" if size else "–"
