"""`tidemark cloud`, with an account that remembers what it was asked, and a Terraform that knows the bank."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from infra.aws.deploy.cloud import Cloud
from infra.cli import main
from infra.local.errors import LocalError

TERRAFORM = """\
#!/bin/sh
case "$1" in
  output) cat "$(dirname "$0")/outputs.json" ;;
esac
"""
OUTPUTS = {
    "prepare": {"task_definition": "bank-prepare"},
    "ecs_cluster": "bank",
    "repositories": {},
    "services": {"users": {"function": "bank-users", "alias": "live", "version": "7"}},
    "api_url": "https://api.example.com",
    "app_url": "https://app.example.com",
}


class Account:
    """In place of AWS."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.obeyed: list[Mapping[str, Any]] = []
        self.exit_code = 0
        self.made: str | None = "a password"

    def run(self, _: Cloud, cluster: str, task: Mapping[str, Any], command: Sequence[str], tell: Any) -> int:
        assert (cluster, task) == ("bank", OUTPUTS["prepare"])
        self.ran.append(tuple(command))
        tell("  pending")
        tell("what it printed")
        return self.exit_code

    def obey(self, _: Cloud, function: str, alias: str, command: str, arguments: Mapping[str, Any]) -> str | None:
        assert (function, alias, command) == ("bank-users", "live", "add_staff")
        self.obeyed.append(arguments)
        if arguments["email"] == "nobody":
            raise LocalError("That can't be. email: It is none.")
        return self.made


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    executable = tmp_path / "terraform"
    executable.write_text(TERRAFORM)
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({name: {"value": each} for name, each in OUTPUTS.items()}))
    return file


@pytest.fixture
def account(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    monkeypatch.setattr(Cloud, "caller", lambda _: "account 1")
    monkeypatch.setattr(Cloud, "run", lambda *arguments: account.run(*arguments))
    monkeypatch.setattr(Cloud, "obey", lambda *arguments: account.obey(*arguments))
    return account


class TestStaffAdd:
    ARGUMENTS = ("cloud", "staff-add", "--environment", "dev", "--name", "Rita", "--email")

    def test_the_password_alone_is_on_standard_output(self, account: Account) -> None:
        done = CliRunner().invoke(main, [*self.ARGUMENTS, "rita@example.com"])
        assert (done.exit_code, done.stdout) == (0, "a password\n")
        assert "rita@example.com is staff now and signs in at https://app.example.com." in done.stderr
        assert "a password" not in done.stderr
        assert account.obeyed == [{"email": "rita@example.com", "name": "Rita", "role": "staff", "password": None}]

    def test_who_is_there_has_a_password(self, account: Account) -> None:
        account.made = None
        done = CliRunner().invoke(main, [*self.ARGUMENTS, "rita@example.com", "--role", "analyst"])
        assert (done.exit_code, done.stdout) == (0, "")
        assert "is analyst now" in done.stderr

    def test_a_refusal_is_one_line(self, account: Account) -> None:
        done = CliRunner().invoke(main, [*self.ARGUMENTS, "nobody"])
        assert (done.exit_code, done.stderr.splitlines()[-1]) == (1, "Error: That can't be. email: It is none.")


class TestTasks:
    @pytest.mark.parametrize("code", [0, 1, 2])
    def test_the_ledger_is_verified_and_the_exit_code_is_its_own(self, account: Account, code: int) -> None:
        account.exit_code = code
        done = CliRunner().invoke(main, ["cloud", "ledger-verify", "--environment", "dev"])
        assert (done.exit_code, done.stdout, account.ran) == (code, "what it printed\n", [("verify",)])
        assert "pending" in done.stderr

    def test_the_warehouse_is_read_anew(self, account: Account) -> None:
        done = CliRunner().invoke(main, ["cloud", "warehouse", "--environment", "dev", "reload", "--may-restate"])
        assert done.exit_code == 0
        assert account.ran == [("pipeline", "reload", "--may-restate")]

    def test_there_is_no_bank_yet(self, account: Account, outputs: Path) -> None:
        outputs.write_text("{}")
        done = CliRunner().invoke(main, ["cloud", "ledger-verify", "--environment", "dev"])
        assert done.exit_code == 1
        assert "no whole bank in this environment yet" in done.stderr
        assert account.ran == []

    def test_an_environment_that_is_not_there(self, account: Account) -> None:
        done = CliRunner().invoke(main, ["cloud", "ledger-verify", "--environment", "nowhere"])
        assert done.exit_code == 2
        assert "There are: dev, prod" in done.stderr
