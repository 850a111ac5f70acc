"""Terraform in a copy of `infra/aws`, against an emulated AWS."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local.services import SERVICES
from tests.cluster import REPOSITORY
from tests.infra.aws.questions import FUNCTIONS
from tests.tls import Authority

SOURCE = REPOSITORY / "infra" / "aws"
PROVIDER = "hashicorp/aws/5.100.0"
# Where machines keep providers that they unpacked; below it lie host, owner, name and version.
ROOTS = ("/opt", "/usr/local/share", "/usr/share", "/usr/local/lib", str(Path.home() / ".terraform.d"))
ARCHIVES = (*SERVICES, *FUNCTIONS)
LIMIT_S = 540

# The emulator's addresses have no bucket in front, and the state lies beside.
OVERRIDE = """\
terraform {
  backend "local" {}
}

provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  max_retries                 = 2
}

provider "aws" {
  alias                       = "us_east_1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  max_retries                 = 2
}
"""


class TerraformError(Exception):
    """A command failed; the text is what it printed."""


@dataclass(frozen=True)
class Terraform:
    """A working folder that is initialised. `environment` reaches the emulated AWS."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        """What `terraform ARGUMENTS` prints. Raises TerraformError."""
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        if done.returncode != 0:
            raise TerraformError(f"terraform {arguments[0]}: {done.stdout[-6000:]}{done.stderr[-12000:]}")
        return done.stdout

    def plan(self, environment: str, file: str = "plan", *arguments: str) -> "Plan":
        """What would change with environments/ENVIRONMENT.tfvars. Raises TerraformError."""
        variables = (f"-var-file=environments/{environment}.tfvars", f"-out={file}")
        self.run("plan", "-input=false", "-no-color", *variables, *arguments)
        return Plan(json.loads(self.run("show", "-json", file)))


@dataclass(frozen=True)
class Plan:
    """`terraform show -json` of a plan."""

    content: Mapping[str, Any]

    def resources(self, kind: str | None = None) -> dict[str, dict[str, Any]]:
        """The planned values of all resources, or of one type, by address."""
        return {
            each["address"]: each.get("values", {})
            for each in _all(self.content["planned_values"]["root_module"])
            if each["mode"] == "managed" and kind in (None, each["type"])
        }

    def named(self, kind: str, part: str) -> list[dict[str, Any]]:
        """The planned values of resources of one type whose address has `part` in it."""
        return [values for address, values in self.resources(kind).items() if part in address]

    @property
    def unknown(self) -> dict[str, dict[str, Any]]:
        """By address: what is known after apply."""
        return {each["address"]: each["change"]["after_unknown"] for each in self.content["resource_changes"]}

    def settings(self, part: str) -> set[str]:
        """The names of the variables that a part of the bank is told; most values are known after apply."""
        return set(self.content["planned_values"]["outputs"]["settings"]["value"][part])

    @property
    def changes(self) -> dict[str, set[str]]:
        """By resource (without a key): which of its attributes would change; nothing for what is only read."""
        found: dict[str, set[str]] = {}
        for each in self.content["resource_changes"]:
            change = each["change"]
            if change["actions"] in (["no-op"], ["read"]):
                continue
            before, after = change["before"] or {}, change["after"] or {}
            names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
            names |= {name for name, is_unknown in change["after_unknown"].items() if is_unknown is True}
            found.setdefault(f"{each['module_address']}.{each['type']}.{each['name']}", set()).update(names)
        return found


def _all(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _all(child)


def plugin_folder(roots: Iterable[str] = ROOTS) -> Path | None:
    """The folder of unpacked providers (`terraform init -plugin-dir`) that this machine has, if any."""
    if named := os.environ.get("TIDEMARK_TF_PLUGINS"):
        return Path(named)
    for root in map(Path, roots):
        for pattern in (f"*/{PROVIDER}", f"*/*/{PROVIDER}"):
            for found in root.glob(pattern):
                return found.parents[3]
    return None


def terraform(folder: Path, aws: Mapping[str, str]) -> Terraform:
    """An initialised copy of `infra/aws` in `folder`. Skips the test without Terraform or its provider."""
    if shutil.which("terraform") is None:
        pytest.skip("Terraform is not on the PATH")
    plugins = plugin_folder()
    if plugins is None and not os.environ.get("CI"):
        pytest.skip(
            f"the provider {PROVIDER} is in none of {', '.join(ROOTS)}; TIDEMARK_TF_PLUGINS names a folder"
        )
    shutil.copytree(SOURCE, folder / "aws", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    working = Terraform(
        folder / "aws",
        {
            **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            **aws,
            "AWS_DEFAULT_REGION": aws["AWS_REGION"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "TF_VAR_archives": str(_archives(folder / "aws" / "tests" / "archives")),
            "TF_VAR_database_ca": str(_authority(folder / "database-ca.pem")),
        },
    )
    (working.folder / "emulator_override.tf").write_text(OVERRIDE)
    working.run("init", "-input=false", "-no-color", *([f"-plugin-dir={plugins}"] if plugins else []))
    return working


def _authority(file: Path) -> Path:
    """In place of the one that signs the database's certificate."""
    file.write_text(Authority.make("RDS").pem)
    return file


def _archives(folder: Path) -> Path:
    """Files of the archives' names: what is in them is another test's."""
    folder.mkdir()
    for name in ARCHIVES:
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr("handler.py", "")
    return folder
