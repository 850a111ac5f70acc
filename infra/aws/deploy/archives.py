"""Whether the archives that would be deployed are those of this checkout."""

from pathlib import Path

from infra.local.errors import LocalError
from infra.package.archive import handlers, own_files
from infra.package.imports import reached_from

# Beside the modules themselves: versions of libraries, and how archives are made.
ALWAYS = ("requirements.lock", "infra/package/*.py")
COMMAND = 'make package ARGS="--architecture arm64"'


def require_fresh(folder: Path, checkout: Path) -> None:
    """Raises LocalError when an archive in `folder` is missing, or older than something that it is made of."""
    problems = []
    for name, handler in handlers(checkout).items():
        file = folder / f"{name}.zip"
        if not file.is_file():
            problems.append(f"{file.name} is missing")
            continue
        sources = own_files(reached_from(handler, checkout).modules)
        sources |= {path for pattern in ALWAYS for path in checkout.glob(pattern)}
        newest = max(sources, key=lambda path: path.stat().st_mtime)
        if newest.stat().st_mtime > file.stat().st_mtime:
            problems.append(f"{file.name} is older than {newest.relative_to(checkout)}")
    if problems:
        raise LocalError(
            f"The archives in {folder} are not those of this checkout: {'; '.join(problems)}. Build them with "
            f"`{COMMAND}`. Nothing was changed."
        )
