"""A newcomer's path through the whole bank: a user, accounts, money, and statistics of it that are right."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.conftest import Bank
from tests.e2e.people import PASSWORD, Person, wait_for_statistics
from tests.oracle import Account, PeriodType, Transaction, account_statistics

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def staff(bank: Bank) -> Person:
    email = "review@example.com"
    bank.tidemark("staff", "add", "--email", email, "--name", "Rita Review", "--password-stdin", stdin=PASSWORD)
    return Person(bank.gateway, email=email).sign_in()


@pytest.fixture(scope="module")
def customer(bank: Bank, staff: Person) -> Person:
    """A customer whose identity document was approved."""
    person = Person(bank.gateway).sign_up()
    person.send_photo()
    approve(staff, person)
    return person


def approve(staff: Person, person: Person) -> None:
    staff.done("POST", f"/user/review/{person.user_id}", 200, json={"decision": "approve", "reason": ""})


class TestMainJob:
    def test_money_moves_only_after_approval_and_statistics_follow_by_themselves(
        self, bank: Bank, staff: Person
    ) -> None:
        person = Person(bank.gateway).sign_up()
        person.send_photo()
        checking = person.open_account("checking")["account_id"]
        refused = person.call(
            "POST", f"/account/{checking}/deposit", json={"amount": 1, "source": "external:cash"}
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "user_not_approved")

        waiting = [item["user_id"] for item in staff.done("GET", "/user/review", 200)["items"]]
        assert person.user_id in waiting
        approve(staff, person)
        savings = person.open_account("savings")["account_id"]
        person.deposit(checking, 100_000)
        person.transfer(checking, savings, 25_050, "put by")
        person.transfer(checking, savings, 1)
        assert (person.balance(checking), person.balance(savings)) == (74_949, 25_051)

        wait_for_statistics(person, checking, transactions=3)
        for account_id in (checking, savings):
            assert_statistics_are_right(person, account_id)

    def test_a_stranger_sees_and_moves_nothing(self, bank: Bank, customer: Person) -> None:
        account_id = customer.open_account()["account_id"]
        customer.deposit(account_id, 500)
        stranger = Person(bank.gateway).sign_up()
        for method, path in (
            ("GET", f"/account/{account_id}"),
            ("GET", f"/account/{account_id}/transactions"),
            ("DELETE", f"/account/{account_id}"),
            ("GET", f"/stats/daily?account_id={account_id}"),
        ):
            assert stranger.call(method, path).status_code == 404
        assert Person(bank.gateway).call("GET", f"/account/{account_id}").status_code == 401
        assert customer.balance(account_id) == 500

    def test_after_logout_no_service_takes_the_token(self, bank: Bank) -> None:
        person = Person(bank.gateway).sign_up()
        account_id = person.open_account()["account_id"]
        person.call("POST", "/user/logout").raise_for_status()
        for path in ("/user/me", f"/account/{account_id}", f"/stats/daily?account_id={account_id}"):
            assert person.call("GET", path).status_code == 401

    def test_a_repeated_transfer_with_its_key_moves_money_once(self, customer: Person) -> None:
        source, destination = (customer.open_account()["account_id"] for _ in range(2))
        customer.deposit(source, 1_000)
        body = {"from": source, "to": destination, "amount": 400, "memo": "once"}
        answers = [
            customer.call("POST", "/account/transfer", json=body, headers={"Idempotency-Key": "a-lost-reply"})
            for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({answer.text for answer in answers}) == 1
        assert customer.balance(destination) == 400


class TestGateway:
    @pytest.mark.parametrize(
        "path", ["/", "/nothing", "/users/me", "/user/../account/health", "/account%2Fhealth"]
    )
    def test_what_no_service_answers_is_refused_as_a_problem(self, bank: Bank, path: str) -> None:
        answer = Person(bank.gateway).call("GET", path)
        assert answer.status_code in (400, 401, 404) or answer.url.path == "/account/health"

    @pytest.mark.parametrize(
        ("path", "size_mib", "status"),
        [
            *(("/user/create", size, 413) for size in (2, 5, 6)),
            *(("/account/create", size, status) for size, status in ((2, 401), (5, 401), (6, 413))),
            *(("/stats/metrics", size, status) for size, status in ((2, 405), (5, 405), (6, 413))),
        ],
    )
    def test_a_large_body_is_no_failure(self, bank: Bank, path: str, size_mib: int, status: int) -> None:
        """Refused for its sender, its way or its size, and above 5 MiB by the gateway."""
        body = {"content": b"x" * (size_mib << 20), "headers": {"Content-Type": "application/json"}}
        assert Person(bank.gateway).call("POST", path, **body).status_code == status


PERIODS: tuple[PeriodType, ...] = ("daily", "weekly", "monthly")


def assert_statistics_are_right(person: Person, account_id: str) -> None:
    """Compares all three periods with the oracle, which is given the statement and nothing else."""
    opened_at = person.done("GET", f"/account/{account_id}", 200)["opened_at"]
    account = Account(UUID(account_id), datetime.fromisoformat(opened_at))
    for period in PERIODS:
        answer = person.statistics(period, account_id)
        complete_through = datetime.fromisoformat(answer["complete_through"])
        transactions = [told_transaction(row) for row in person.statement(account_id)]
        expected = account_statistics(account, transactions, period, ZoneInfo("UTC"), complete_through)
        found = {item["period_start"]: (item["status"], item["metrics"]) for item in answer["items"]}
        assert found == {str(row.period_start): (row.status, row.metrics) for row in expected}


def told_transaction(row: dict[str, Any]) -> Transaction:
    """A row of the statement as the oracle takes it."""
    other = row["to"] if row["amount"] < 0 else row["from"]
    return Transaction(
        UUID(row["account_id"]), row["sequence"], datetime.fromisoformat(row["time"]), row["amount"], other
    )


def test_the_clock_of_the_statistics_moves_on_without_new_money(bank: Bank, customer: Person) -> None:
    first = customer.done("GET", "/stats/status", 200)["complete_through"]
    deadline = time.monotonic() + 120
    while customer.done("GET", "/stats/status", 200)["complete_through"] == first:
        assert time.monotonic() < deadline, "complete_through stands still"
        time.sleep(1)
    assert datetime.fromisoformat(first) < datetime.now(UTC)


def test_stats_run_publishes_at_once(bank: Bank) -> None:
    assert "Published." in bank.tidemark("stats", "run").stdout
