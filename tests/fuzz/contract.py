"""Schemathesis on a running bank: does each service answer as its own OpenAPI document says?"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.local.secrets import Secrets
from tests.cluster import REPOSITORY
from tests.e2e.cast import Things, approved_customer, employee, things_of
from tests.e2e.people import Person
from tests.fuzz.operations import PATHS
from tests.running_bank import RunningBank

WITHIN_S = 7_200.0
# Where staff are answered otherwise than a customer is.
FOR_STAFF = {
    "user": (
        "ListReviews",
        "GetReviewPhoto",
        "DecideReview",
        "FindPeople",
        "GetUser",
        "ListUserSessions",
        "SignOutCustomer",
        "IssueResetCode",
    ),
    "account": (
        "SearchAccounts",
        "ApproveAccount",
        "ApproveUserAccounts",
        "ReverseTransaction",
        "GetAccount",
        "ListTransactions",
        "ListOwners",
        "ListUserAccounts",
    ),
    "stats": ("GetBankDays", "GetFigures", "GetFigureTransactions", "GetStatsStatus"),
    "events": ("ListEvents",),
}
# What Schemathesis can't know: an Idempotency-Key that comes again with another body is 422.
EXCEPTIONS = """
[[operations]]
include-operation-id-regex = "^(Create(Deposit|Withdrawal|Transfers?)|ReverseTransaction)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, "5xx"]

# Closed accounts, their owners and statements can still be read, and whoever left an account has done so for good.
[[operations]]
include-operation-id-regex = "^(GetAccount|ListTransactions|ListOwners|ListUserAccounts|GetFigures.*|GetUser)$"
checks.use_after_free.enabled = false
"""
# Seven times in ten a parameter is something that exists: without that most answers would be 404.
EXISTING = {name: name for name in ("account_id", "user_id", "session_id", "token_id", "transaction_id")} | {
    "body.from": "account_id",
    "body.to": "other_account_id",
    "body.user_id": "friend_id",
}
# A QUERY without a content type is 400 at Envoy, as its RFC wants it, and can't be had otherwise. With one, and
# for any other method, a service says 405.
METHODS = ["get", "put", "post", "delete", "patch", "options", "trace"]
CALLERS = {
    # What is not of the right form is refused alike, whoever sent it.
    "anonymous": ("--mode", "positive", "--phases", "fuzzing"),
    # To sign out would leave nothing to be seen.
    "owner": ("--exclude-operation-id", "Logout", "--phases", "examples,coverage,fuzzing"),
    # From each answer to the next call. It would find the session that is at work here, and end it.
    "owner, step by step": (
        *("--exclude-operation-id", "Logout", "--exclude-operation-id", "EndSession"),
        *("--phases", "stateful"),
    ),
    "staff": ("--phases", "coverage,fuzzing"),
}


@dataclass(frozen=True)
class Result:
    """How many requests were sent, and Schemathesis' own words."""

    requests: int
    is_kept: bool
    report: str

    @property
    def verdict(self) -> str:
        """In a word."""
        return "as documented" if self.is_kept else "not as documented"


@dataclass(frozen=True)
class Contract:
    """Who calls, and what there is to be called about."""

    gateway: str
    callers: dict[str, Person]
    things: Things
    app_secret: str

    @classmethod
    def prepare(cls, bank: RunningBank) -> Self:
        """New people, of whom no other test knows."""
        staff = employee(bank, "staff")
        owner, friend = approved_customer(bank, staff), Person(bank.gateway).sign_up()
        return cls(
            bank.gateway,
            {"anonymous": Person(bank.gateway), "owner": owner, "staff": staff},
            things_of(owner, friend, is_approved=True),
            Secrets.read(bank.home / "secrets").shared["app_secret"],
        )

    def caller(self, name: str) -> Person:
        """Who calls, by a name of CALLERS: what comes after a comma says how."""
        return self.callers[name.partition(",")[0]]

    def runs(self) -> Iterator[tuple[str, str]]:
        """Each service and each caller."""
        return ((service, caller) for service in PATHS for caller in CALLERS)

    def follow(self, service: str, caller: str, folder: Path, examples: int, seed: int) -> Result:
        """Runs Schemathesis with so many examples for each operation: for one seed the same requests each time."""
        configuration = folder / "schemathesis.toml"
        configuration.write_text(self._configuration(caller))
        options = list(CALLERS[caller])
        if service == "events":
            # They lead to no other call.
            options[-1] = options[-1].replace("stateful", "fuzzing")
        if caller == "staff":
            options += [word for name in FOR_STAFF[service] for word in ("--include-operation-id", name)]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
                *("run", f"{self.gateway}/{service}/docs/openapi.json", "--checks", "all"),
                *("--max-examples", str(examples), "--seed", str(seed), "--generation-deterministic"),
                *("--no-shrink", "--continue-on-failure", "--warnings", "off", "--no-color", *options),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        report = done.stdout + done.stderr
        counted = re.search(r"([\d,]+) generated", report)
        return Result(int(counted[1].replace(",", "")) if counted else 0, done.returncode == 0, report)

    def _configuration(self, caller: str) -> str:
        """Schemathesis' configuration for one caller, as TOML."""
        token = self.caller(caller).token
        headers = {
            # As somebody at another address: no other test is to be throttled for what this one tries.
            "X-Tidemark-App": self.app_secret,
            "X-Tidemark-Client": "203.0.113.7",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        lines = ['hooks = "tests.fuzz.whole_numbers"', "[headers]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in headers.items()]
        # What answers tell is not taken up: the session that is at work here would be found, and ended.
        lines += ["[phases.fuzzing.extra-data-sources]", "responses = false"]
        lines += ["[phases.coverage.extra-data-sources]", "responses = false"]
        lines += ["[phases.coverage]", f"unexpected-methods = {json.dumps(METHODS)}"]
        things = vars(self.things)
        if caller == "staff":
            # Whom staff sign out should not be who calls elsewhere.
            things = {**things, "user_id": self.things.friend_id}
        for name, value in things.items():
            lines += [f"[dictionaries.{name}]", f"values = [{json.dumps(value)}]"]
        lines += ["[parameters]"]
        lines += [
            f'"{name}" = {{ dictionary = "{thing}", probability = 0.7 }}' for name, thing in EXISTING.items()
        ]
        return "\n".join(lines) + EXCEPTIONS
