"""`tidemark deploy` from its first question to its last step, with a Terraform that notes what it is asked."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from infra.aws.deploy.cloud import Alias, Cloud
from infra.aws.deploy.deployment import PREPARE as TARGET
from infra.aws.deploy.deployment import Deployment
from infra.aws.deploy.terraform import Terraform
from infra.cli import main
from infra.local.errors import LocalError
from infra.local.services import SERVICES

# What a plan would do lies in a file of its name; `fails-NAME` makes the plan's apply fail.
TERRAFORM = """\
#!/bin/sh
echo "$@" >> asked
case "$1" in
  output) cat outputs.json ;;
  show) cat "$(basename "$3").json" ;;
  init) if [ -f broken ]; then echo "no such bucket" >&2; exit 1; fi ;;
  apply) if [ -f "fails-$(basename "$(eval echo \\${$#})")" ]; then exit 1; fi ;;
esac
"""
PREPARE = (TARGET, ["delete", "create"])
FUNCTION = ('module.services.aws_lambda_function.service["users"]', ["update"])
CHANGES = (PREPARE, FUNCTION)


@dataclass
class FakeCloud(Cloud):
    """Remembers what was done; `sick` names what is not well."""

    done: list[str] = field(default_factory=list)
    sick: set[str] = field(default_factory=set)
    aliases: dict[str, Alias] = field(
        default_factory=lambda: {f"bank-{each}": Alias("6", "version 6, before it 5") for each in SERVICES}
    )

    def caller(self) -> str:
        return "account 1"

    def require_image(self, url: str, tag: str) -> None:
        if tag in self.sick:
            raise LocalError(f"There is no image {tag}.")

    def prepare(self, cluster: str, task: Any, tell: Any) -> None:
        assert (cluster, task) == ("bank", {"task_definition": "bank-prepare"})
        self.done.append("prepare")
        if "prepare" in self.sick:
            raise LocalError("it ended with exit code 1.")

    def alias(self, function: str, name: str) -> Alias:
        return self.aliases[function]

    def point(self, function: str, name: str, alias: Alias) -> None:
        self.aliases[function] = alias

    def check_health(self, function: str, qualifier: str, path: str) -> None:
        self.done.append(f"{function}:{qualifier}")
        if f"{function}:{qualifier}" in self.sick:
            raise LocalError(f"{function}:{qualifier} is not healthy.")

    @property
    def versions(self) -> set[str]:
        return {alias.version for alias in self.aliases.values()}


@dataclass
class World:
    """A checkout with fresh archives, and a folder where `terraform` is asked."""

    folder: Path
    cloud: FakeCloud = field(default_factory=FakeCloud)
    told: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    answer: Callable[[], object] = lambda: None

    @property
    def deployment(self) -> Deployment:
        def confirm(question: str) -> None:
            self.questions.append(question)
            self.answer()

        terraform = Terraform(self.folder, "dev", "0.3.0-1")
        return Deployment(terraform, self.cloud, self.folder, self.folder, self.told.append, confirm)

    def planned(self, file: str, *changes: tuple[str, list[str]]) -> None:
        content = {
            "variables": {"image_tag": {"value": "0.3.0-1"}},
            "resource_changes": [
                {"address": address, "change": {"actions": actions}}
                for address, actions in (*changes, ("data.aws_region.this", ["read"]), ("other", ["no-op"]))
            ],
        }
        (self.folder / f"{file}.json").write_text(json.dumps(content))

    @property
    def applied(self) -> list[str]:
        asked = (self.folder / "asked").read_text().splitlines()
        return [line.rpartition("/")[2] for line in asked if line.startswith("apply ")]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    executable = tmp_path / "bin" / "terraform"
    executable.parent.mkdir()
    executable.write_text(TERRAFORM)
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", f"{executable.parent}:{os.environ['PATH']}")
    world = World(tmp_path)
    services = {each: {"function": f"bank-{each}", "alias": "live", "version": "7"} for each in SERVICES}
    outputs = {
        "tasks": {"prepare": {"task_definition": "bank-prepare"}},
        **{name: {} for name in ("role_secrets", "functions", "scaler_state", "dead_letters")},
        "ecs_cluster": "bank",
        "repositories": {"dagster": "host/bank-dagster", "app": "host/bank-app"},
        "services": services,
        "api_url": "https://api.example.com",
        "app_url": "https://app.example.com",
    }
    (tmp_path / "outputs.json").write_text(json.dumps({name: {"value": each} for name, each in outputs.items()}))
    world.planned("shown", *CHANGES)
    world.planned("prepare", PREPARE)
    world.planned("rest", FUNCTION)
    return world


class TestUpgrade:
    def test_the_plan_is_confirmed_then_migrations_then_the_rest_then_the_aliases(self, world: World) -> None:
        world.deployment.upgrade(is_plan_only=False)
        assert world.applied == ["prepare", "rest"]
        assert world.cloud.done[0] == "prepare"
        assert world.cloud.versions == {"7"}
        assert world.cloud.aliases["bank-users"].description == "version 7, before it 6"
        (question,) = world.questions
        assert "0.3.0-1" in question
        assert [line for line in world.told if line.startswith("[")] == [
            "[1/4] the task `prepare` gets its image",
            "[2/4] migrations",
            "[3/4] the rest of the plan",
            "[4/4] the services move to their new versions",
        ]
        assert "python -m infra.aws.smoke https://api.example.com" in world.told[-1]

    def test_terraform_is_asked_about_this_environment_and_image(self, world: World) -> None:
        world.deployment.upgrade(is_plan_only=True)
        init, *_, plan, _ = (world.folder / "asked").read_text().splitlines()
        assert init.endswith("-reconfigure -backend-config=environments/dev.s3.tfbackend")
        assert plan.endswith("/shown -var-file=environments/dev.tfvars -var=image_tag=0.3.0-1")

    def test_no_file_of_a_plan_is_left(self, world: World) -> None:
        """It holds the secrets of the configuration."""
        world.deployment.upgrade(is_plan_only=False)
        lines = (world.folder / "asked").read_text().splitlines()
        (folder,) = {Path(line.split()[-1]).parent for line in lines if line.startswith("apply ")}
        assert not folder.exists()

    def test_only_planned_changes_nothing(self, world: World) -> None:
        world.deployment.upgrade(is_plan_only=True)
        assert (world.applied, world.cloud.done, world.questions) == ([], [], [])

    def test_who_does_not_agree_has_changed_nothing(self, world: World) -> None:
        def refuse() -> None:
            raise RuntimeError("no")

        world.answer = refuse
        with pytest.raises(RuntimeError):
            world.deployment.upgrade(is_plan_only=False)
        assert (world.applied, world.cloud.done) == ([], [])

    def test_failed_migrations_leave_the_rest_alone(self, world: World) -> None:
        world.cloud.sick = {"prepare"}
        with pytest.raises(LocalError, match="migrations: it ended with exit code 1") as failed:
            world.deployment.upgrade(is_plan_only=False)
        assert world.applied == ["prepare"]
        assert world.cloud.versions == {"6"}
        assert "Done: the task `prepare` gets its image." in str(failed.value)
        assert "The services run their old version. Read the log" in str(failed.value)

    def test_a_failed_apply_leaves_the_aliases_alone(self, world: World) -> None:
        (world.folder / "fails-rest").touch()
        with pytest.raises(LocalError, match=r"the rest of the plan: `terraform apply` failed \(exit code 1\)"):
            world.deployment.upgrade(is_plan_only=False)
        assert world.cloud.versions == {"6"}

    @pytest.mark.parametrize("file", ["prepare", "rest"])
    def test_what_was_not_shown_is_not_applied(self, world: World, file: str) -> None:
        world.planned(file, PREPARE, ("module.data.aws_rds_cluster.this", ["delete", "create"]))
        with pytest.raises(
            LocalError, match=r"there would also be: module\.data\.aws_rds_cluster\.this delete/create"
        ):
            world.deployment.upgrade(is_plan_only=False)
        assert file not in world.applied
        assert world.cloud.versions == {"6"}

    @pytest.mark.parametrize("sick", ["bank-stats:7", "bank-stats:live"])
    def test_when_one_service_is_sick_all_stay_on_the_old_version(self, world: World, sick: str) -> None:
        world.cloud.sick = {sick}
        with pytest.raises(LocalError, match=f"{sick} is not healthy") as failed:
            world.deployment.upgrade(is_plan_only=False)
        assert world.cloud.versions == {"6"}
        assert "Dagster and the app have their new images" in str(failed.value)


class TestRefusals:
    """Before anything was changed, and so before any question."""

    @pytest.fixture(autouse=True)
    def _nothing_is_changed(self, world: World) -> Any:
        yield
        assert world.questions == []
        assert not (world.folder / "asked").exists() or world.applied == []

    def test_an_image_that_is_not_there(self, world: World) -> None:
        world.cloud.sick = {"0.3.0-1"}
        with pytest.raises(LocalError, match="no image"):
            world.deployment.upgrade(is_plan_only=False)

    def test_no_terraform(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(world.folder))
        with pytest.raises(LocalError, match="Terraform is not on the PATH"):
            world.deployment.upgrade(is_plan_only=False)

    def test_no_state(self, world: World) -> None:
        (world.folder / "broken").touch()
        with pytest.raises(LocalError, match="`terraform init` failed: no such bucket"):
            world.deployment.upgrade(is_plan_only=False)

    @pytest.mark.parametrize("how", [lambda each: each.upgrade(is_plan_only=False), Deployment.roll_back])
    def test_an_empty_account(self, world: World, how: Callable[[Deployment], None]) -> None:
        (world.folder / "outputs.json").write_text("{}")
        with pytest.raises(LocalError, match="no whole bank in this environment yet"):
            how(world.deployment)

    def test_archives_that_are_missing(self, world: World) -> None:
        handler = world.folder / "api" / "users" / "handler.py"
        handler.parent.mkdir(parents=True)
        handler.touch()
        with pytest.raises(LocalError, match=r"users\.zip is missing"):
            world.deployment.upgrade(is_plan_only=False)


class TestRollBack:
    def test_all_services_move_to_the_version_before(self, world: World) -> None:
        world.deployment.roll_back()
        assert world.cloud.versions == {"5"}
        assert len(world.questions) == 1
        # And forward again.
        world.deployment.roll_back()
        assert world.cloud.versions == {"6"}

    def test_a_sick_version_is_no_way_back(self, world: World) -> None:
        world.cloud.sick = {"bank-stats:5"}
        with pytest.raises(LocalError, match="bank-stats:5 is not healthy"):
            world.deployment.roll_back()
        assert world.cloud.versions == {"6"}

    def test_without_a_note_nothing_is_moved(self, world: World) -> None:
        world.cloud.aliases["bank-stats"] = Alias("6", "")
        with pytest.raises(LocalError, match="Which version of bank-stats was before 6 is not written"):
            world.deployment.roll_back()
        assert (world.cloud.versions, world.questions) == ({"6"}, [])


class TestCommand:
    def test_an_unknown_environment_is_refused_with_those_there_are(self) -> None:
        done = CliRunner().invoke(main, ["deploy", "--environment", "nowhere"])
        assert done.exit_code == 2
        assert "There is no environment nowhere. There are: dev, prod." in done.output

    def test_what_aws_refuses_before_the_first_step_is_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_: Deployment) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "You may not"}}, "GetAlias")

        monkeypatch.setattr(Deployment, "roll_back", refuse)
        # The handler of this process stays what it is.
        monkeypatch.setattr("signal.signal", lambda *_: None)
        done = CliRunner().invoke(main, ["deploy", "--environment", "dev", "--rollback"])
        assert done.exit_code == 1
        assert done.output.startswith("Error: AWS refuses: ")
        assert "You may not" in done.output

    def test_a_rollback_takes_no_image(self) -> None:
        done = CliRunner().invoke(main, ["deploy", "--environment", "dev", "--rollback", "--image-tag", "1"])
        assert done.exit_code == 2
