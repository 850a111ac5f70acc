"""The services' archives for this machine, built anew when something that they are made of has changed."""

import hashlib
import platform
import sys
import tempfile
from pathlib import Path

from infra.local.files import write_whole
from infra.package.archive import build
from infra.package.libraries import Target

SOURCES = ("api/**/*", "infra/package/*.py", "pyproject.toml", "requirements.lock")


def target() -> Target:
    """What this machine runs, with the Python that runs this."""
    architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    return Target(architecture, f"{sys.version_info[0]}.{sys.version_info[1]}")


def archive(service: str, folder: Path, checkout: Path) -> Path:
    """The service's archive in `folder`. Raises LocalError when it can't be built."""
    made_of = folder / f"{service}.made-of"
    digest = _digest(checkout)
    file = folder / f"{service}.zip"
    if not (file.exists() and made_of.exists() and made_of.read_text() == digest):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made_of.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{service}-") as work:
            build(service, target(), checkout, Path(work), folder)
        write_whole(made_of, digest)
    return file


def _digest(checkout: Path) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted({path for pattern in SOURCES for path in checkout.glob(pattern) if path.is_file()}):
        if path.suffix not in (".pyc", ".md"):
            digest.update(f"{path.relative_to(checkout)}\n".encode() + path.read_bytes())
    return digest.hexdigest()
