"""The commands of `tidemark analyst`."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infra.local.errors import LocalError

if TYPE_CHECKING:
    from infra.analyst.workspace import Workspace

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
project_option = click.option(
    "--project", type=FOLDER, help="The dbt project; by default the current folder's, else the checkout's."
)
select_option = click.option(
    "--select",
    "selected",
    multiple=True,
    metavar="TERM",
    help="Of what has changed only this (dbt's node selection).",
)


def at_the_bank(command: Callable[..., None]) -> Callable[..., None]:
    """A command that works on the running bank's warehouse."""
    schema = click.option("--schema", metavar="NAME", help="The schema to build in: analyst_<user> by default.")
    return project_option(schema(command))


@click.group("analyst")
def analyst() -> None:
    """Try a change of the dbt project beside production, on its data.

    \b
    1. git worktree add ../draft && cd ../draft/warehouse     a copy to edit; the checkout's own is live
    2. tidemark analyst build      builds what differs, into a schema of yours; the rest is read from production
    3. tidemark analyst preview    rows and cells that differ from production
    4. tidemark analyst lint       and format, test; clean drops your schema
    """


@analyst.command()
@at_the_bank
@select_option
def build(project: Path | None, schema: str | None, selected: tuple[str, ...]) -> None:
    """Build the models that differ from production's into your schema, up to production's batch."""
    build_changed(_open(project, schema, is_editing=True), selected)


@analyst.command()
@at_the_bank
@select_option
def preview(project: Path | None, schema: str | None, selected: tuple[str, ...]) -> None:
    """Show what your models say differently from production: rows, columns, cells with examples."""
    from infra.analyst.difference import differences

    place = _open(project, schema)
    _check_built(place)
    changed, built = place.changed(place.parse(), selected), place.tables()
    for difference in differences(place, [model for model in changed if model.name in built]):
        click.echo("\n".join(difference.lines()))
    if waiting := [model.name for model in changed if model.name not in built]:
        click.echo(f"Not built yet: {', '.join(waiting)}")


@analyst.command()
@at_the_bank
@select_option
def test(project: Path | None, schema: str | None, selected: tuple[str, ...]) -> None:
    """Run the data tests and unit tests of the models that differ from production's."""
    place = _open(project, schema)
    _check_built(place)
    place.against_production(place.parse(), "test", place.batch_id(), *place.selection(selected))


@analyst.command()
@at_the_bank
def clean(project: Path | None, schema: str | None) -> None:
    """Drop your schema. Production is not touched, nor are your files."""
    place = _open(project, schema)
    place.drop()
    click.echo(f"{place.schema} is gone.")


@analyst.command()
@project_option
def lint(project: Path | None) -> None:
    """Hold the project's SQL against its style (sqlfluff); exit code 1 when it differs."""
    sys.exit(_sqlfluff("lint", project))


@analyst.command("format")
@project_option
def format_sql(project: Path | None) -> None:
    """Bring the project's SQL into its style, as far as sqlfluff can by itself."""
    sys.exit(_sqlfluff("format", project))


def build_changed(place: "Workspace", selected: Sequence[str]) -> None:
    """Build what differs from production, of what is selected, as production will.

    Up to its last batch but one in full, then what came with the last one; then the data tests.
    """
    manifest, batch_id = place.parse(), place.batch_id()
    names = [node.name for node in place.changed(manifest)]
    # What was changed and no longer is would stand in front of production's.
    place.drop(sorted(place.tables() - set(names)))
    chosen = [node.name for node in place.changed(manifest, selected)] if selected else names
    if not chosen:
        click.echo(
            "Nothing differs from production." if not names else f"Of {', '.join(names)} nothing is selected."
        )
        return
    click.echo(f"Differs from production, or is built from what does: {', '.join(chosen)}")
    arguments = ["--exclude-resource-type=test", "--exclude-resource-type=unit_test", *place.selection(selected)]
    place.against_production(manifest, "build", place.batch_before(batch_id), "--full-refresh", *arguments)
    click.echo("Once more, with what the next batch brought:")
    place.against_production(manifest, "build", batch_id, *arguments)
    click.echo(f"Built into {place.schema}; `tidemark analyst preview` shows what differs. Its tests:")
    place.against_production(manifest, "test", batch_id, *arguments[1:])


def _open(project: Path | None, schema: str | None, *, is_editing: bool = False) -> "Workspace":
    from infra.analyst.workspace import is_productions, open_workspace
    from infra.local.bank import Bank
    from infra.local.settings import LocalSettings

    bank = Bank.running(LocalSettings.read().home)
    place = open_workspace(bank, project, schema)
    if is_editing and is_productions(bank, place.project):
        click.echo(
            f"{place.project} is what the running bank builds from: a change there is live at the next "
            "refresh. To look at one before, edit a copy (git worktree add ../draft) and name it with --project.",
            err=True,
        )
    return place


def _check_built(place: "Workspace") -> None:
    if not place.tables():
        raise LocalError(f"There is nothing in {place.schema} yet: run `tidemark analyst build` first.")


def _sqlfluff(command: str, project: Path | None) -> Any:
    from infra.analyst.workspace import project_folder

    if importlib.util.find_spec("sqlfluff") is None:
        raise LocalError("sqlfluff is not installed here: `make setup` makes the environment with it.")
    return subprocess.run([sys.executable, "-m", "sqlfluff", command, str(project_folder(project))]).returncode
