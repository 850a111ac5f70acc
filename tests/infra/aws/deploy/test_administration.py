"""`tidemark cloud`, with an account that remembers what it was asked, and a Terraform that knows the bank."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.cli import main
from tests.infra.aws.deploy.conftest import OUTPUTS, Account


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
        assert (done.exit_code, done.stdout, account.ran) == (code, "what it printed\n", [("prepare", "verify")])
        assert "pending" in done.stderr

    def test_the_warehouse_is_read_anew(self, account: Account) -> None:
        done = CliRunner().invoke(main, ["cloud", "warehouse", "--environment", "dev", "reload", "--may-restate"])
        assert done.exit_code == 0
        assert account.ran == [("prepare", "pipeline", "reload", "--may-restate")]

    def test_keys_are_exchanged_by_the_task_that_may(self, account: Account) -> None:
        done = CliRunner().invoke(main, ["cloud", "keys-rotate", "--environment", "dev"])
        assert (done.exit_code, done.stdout, account.ran) == (0, "what it printed\n", [("keys",)])

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


class TestPasswordsRotate:
    ARGUMENTS = ("cloud", "passwords-rotate", "--environment", "dev")

    def test_all_of_them(self, account: Account) -> None:
        done = CliRunner().invoke(main, self.ARGUMENTS)
        assert (done.exit_code, done.stdout) == (0, "dagster: changed\nusers_app: changed\n")
        assert account.rotated == ["arn:dagster", "arn:users"]

    def test_some(self, account: Account) -> None:
        assert CliRunner().invoke(main, [*self.ARGUMENTS, "users_app"]).exit_code == 0
        assert account.rotated == ["arn:users"]

    def test_a_role_that_is_not_there(self, account: Account) -> None:
        done = CliRunner().invoke(main, [*self.ARGUMENTS, "users_app", "nobody"])
        assert done.exit_code == 2
        assert "There are: dagster, users_app." in done.stderr
        assert account.rotated == []

    def test_one_that_does_not_change_is_named_and_the_others_are_done(self, account: Account) -> None:
        account.stuck = {"arn:dagster"}
        done = CliRunner().invoke(main, self.ARGUMENTS)
        assert (done.exit_code, done.stdout) == (1, "users_app: changed\n")
        assert "Not changed: dagster." in done.stderr
        assert "aws logs tail /aws/lambda/bank-rotation" in done.stderr

    def test_what_aws_refuses_is_one_line(self, account: Account, outputs: Path) -> None:
        """As before the apply with `is_running`: nothing changes passwords yet."""
        empty = OUTPUTS | {"role_secrets": {"users_app": ""}}
        outputs.write_text(json.dumps({name: {"value": each} for name, each in empty.items()}))
        done = CliRunner().invoke(main, self.ARGUMENTS)
        assert done.exit_code == 1
        assert done.stderr.splitlines()[-1].startswith("Error: AWS refuses: ")
        assert "No rotation" in done.stderr
