"""A bank on AWS that is none: an account that remembers what it was asked, and a Terraform that knows the bank."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.aws.deploy.cloud import Cloud
from infra.local.errors import LocalError

TERRAFORM = """\
#!/bin/sh
case "$1" in
  output) cat "$(dirname "$0")/outputs.json" ;;
esac
"""
OUTPUTS = {
    "tasks": {"prepare": {"task_definition": "bank-prepare"}, "keys": {"task_definition": "bank-keys"}},
    "role_secrets": {"users_app": "arn:users", "dagster": "arn:dagster"},
    "functions": {"rotation": "bank-rotation", "scaler": "bank-scaler", "kickoff": "bank-kickoff"},
    "scaler_state": "/bank/scaler",
    "dead_letters": "https://queue.example/bank",
    "ecs_cluster": "bank",
    "repositories": {},
    "services": {"users": {"function": "bank-users", "alias": "live", "version": "7", "memory_mb": 2048}},
    "api_url": "https://api.example.com",
    "app_url": "https://app.example.com",
}


class Account:
    """In place of AWS."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.rotated: list[str] = []
        self.stuck: set[str] = set()
        self.obeyed: list[Mapping[str, Any]] = []
        self.exit_code = 0
        self.made: str | None = "a password"

    def run(self, _: Cloud, cluster: str, task: Mapping[str, Any], command: Sequence[str], tell: Any) -> int:
        assert cluster == "bank"
        self.ran.append((task["task_definition"].removeprefix("bank-"), *command))
        tell("  pending")
        tell("what it printed")
        return self.exit_code

    def obey(self, _: Cloud, function: str, alias: str, command: str, arguments: Mapping[str, Any]) -> str | None:
        assert (function, alias, command) == ("bank-users", "live", "add_staff")
        self.obeyed.append(arguments)
        if arguments["email"] == "nobody":
            raise LocalError("That can't be. email: It is none.")
        return self.made

    def rotate(self, _: Cloud, secret_id: str) -> str:
        if not secret_id:
            raise ClientError(
                {"Error": {"Code": "InvalidRequestException", "Message": "No rotation"}}, "RotateSecret"
            )
        self.rotated.append(secret_id)
        return f"the new one of {secret_id}"

    def wait_rotated(self, _: Cloud, secret_id: str, version: str) -> bool:
        assert version == f"the new one of {secret_id}"
        return secret_id not in self.stuck


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
    monkeypatch.setattr(Cloud, "rotate", lambda *arguments: account.rotate(*arguments))
    monkeypatch.setattr(Cloud, "wait_rotated", lambda *arguments: account.wait_rotated(*arguments))
    return account
