"""An upgrade of a bank on AWS, and the way back: "Upgrade" and "Rollback" of infra/aws/README.md."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.aws.deploy import aliases
from infra.aws.deploy.aliases import Move
from infra.aws.deploy.archives import require_fresh
from infra.aws.deploy.cloud import Cloud, Tell
from infra.aws.deploy.steps import Step, carry_out
from infra.aws.deploy.terraform import Plan, Terraform
from infra.local.services import SERVICES

PREPARE = "module.pipeline.module.prepare.aws_ecs_task_definition.this"


@dataclass(frozen=True)
class Deployment:
    """One environment, as it is reached from here. `confirm` raises when a person does not agree."""

    terraform: Terraform
    cloud: Cloud
    archives: Path
    checkout: Path
    tell: Tell
    confirm: Callable[[str], object]

    def upgrade(self, *, is_plan_only: bool) -> None:
        """Show the plan, and when it is confirmed bring the bank to it. Raises LocalError."""
        require_fresh(self.archives, self.checkout)
        outputs = self._begin()
        with tempfile.TemporaryDirectory(prefix="tidemark-deploy-") as folder:
            shown = self.terraform.plan(Path(folder, "shown"), is_shown=True)
            tag = shown.variables["image_tag"]
            for url in outputs["repositories"].values():
                self.cloud.require_image(url, tag)
            if is_plan_only:
                self.tell("Only planned; nothing was changed.")
                return
            self.confirm(
                f"Apply this plan with the images {tag}, migrate, and move the services to their new versions?"
            )
            carry_out(self._steps(outputs, shown, Path(folder)), self.tell)
        self.tell(f"Deployed. Dagster and the app change over in the next minutes. {_smoke(outputs)}")

    def roll_back(self) -> None:
        """Let each service's alias point to the version before its present one. Raises LocalError."""
        outputs = self._begin()
        moves = []
        for name, service in outputs["services"].items():
            alias = self.cloud.alias(service["function"], service["alias"])
            moves.append(_move(name, service, aliases.version_before(service["function"], alias)))
            self.tell(f"  {service['function']}: from version {alias.version} to {moves[-1].version}")
        self.confirm("Move the services' aliases like this?")
        step = Step(
            "the services move back",
            lambda: aliases.move(moves, self.cloud, self.tell),
            "all aliases point to where they did, unless said otherwise above; find out why from the log.",
        )
        carry_out([step], self.tell)
        self.tell(
            "Moved. Images, tables and settings are as they were: deploy from the old checkout with its image "
            f"tag, so that all agree. {_smoke(outputs)}"
        )

    def _begin(self) -> dict[str, Any]:
        self.tell(f"AWS: {self.cloud.caller()}")
        self.terraform.start()
        return self.terraform.outputs_of_whole_bank()

    def _steps(self, outputs: dict[str, Any], shown: Plan, folder: Path) -> list[Step]:
        def point_prepare() -> None:
            self.terraform.apply(self.terraform.plan(folder / "prepare", target=PREPARE), shown)

        def migrate() -> None:
            self.cloud.prepare(outputs["ecs_cluster"], outputs["tasks"]["prepare"], self.tell)

        def apply() -> None:
            self.terraform.apply(self.terraform.plan(folder / "rest"), shown)

        def move() -> None:
            moves = [
                _move(name, service, service["version"])
                for name, service in self.terraform.outputs()["services"].items()
            ]
            aliases.move(moves, self.cloud, self.tell)

        old_is_live = "The services run their old version."
        return [
            Step(
                "the task `prepare` gets its image",
                point_prepare,
                f"{old_is_live} Mend what Terraform names and deploy again.",
            ),
            Step(
                "migrations",
                migrate,
                f"{old_is_live} Read the log, mend the cause, deploy again; the task may run any number of times.",
            ),
            Step(
                "the rest of the plan",
                apply,
                f"{old_is_live} Tables are migrated, which it can work with. Deploy again, and read the plan.",
            ),
            Step(
                "the services move to their new versions",
                move,
                "Unless it is said otherwise above, the services run their old version. Find out why from the "
                "function's log, mend it and deploy again. Dagster and the app have their new images: to take "
                "these back, deploy from the old checkout with its image tag.",
            ),
        ]


def _move(name: str, service: dict[str, str], version: str) -> Move:
    return Move(service["function"], service["alias"], version, SERVICES[name].health_path)


def _smoke(outputs: dict[str, Any]) -> str:
    return f"Check it from outside: python -m infra.aws.smoke {outputs['api_url']}"
