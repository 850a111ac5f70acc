"""What a service must do itself is done by its own command, in the environment of the running bank."""

import subprocess
import sys
from collections.abc import Mapping

from infra.local.bank import Bank
from infra.local.errors import LocalError
from infra.local.settings import CHECKOUT


def run_admin(bank: Bank, service: str, *arguments: str) -> int:
    """Run `python -m api.<service>.admin …`, with our standard streams; its exit code."""
    return subprocess.run(
        _command(service, arguments), env=bank.admin_environment(service), cwd=CHECKOUT, check=False
    ).returncode


def verify_ledger(bank: Bank) -> int:
    """Run the accounts service's `verify` with the warehouse's copy at hand; its exit code."""
    environment = bank.admin_environment("accounts") | {
        "TIDEMARK_WAREHOUSE_URL": bank.database_url("warehouse"),
        "TIDEMARK_TIME_ZONE": bank.time_zone,
    }
    return subprocess.run(_command("accounts", ("verify",)), env=environment, cwd=CHECKOUT, check=False).returncode


def run_pipeline_admin(bank: Bank, *arguments: str) -> int:
    """Run `python -m pipelines.admin …`, with our standard streams; its exit code."""
    command = [sys.executable, "-m", "pipelines.admin", *arguments]
    return subprocess.run(command, env=bank.pipeline_environment(), cwd=CHECKOUT, check=False).returncode


def ask_pipeline(bank: Bank, *arguments: str) -> str:
    """Run the same and give what it printed. Raises LocalError with its reason."""
    return _asked([sys.executable, "-m", "pipelines.admin", *arguments], bank.pipeline_environment(), "")


def ask_admin(bank: Bank, service: str, *arguments: str, given: str = "") -> str:
    """Run the same with `given` on its standard input; what it printed. Raises LocalError with its reason."""
    return _asked(_command(service, arguments), bank.admin_environment(service), given)


def user_id(bank: Bank, email: str) -> str:
    """The id of the user with this email. Raises LocalError when there is none."""
    return ask_admin(bank, "users", "user-id", "--email", email).strip()


def _asked(command: list[str], environment: Mapping[str, str], given: str) -> str:
    done = subprocess.run(
        command, env=environment, cwd=CHECKOUT, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = done.stderr.strip().removeprefix("Error: ")
        raise LocalError(reason or f"{' '.join(command[2:4])} ended with {done.returncode} and gave no reason")
    return done.stdout


def _command(service: str, arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", f"api.{service}.admin", *arguments]
