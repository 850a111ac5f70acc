"""Archives for this machine's own architecture, unpacked beside a runtime client that can run them."""

import platform
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from infra.package.archive import Archive, build
from infra.package.libraries import Target, install, locked
from infra.package.pythons import find_python
from tests.cluster import REPOSITORY

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
# What Lambda adds to an archive: the client of its Runtime API.
RUNTIME = ("awslambdaric", "simplejson", "snapshot-restore-py")


@dataclass(frozen=True)
class Runtime:
    """A Python that Lambda offers: `python` is the program, `client` the folder of the runtime client."""

    target: Target
    python: str
    client: Path


def runtime(folder: Path) -> Runtime:
    """The newest Python of this machine that Lambda offers too, with the runtime client of the lock.

    Raises LookupError on a machine that can't run archives.
    """
    if sys.platform != "linux":
        raise LookupError("archives hold libraries of Linux")
    for version in ("3.13", "3.12", "3.11"):
        if python := find_python(version):
            target = Target(ARCHITECTURE, version)
            install(locked(RUNTIME, REPOSITORY), folder / "client", target)
            return Runtime(target, python, folder / "client")
    raise LookupError("no Python from 3.11 to 3.13 on the PATH")


@dataclass(frozen=True)
class Unpacked:
    """An archive and the folder of what it holds."""

    archive: Archive
    root: Path


def unpacked(name: str, target: Target, folder: Path) -> Unpacked:
    """Build an archive as `tidemark package` does, and unpack it."""
    archive = build(name, target, REPOSITORY, folder / f"{name}-work", folder / "archives")
    root = folder / name
    with zipfile.ZipFile(archive.file) as file:
        file.extractall(root)
    return Unpacked(archive, root)
