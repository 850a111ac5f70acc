"""The versions of a schema: numbered files, one after the other."""

from pathlib import Path

from alembic.script import ScriptDirectory

HERE = Path(__file__).parent


def versions(folder: Path) -> ScriptDirectory:
    """The versions in `folder`/migrations/versions, `NNNN_<what>.py`."""
    return ScriptDirectory(
        str(HERE),
        version_locations=[str(folder / "migrations" / "versions")],
        file_template="%(rev)s_%(slug)s",
        messaging_opts={"quiet": True},
    )


def add_version(folder: Path, title: str) -> Path:
    """Writes the file of the next version (or the first), from script.py.mako, and gives its path."""
    scripts = versions(folder)
    head = scripts.get_current_head()
    made = scripts.generate_revision(f"{int(head or 0) + 1:04}", title, head=head or "base")
    assert made is not None
    return Path(made.path)
