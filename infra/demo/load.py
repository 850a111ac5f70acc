"""Moves the town into a running bank: users, accounts and history, people who wait for review, statistics."""

import json
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from infra.demo.applicants import apply
from infra.demo.files import users_as_json_lines, write_history
from infra.demo.town import Town, live
from infra.local.admin import ask_admin
from infra.local.bank import Bank
from infra.local.errors import LocalError
from infra.local.files import write_json
from infra.local.stats_run import run_statistics

STAFF_EMAIL = "staff@tidemark.example"
STAFF_NAME = "Stella Strand"


@dataclass(frozen=True)
class SignIns:
    """Who a visitor may sign in as. Kept with the bank's secrets, so that a second `demo` tells the same."""

    until: str
    customer_email: str
    customer_password: str
    staff_email: str
    staff_password: str
    is_complete: bool

    @classmethod
    def read_or_make(cls, path: Path) -> Self:
        """The sign-ins of an earlier start, also of one that was cut off, or new ones for a town until today."""
        if path.exists():
            return cls(**json.loads(path.read_text()))
        until = datetime.now(UTC).date()
        made = cls(
            until=until.isoformat(),
            customer_email=live(until).visitor.email,
            customer_password=secrets.token_urlsafe(12),
            staff_email=STAFF_EMAIL,
            staff_password=secrets.token_urlsafe(12),
            is_complete=False,
        )
        made.write(path)
        return made

    def write(self, path: Path) -> None:
        """Keep them, for their owner's eyes only."""
        write_json(path, asdict(self))


def load(bank: Bank) -> SignIns:
    """Loads the town, showing progress; safe to repeat. Raises LocalError when the bank refuses something."""
    path = bank.state.secrets / "demo.json"
    signs = SignIns.read_or_make(path)
    if signs.is_complete:
        return signs
    town = live(date.fromisoformat(signs.until))
    steps: list[tuple[str, Callable[[], None]]] = [
        (f"{len(town.customers)} customers, {len(town.accounts)} accounts", lambda: _move_in(bank, town, signs)),
        ("a member of staff", lambda: _hire(bank, signs)),
        ("people who wait for review", lambda: apply(bank.gateway_url)),
        (f"statistics of {len(town.movements):,} movements", lambda: _refresh(bank)),
    ]
    columns = (TextColumn("{task.description:<42}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn()) as progress:
        task = progress.add_task("", total=len(steps))
        for description, step in steps:
            progress.update(task, description=description)
            step()
            progress.advance(task)
    done = SignIns(**asdict(signs) | {"is_complete": True})
    done.write(path)
    return done


def _move_in(bank: Bank, town: Town, signs: SignIns) -> None:
    lines = ask_admin(bank, "users", "add-users", given=users_as_json_lines(town, signs.customer_password))
    ids = {user["email"]: user["user_id"] for user in map(json.loads, lines.splitlines())}
    with tempfile.TemporaryDirectory() as folder:
        accounts, transactions = write_history(town, ids, Path(folder))
        ask_admin(bank, "accounts", "import", str(accounts), str(transactions))


def _hire(bank: Bank, signs: SignIns) -> None:
    options = ("--email", signs.staff_email, "--name", STAFF_NAME, "--password-stdin")
    ask_admin(bank, "users", "staff-add", *options, given=signs.staff_password + "\n")


def _refresh(bank: Bank) -> None:
    if not run_statistics(bank.dagster_url, lambda _line: None, bank.operator_headers):
        raise LocalError("The statistics of the town were not published; `tidemark stats run` tells why.")
