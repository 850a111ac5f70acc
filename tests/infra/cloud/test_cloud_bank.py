"""`tidemark up --cloud`: the main job through the archives, and what is left when it ends or a part of it does."""

import io
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from infra.local.cloud.parts import NAME
from tests.e2e.conftest import REFUSED_BY_API_GATEWAY
from tests.e2e.people import PASSWORD, Person
from tests.running_bank import RunningBank, running_bank

# The first start builds three archives.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    """Faster hashing, which is not what is looked at."""
    hashing = {"TIDEMARK_HASH_MEMORY_KIB": "64", "TIDEMARK_HASH_ROUNDS": "1", "TIDEMARK_HASH_PERCENT": "100"}
    bank = RunningBank(
        tmp_path_factory.mktemp("cloud") / "bank",
        *("--cloud", "--no-ui", "--no-pipeline"),
        **hashing,
    )
    bank.start()
    yield bank
    bank.kill()


@pytest.fixture(scope="module")
def staff(bank: RunningBank) -> Person:
    email = "review@example.com"
    bank.tidemark("staff", "add", "--email", email, "--name", "Rita Review", "--password-stdin", stdin=PASSWORD)
    return Person(bank.gateway, email=email).sign_in()


@pytest.fixture(scope="module")
def customer(bank: RunningBank, staff: Person) -> Person:
    person = Person(bank.gateway).sign_up()
    person.send_photo()
    staff.done("POST", f"/user/review/{person.user_id}", 200, json={"decision": "approve", "reason": ""})
    return person


@pytest.fixture(scope="module")
def newcomer(bank: RunningBank) -> Person:
    return Person(bank.gateway).sign_up()


def emulator(bank: RunningBank) -> psutil.Process:
    """The process that the launcher started."""
    (process,) = psutil.Process(bank.pid(NAME)).children()
    return process


class TestMainJob:
    def test_from_sign_up_to_a_statement(self, bank: RunningBank, staff: Person) -> None:
        ada = Person(bank.gateway).sign_up()
        checking = ada.open_account()["account_id"]
        ada.send_photo()
        shown = staff.call("GET", f"/user/review/{ada.user_id}/photo")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(shown.content)).size == (320, 200)
        staff.done("POST", f"/user/review/{ada.user_id}", 200, json={"decision": "approve", "reason": ""})
        savings = ada.open_account("savings")["account_id"]
        ada.deposit(checking, 1_000)
        ada.transfer(checking, savings, 250, "put by: ä €")
        assert [row["amount"] for row in ada.statement(checking)] == [1_000, -250]
        assert ada.statement(savings)[0]["memo"] == "put by: ä €"
        table = ada.call("GET", f"/account/{checking}/transactions", headers={"Accept": "text/csv"})
        assert (table.status_code, table.text.count("\n")) == (200, 3)
        assert ada.done("GET", "/stats/status", 200)["complete_through"] is None

        ada.done("POST", "/user/logout", 204)
        answer = ada.call("GET", f"/account/{checking}")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")

    def test_a_transfer_posts_once_for_its_key(self, customer: Person) -> None:
        account = customer.open_account()["account_id"]
        key = {"Idempotency-Key": "once"}
        body = {"amount": 700, "source": "external:cash"}
        answers = [customer.call("POST", f"/account/{account}/deposit", json=body, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert customer.balance(account) == 700


class TestOperators:
    def test_what_functions_log_is_in_the_parts_log(self, bank: RunningBank, customer: Person) -> None:
        account = customer.open_account()["account_id"]
        (part,) = [part for part in bank.status()["parts"] if part["name"] == NAME]
        deadline = time.monotonic() + 30
        while '"route":"/account/create"' not in (log := Path(part["log_file"]).read_text()):
            assert time.monotonic() < deadline, log
            time.sleep(0.2)
        assert "RequestId:" not in log
        assert account not in log

    def test_there_are_no_instances_to_scale(self, bank: RunningBank) -> None:
        done = bank.tidemark("scale", "accounts", "3", check=False)
        assert (done.returncode, "start as calls need them" in done.stderr) == (1, True)


class TestAuthorizer:
    def test_without_a_token_only_what_is_documented_so_reaches_a_service(self, bank: RunningBank) -> None:
        anyone = Person(bank.gateway)
        for service in ("user", "account", "stats", "events"):
            document = anyone.done("GET", f"/{service}/docs/openapi.json", 200)
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    if method != "parameters":
                        assert self._is_refused(anyone, method, path) == needs_token(document, operation), path

    def test_a_refresh_reaches_the_service(self, bank: RunningBank) -> None:
        """Whose token has just expired may have a new one, and the authorizer takes no such token."""
        answer = Person(bank.gateway).call("POST", "/user/refresh")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")

    def test_a_token_of_another_signature_is_refused(self, bank: RunningBank, customer: Person) -> None:
        head, claims, signature = customer.token.split(".")
        forged = Person(bank.gateway, token=f"{head}.{claims}.{signature[::-1]}")
        assert forged.call("GET", "/user/me").json() == REFUSED_BY_API_GATEWAY

    def _is_refused(self, anyone: Person, method: str, path: str) -> bool:
        answer = anyone.call(method.upper(), path.replace("{", "").replace("}", ""))
        return answer.status_code == 401 and answer.json() == REFUSED_BY_API_GATEWAY


def needs_token(document: dict[str, Any], operation: dict[str, Any]) -> bool:
    """A refresh says that it needs one; API Gateway leaves that to the service."""
    alternatives = operation.get("security", document.get("security", []))
    return bool(alternatives) and {} not in alternatives and operation["operationId"] != "Refresh"


class TestEnds:
    """In this order: each test goes on with the bank as the one before left it."""

    def test_nothing_but_loopback_and_no_port_of_the_emulator(self, bank: RunningBank) -> None:
        assert bank.process is not None
        ours = {process.pid for process in psutil.Process(bank.process.pid).children(recursive=True)}
        listening = {
            (connection.laddr.ip, connection.laddr.port - bank.base)
            for connection in psutil.net_connections("tcp")
            if connection.pid in ours and connection.status == psutil.CONN_LISTEN
        }
        assert listening == {("127.0.0.1", offset) for offset in (0, 4, 5)}  # gateway, Postgres, emulated AWS

    def test_the_emulator_is_killed_and_comes_back_with_its_functions(
        self, bank: RunningBank, customer: Person
    ) -> None:
        account = customer.open_account()["account_id"]
        customer.deposit(account, 5)
        launcher, workers = bank.pid(NAME), emulator(bank).children()
        assert len(workers) >= 5
        emulator(bank).kill()
        deadline, statuses = time.monotonic() + 120, set[int]()
        while bank.pid(NAME) == launcher or not bank.status()["is_healthy"]:
            assert time.monotonic() < deadline, bank.status()
            statuses.add(customer.call("GET", "/user/me").status_code)
            time.sleep(0.1)
        assert statuses <= {200, 503}
        assert not any(worker.is_running() for worker in workers)
        assert customer.balance(account) == 5

    def test_up_is_killed_and_nothing_is_left(self, bank: RunningBank, newcomer: Person) -> None:
        bank.kill()
        assert bank.left() == []

    def test_another_start_goes_on_and_ends_well(self, bank: RunningBank, newcomer: Person) -> None:
        bank.start()
        newcomer.sign_in().send_photo()
        bank.stop(signal.SIGINT)
        assert not (bank.home / "cloud" / "unpacked").exists()

    def test_the_usual_form_goes_on_with_the_same_bank(
        self, bank: RunningBank, staff: Person, newcomer: Person
    ) -> None:
        with running_bank(bank.home, "--no-ui", "--no-pipeline") as usual:
            staff.gateway = usual.gateway
            shown = staff.sign_in().call("GET", f"/user/review/{newcomer.user_id}/photo")
            assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
