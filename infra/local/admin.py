"""What a service must do itself is done by its own command, in the environment of the running bank."""

import subprocess
import sys

from infra.local.bank import Bank
from infra.local.errors import LocalError
from infra.local.settings import CHECKOUT


def run_admin(bank: Bank, service: str, *arguments: str) -> int:
    """Run `python -m api.<service>.admin …`, with our standard streams; its exit code."""
    return subprocess.run(
        _command(service, arguments), env=bank.admin_environment(service), cwd=CHECKOUT, check=False
    ).returncode


def user_id(bank: Bank, email: str) -> str:
    """The id of the user with this email. Raises LocalError when there is none."""
    done = subprocess.run(
        _command("users", ("user-id", "--email", email)),
        env=bank.admin_environment("users"),
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalError(f"The owner can't be found: {done.stderr.strip() or 'the users service gave no reason'}.")
    return done.stdout.strip()


def _command(service: str, arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", f"api.{service}.admin", *arguments]
