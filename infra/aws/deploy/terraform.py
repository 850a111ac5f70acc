"""Terraform's part of a deployment: one plan is shown, and nothing is applied that was not in it."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.errors import LocalError

NO_CHANGE = (["no-op"], ["read"])
# What the first start of a bank leaves in its state.
OUTPUTS = frozenset(
    {
        *("api_url", "app_url", "dead_letters", "ecs_cluster", "functions", "repositories", "role_secrets"),
        *("scaler_state", "services", "tasks"),
    }
)


@dataclass(frozen=True)
class Plan:
    """A plan in a file: what it would do, as pairs of address and actions, and the variables it was made with."""

    file: Path
    changes: frozenset[tuple[str, str]]
    variables: Mapping[str, Any]


class Terraform:
    """Terraform in the folder of the configuration, for one environment. All methods raise LocalError."""

    def __init__(
        self, folder: Path, environment: str, image_tag: str | None = None, replaced: Sequence[str] = ()
    ) -> None:
        self._folder = folder
        self._backend = f"environments/{environment}.s3.tfbackend"
        self._variables = [f"-var-file=environments/{environment}.tfvars"]
        self._variables += [f"-var=image_tag={image_tag}"] if image_tag else []
        self._replaced = [f"-replace={address}" for address in replaced]

    def start(self) -> None:
        """Fetch the provider and turn to the environment's state."""
        if shutil.which("terraform") is None:
            raise LocalError(
                "Terraform is not on the PATH. Install 1.11 or newer (infra/aws/README.md). Nothing was changed."
            )
        self._ask("init", "-input=false", "-no-color", "-reconfigure", f"-backend-config={self._backend}")

    def outputs(self) -> dict[str, Any]:
        """What the last apply told; nothing when there was none."""
        told = json.loads(self._ask("output", "-json"))
        return {name: output["value"] for name, output in told.items()}

    def outputs_of_whole_bank(self) -> dict[str, Any]:
        """The same, of a bank that has had its first start."""
        outputs = self.outputs()
        if not outputs.keys() >= OUTPUTS:
            raise LocalError(
                "There is no whole bank in this environment yet. Its first start takes more than an upgrade: "
                'infra/aws/README.md, "From an empty account to a working bank". Nothing was changed.'
            )
        return outputs

    def plan(self, file: Path, *, target: str | None = None, is_shown: bool = False) -> Plan:
        """Plan into `file`, which then holds secrets: all, or one resource with what it needs."""
        arguments = ["plan", "-input=false", f"-out={file}", *self._variables]
        # What is made anew is so once, with the rest.
        arguments += [f"-target={target}"] if target else self._replaced
        (self._show if is_shown else self._ask)(*arguments)
        content = json.loads(self._ask("show", "-json", str(file)))
        changes = {
            (each["address"], "/".join(each["change"]["actions"]))
            for each in content.get("resource_changes", [])
            if each["change"]["actions"] not in NO_CHANGE
        }
        variables = {name: each.get("value") for name, each in content.get("variables", {}).items()}
        return Plan(file, frozenset(changes), variables)

    def apply(self, plan: Plan, shown: Plan) -> None:
        """Apply a plan, if all of it was in the one that a person has seen."""
        if unseen := sorted(" ".join(change) for change in plan.changes - shown.changes):
            raise LocalError(
                f"The account has changed since the plan was shown; now there would also be: {', '.join(unseen)}."
            )
        self._show("apply", "-input=false", str(plan.file))

    def _show(self, *arguments: str) -> None:
        """Run it before the person's eyes."""
        color = () if sys.stdout.isatty() else ("-no-color",)
        command = ["terraform", arguments[0], *color, *arguments[1:]]
        sys.stdout.flush()
        done = self._to_its_end(command, None)
        if done.returncode != 0:
            raise LocalError(f"`terraform {arguments[0]}` failed (exit code {done.returncode}); why stands above.")

    def _ask(self, *arguments: str) -> str:
        done = self._to_its_end(["terraform", *arguments], subprocess.PIPE)
        if done.returncode != 0:
            raise LocalError(f"`terraform {arguments[0]}` failed: {(done.stderr or done.stdout).strip()[-3000:]}")
        return done.stdout

    def _to_its_end(self, command: list[str], output: int | None) -> subprocess.CompletedProcess[str]:
        """Run it. An interruption reaches Terraform too, which needs its time to leave state and lock in order."""
        interruptions: list[int] = []
        before = signal.signal(signal.SIGINT, lambda number, _frame: interruptions.append(number))
        try:
            done = subprocess.run(command, cwd=self._folder, stdout=output, stderr=output, text=True, check=False)
        finally:
            signal.signal(signal.SIGINT, before)
        if interruptions:
            raise KeyboardInterrupt
        return done
