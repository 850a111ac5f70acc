"""The command's Terraform is a real one here, with a configuration that needs no provider and no cloud."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.aws.deploy.terraform import Terraform
from infra.local.errors import LocalError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not on the PATH"),
]

CONFIGURATION = """\
terraform {
  backend "local" {}
}

variable "image_tag" { type = string }

resource "terraform_data" "prepare" { input = var.image_tag }

resource "terraform_data" "dagster" { input = terraform_data.prepare.output }

output "image" { value = terraform_data.dagster.output }
"""
PREPARE, DAGSTER = "terraform_data.prepare", "terraform_data.dagster"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")
    (tmp_path / "environments").mkdir()
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    (tmp_path / "environments" / "dev.s3.tfbackend").write_text('path = "dev.tfstate"\n')
    (tmp_path / "environments" / "dev.tfvars").write_text('image_tag = "1"\n')
    return tmp_path


def started(folder: Path, image_tag: str | None = None, *replaced: str) -> Terraform:
    terraform = Terraform(folder, "dev", image_tag, replaced)
    terraform.start()
    return terraform


class TestPlanAndApply:
    def test_an_empty_state_tells_nothing(self, folder: Path) -> None:
        assert started(folder).outputs() == {}

    def test_a_part_first_and_then_the_rest_of_what_was_shown(self, folder: Path) -> None:
        first = started(folder)
        plan = first.plan(folder / "shown")
        assert plan.changes == {(PREPARE, "create"), (DAGSTER, "create")}
        assert plan.variables["image_tag"] == "1"
        first.apply(plan, plan)
        assert first.outputs() == {"image": "1"}

        second = started(folder, "2")
        shown = second.plan(folder / "shown", is_shown=True)
        assert shown.variables["image_tag"] == "2"
        part = second.plan(folder / "part", target=PREPARE)
        assert part.changes == {(PREPARE, "update")}
        second.apply(part, shown)
        rest = second.plan(folder / "rest")
        assert rest.changes == {(DAGSTER, "update")}
        second.apply(rest, shown)
        assert second.outputs() == {"image": "2"}
        assert second.plan(folder / "again").changes == frozenset()

    def test_what_is_made_anew_is_so_with_the_rest(self, folder: Path) -> None:
        first = started(folder)
        plan = first.plan(folder / "shown")
        first.apply(plan, plan)
        again = started(folder, None, DAGSTER)
        assert again.plan(folder / "part", target=PREPARE).changes == frozenset()
        assert again.plan(folder / "rest").changes == {(DAGSTER, "delete/create")}

    def test_what_was_not_shown_is_refused(self, folder: Path) -> None:
        terraform = started(folder)
        shown = terraform.plan(folder / "shown", target=PREPARE)
        with pytest.raises(LocalError, match=f"there would also be: {DAGSTER} create"):
            terraform.apply(terraform.plan(folder / "rest"), shown)
        assert terraform.outputs() == {}

    def test_a_failure_says_what_terraform_said(self, folder: Path) -> None:
        (folder / "environments" / "dev.tfvars").write_text("image_tag = [")
        with pytest.raises(LocalError, match=r"`terraform plan` failed: [^$]*dev\.tfvars"):
            started(folder).plan(folder / "shown")


class TestInterruption:
    def test_terraform_has_the_time_that_it_needs(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """By one that takes longer to end than Python waits for a process before it kills it."""
        executable = folder / "bin" / "terraform"
        executable.parent.mkdir()
        executable.write_text(
            "#!/bin/sh\ntrap 'sleep 1; touch ended; exit 1' INT\ntouch started\n"
            "for i in $(seq 600); do sleep 0.1; done\n"
        )
        executable.chmod(0o755)
        monkeypatch.setenv("PATH", f"{executable.parent}:{os.environ['PATH']}")
        program = f"""
from pathlib import Path
from infra.aws.deploy.terraform import Plan, Terraform
plan = Plan(Path("plan"), frozenset(), {{}})
Terraform(Path({str(folder)!r}), "dev").apply(plan, plan)
"""
        process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, process_group=0)
        deadline = time.monotonic() + 60
        while not (folder / "started").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        # As a terminal does: to the command and to Terraform.
        os.killpg(process.pid, signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
        assert b"KeyboardInterrupt" in complaint
        assert (folder / "ended").exists()
