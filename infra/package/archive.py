"""One archive: libraries and modules, compiled, stripped, and zipped the same way each time."""

import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LocalError
from infra.package.elf import stripped
from infra.package.imports import reached_from
from infra.package.libraries import Target, install, is_read, locked, needed
from infra.package.pythons import find_python

ROOT = "/var/task"  # where Lambda unpacks it, and so what a traceback shows
EPOCH = (1980, 1, 1, 0, 0, 0)
FUNCTIONS = Path("infra/functions")
SERVICES = Path("api")
LAMBDA_HAS = frozenset({"boto3", "botocore"})


@dataclass(frozen=True)
class Archive:
    """What was made: its file, its size unpacked, and bytes (zipped) by library, `tidemark` being our own code."""

    name: str
    file: Path
    unpacked_bytes: int
    zipped_bytes_by_library: dict[str, int]

    @property
    def zipped_bytes(self) -> int:
        """The file's size."""
        return self.file.stat().st_size


def handlers(checkout: Path) -> dict[str, str]:
    """The handler module of everything that runs on Lambda, by its name: services and functions."""
    return {
        path.parent.name: ".".join(path.relative_to(checkout).with_suffix("").parts)
        for folder in (SERVICES, FUNCTIONS)
        for path in sorted((checkout / folder).glob("*/handler.py"))
    }


def build(name: str, target: Target, checkout: Path, work: Path, output: Path) -> Archive:
    """Make `output`/<name>.zip; `work` is an empty folder to do so in. Raises LocalError."""
    handler = handlers(checkout)[name]
    reached = reached_from(handler, checkout)
    # Functions call many services of AWS, which Lambda's Python has the descriptions of; the bank's services bring
    # along the few that they need, in the version of the lock.
    provided = LAMBDA_HAS if handler.startswith("infra.") else frozenset()
    libraries = work / "libraries"
    install(locked(needed(reached.names - provided, target, checkout), checkout), libraries, target)
    owners = _owners(libraries)
    content = work / "content"
    for path in _files(libraries):
        inside = path.relative_to(libraries)
        if is_read(str(inside)):
            _place(path, content / inside)
    for path in own_files(reached.modules):
        _place(path, content / path.relative_to(checkout))
    _compile(content, target)
    output.mkdir(parents=True, exist_ok=True)
    return _zip(name, content, output / f"{name}.zip", owners)


def own_files(modules: Iterable[Path]) -> set[Path]:
    """The modules, and the data that lies beside them: what is for people, Markdown, stays here."""
    beside = {path for module in modules for path in module.parent.iterdir() if path.is_file()}
    return set(modules) | {path for path in beside if path.suffix not in (".py", ".md")}


def _owners(libraries: Path) -> dict[str, str]:
    """Which distribution a file belongs to."""
    owners = {}
    for record in libraries.glob("*.dist-info/RECORD"):
        name = record.parent.name.partition("-")[0].replace("_", "-").lower()
        for line in record.read_text().splitlines():
            owners[line.partition(",")[0].strip('"')] = name
    return owners


def _place(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if ".so" in source.suffixes:
        to.write_bytes(stripped(source.read_bytes()))
    else:
        shutil.copyfile(source, to)


def _compile(content: Path, target: Target) -> None:
    """Leave compiled modules in place of sources: by the target's own Python, whose form no other writes."""
    python = find_python(target.python)
    if python is None:
        raise LocalError(
            f"Python {target.python} is needed to compile for it, and there is no python{target.python} on the "
            "PATH. Install it, or name another version with --python."
        )
    command = [python, "-m", "compileall", "-q", "-b", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(content), "-p", ROOT, str(content)]
    # Sets are written in the order of their hashes.
    done = subprocess.run(command, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LocalError(f"Not everything compiles for Python {target.python}:\n{done.stdout}{done.stderr}")
    for source in content.rglob("*.py"):
        source.unlink()


def _zip(name: str, content: Path, file: Path, owners: dict[str, str]) -> Archive:
    unpacked = 0
    sizes: Counter[str] = Counter()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(content):
            inside = str(path.relative_to(content))
            entry = zipfile.ZipInfo(inside, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o755 if ".so" in path.suffixes else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
            unpacked += path.stat().st_size
            library = owners.get(inside) or owners.get(inside.removesuffix("c"), "tidemark")
            sizes[library] += entry.compress_size
    return Archive(name, file, unpacked, dict(sizes.most_common()))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
