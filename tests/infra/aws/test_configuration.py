"""The Terraform configuration by its own tools; what it would make is in test_plan.py."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.aws.terraform import SOURCE, Terraform, TerraformError

# In an environment of its own: its requirements and ours exclude each other.
CHECKOV = "checkov==3.3.30"

pytestmark = pytest.mark.slow


class TestConfiguration:
    def test_it_is_formatted(self, configuration: Terraform) -> None:
        assert configuration.run("fmt", "-check", "-recursive", "-no-color") == ""

    def test_it_is_valid(self, configuration: Terraform) -> None:
        # The tests are validated as they run: here a module that is given two providers would pass for wrong.
        assert "The configuration is valid." in configuration.run("validate", "-no-tests", "-no-color")

    def test_its_own_tests_pass(self, configuration: Terraform) -> None:
        """On a provider that makes everything up; not on an account, not on the emulator."""
        assert "0 failed." in configuration.run("test", "-no-color")

    def test_wrong_values_are_refused_with_the_reason(self, configuration: Terraform) -> None:
        text = (configuration.folder / "environments" / "dev.tfvars").read_text()
        for right, wrong in (
            ('engine_version        = "18"', 'engine_version        = "17.5"'),
            ('zones        = ["a", "b"]', 'zones        = ["a", "a"]'),
            ("warm_max = 10,", "warm_max = 1000,"),
            ('environment = "dev"', 'environment = "Dev"'),
        ):
            assert right in text
            text = text.replace(right, wrong)
        (configuration.folder / "environments" / "wrong.tfvars").write_text(text)
        with pytest.raises(TerraformError) as refused:
            configuration.plan("wrong")
        for reason in ("Postgres 18 or newer", "A CIDR block", "1 <= warm_min", "2 to 12 small letters"):
            assert reason in str(refused.value)


@pytest.mark.skipif(
    not os.environ.get("CI") and not shutil.which("checkov"), reason="checkov is fetched in CI only"
)
class TestCheckov:
    def test_it_finds_nothing_that_is_not_excused_with_a_reason(self, tmp_path: Path) -> None:
        own = [str(Path(sys.executable).parent / "uv"), "tool", "run", "--quiet", "--from", CHECKOV, "checkov"]
        found = [shutil.which("checkov") or ""]
        done = subprocess.run(
            [
                *(own if os.environ.get("CI") else found),
                *("-d", str(SOURCE), "--framework", "terraform", "--output", "json", "--quiet"),
                *("--skip-download", "--var-file", str(SOURCE / "environments" / "prod.tfvars")),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        result = json.loads(done.stdout)
        failed = [(each["check_id"], each["resource"]) for each in result["results"]["failed_checks"]]
        assert failed == [], done.stderr
        assert result["summary"]["passed"] > 500
