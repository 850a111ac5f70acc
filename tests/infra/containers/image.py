"""An image, as far as it can be made without a container engine: its Dockerfile's steps, done in a folder."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from infra.package.pythons import find_python
from tests.cluster import REPOSITORY
from tests.running_bank import INDEX_SETTINGS

FOLDER = REPOSITORY / "infra" / "containers"
PYTHON = "3.13"
# Users and folders of the system: they need root.
OF_THE_SYSTEM = ("useradd",)
# The way to the package index.
OURS = {name: value for name, value in os.environ.items() if INDEX_SETTINGS.fullmatch(name)}


@dataclass(frozen=True)
class Image:
    """What a Dockerfile makes in `folder`: first the libraries, which images share, then all else in `root`."""

    name: str
    folder: Path

    @property
    def root(self) -> Path:
        """In place of `/`."""
        return self.folder / self.name

    @cached_property
    def stages(self) -> list[list[tuple[str, str]]]:
        """(instruction, its arguments) of each stage."""
        text = (FOLDER / f"{self.name}.Dockerfile").read_text()
        lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
        stages: list[list[tuple[str, str]]] = []
        for instruction, _, arguments in (line.partition(" ") for line in lines if line):
            if instruction == "FROM":
                assert arguments.startswith(f"python:{PYTHON}-slim")
                stages.append([])
            else:
                stages[-1].append((instruction, arguments))
        return stages

    @property
    def python(self) -> Path:
        """The one that the image's commands find."""
        return self.folder / "venv" / "bin" / "python"

    @property
    def environment(self) -> dict[str, str]:
        """What the image's processes have before anybody tells them something."""
        told: dict[str, str] = {}
        for arguments in self._all("ENV"):
            told |= dict(pair.split("=", 1) for pair in self._here(arguments).split())
        path = told["PATH"].replace("$PATH", os.environ["PATH"])
        return OURS | told | {"PATH": path, "HOME": str(self.root / "tmp")}

    def command(self, instruction: str) -> list[str]:
        """That of ENTRYPOINT or HEALTHCHECK."""
        (arguments,) = self._all(instruction)
        command: list[str] = json.loads(arguments.removeprefix("CMD "))
        return command

    def make_libraries(self) -> None:
        """The first stage."""
        own = self.folder / "python"
        subprocess.run([find_python(PYTHON) or sys.executable, "-m", "venv", str(own)], check=True, timeout=120)
        self._make(0, {**OURS, "PATH": f"{own}/bin:{os.environ['PATH']}", "HOME": os.environ["HOME"]})

    def make(self) -> "Image":
        """The second stage."""
        (self.root / "tmp").mkdir(parents=True, exist_ok=True)
        self._make(1, self.environment)
        return self

    def _make(self, stage: int, environment: dict[str, str]) -> None:
        folder = self.root
        folder.mkdir(exist_ok=True)
        for instruction, arguments in self.stages[stage]:
            if instruction == "WORKDIR":
                folder = self._place(arguments)
                folder.mkdir(exist_ok=True)
            elif instruction == "COPY" and not arguments.startswith("--from="):
                self._copy(*arguments.split(), to=folder)
            elif instruction == "RUN" and not arguments.startswith(OF_THE_SYSTEM):
                command = ["sh", "-ec", self._here(arguments)]
                done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
                assert done.returncode == 0, done.stderr[-3000:].decode()

    def _copy(self, *names: str, to: Path) -> None:
        *sources, target = names
        for source in map(Path, sources):
            place = to / target / source.name if target.endswith("/") else to / target
            place.parent.mkdir(parents=True, exist_ok=True)
            if (REPOSITORY / source).is_dir():
                shutil.copytree(REPOSITORY / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(REPOSITORY / source, place)

    def _all(self, instruction: str) -> Iterator[str]:
        return (arguments for found, arguments in self.stages[-1] if found == instruction)

    def _place(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def _here(self, text: str) -> str:
        # What this machine has fetched before need not come again.
        return text.replace("/venv", f"{self.folder}/venv").replace(" --no-cache ", " ")
