"""The services keep to their OpenAPI documents: whatever is sent, the answer is one that is written there."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.secrets import Secrets
from tests.e2e.cast import Things, approved_customer, employee, things_of
from tests.e2e.conftest import Bank
from tests.e2e.people import Person

pytestmark = pytest.mark.slow

SERVICES = ("user", "account", "stats")
# Where staff are answered otherwise than a customer is.
FOR_STAFF = {
    "user": ("ListReviews", "GetReviewPhoto", "DecideReview"),
    "account": (
        *("SearchAccounts", "ApproveAccount", "ApproveUserAccounts", "ReverseTransaction"),
        *("GetAccount", "ListTransactions", "ListOwners", "ListUserAccounts"),
    ),
    "stats": ("GetBankDays", "GetFigures", "GetFigureTransactions", "GetStatsStatus"),
}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
# Seven times in ten a parameter is something that exists: without that most answers would be 404.
EXISTING = {name: name for name in ("account_id", "user_id", "session_id", "token_id", "transaction_id")} | {
    "body.from": "account_id",
    "body.to": "other_account_id",
    "body.user_id": "friend_id",
}
# Envoy knows no QUERY, and answers 400 where 405 is expected.
METHODS = ["get", "put", "post", "delete", "patch", "options", "trace"]


@dataclass(frozen=True)
class Fuzzed:
    """Who calls, and what there is to be called about."""

    callers: dict[str, Person]
    things: Things
    app_secret: str

    def configuration(self, caller: str) -> str:
        """Schemathesis' configuration for one caller, as TOML."""
        token = self.callers[caller].token
        headers = {
            # As somebody at another address: no other test is to be throttled for what this one tries.
            "X-Tidemark-App": self.app_secret,
            "X-Tidemark-Client": "203.0.113.7",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        lines = ["[headers]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in headers.items()]
        # What answers tell is not taken up: the session that is at work here would be found, and ended.
        lines += ["[phases.fuzzing.extra-data-sources]", "responses = false"]
        lines += ["[phases.coverage.extra-data-sources]", "responses = false"]
        lines += ["[phases.coverage]", f"unexpected-methods = {json.dumps(METHODS)}"]
        for name, value in vars(self.things).items():
            lines += [f"[dictionaries.{name}]", f"values = [{json.dumps(value)}]"]
        lines += ["[parameters]"]
        lines += [
            f'"{name}" = {{ dictionary = "{thing}", probability = 0.7 }}' for name, thing in EXISTING.items()
        ]
        return "\n".join(lines)


@pytest.fixture(scope="module")
def fuzzed(bank: Bank) -> Fuzzed:
    """People of whom no other test knows."""
    staff = employee(bank, "staff")
    owner, friend = approved_customer(bank, staff), Person(bank.gateway).sign_up()
    return Fuzzed(
        {"anonymous": Person(bank.gateway), "owner": owner, "staff": staff},
        things_of(owner, friend, is_approved=True),
        Secrets.read(bank.home / "secrets").shared["app_secret"],
    )


@pytest.mark.parametrize("service", SERVICES)
class TestEveryAnswerIsDocumented:
    def test_to_nobody(self, bank: Bank, fuzzed: Fuzzed, tmp_path: Path, service: str) -> None:
        # What is not of the right form is refused alike, whoever sent it.
        fuzz(bank, fuzzed, "anonymous", service, tmp_path, "--mode", "positive", "--phases", "fuzzing")

    def test_to_a_customer(self, bank: Bank, fuzzed: Fuzzed, tmp_path: Path, service: str) -> None:
        # To sign out would leave nothing to be seen.
        fuzz(bank, fuzzed, "owner", service, tmp_path, "--exclude-operation-id", "Logout")
        fuzzed.callers["owner"].done("GET", "/user/me", 200)

    def test_to_staff(self, bank: Bank, fuzzed: Fuzzed, tmp_path: Path, service: str) -> None:
        operations = [word for name in FOR_STAFF[service] for word in ("--include-operation-id", name)]
        fuzz(bank, fuzzed, "staff", service, tmp_path, *operations)
        fuzzed.callers["staff"].done("GET", "/user/me", 200)


def fuzz(bank: Bank, fuzzed: Fuzzed, caller: str, service: str, folder: Path, *options: str) -> None:
    """Runs Schemathesis, with the same requests each time, on one service."""
    configuration = folder / "schemathesis.toml"
    configuration.write_text(fuzzed.configuration(caller))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
            *("run", f"{bank.gateway}/{service}/docs/openapi.json", "--checks", ",".join(CHECKS)),
            *("--phases", "coverage,fuzzing", "--max-examples", "5", "--generation-deterministic", "--no-shrink"),
            *("--continue-on-failure", "--warnings", "off", "--no-color", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
