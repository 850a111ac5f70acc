"""A bank's real history brought in with the command, and its statistics as the API tells them."""

import csv
import gzip
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.conftest import Bank
from tests.e2e.people import PASSWORD, Person
from tests.oracle import Account, PeriodType, Transaction, account_statistics

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ACCOUNTS, TRANSACTIONS = DATA / "pkdd99-accounts.csv.gz", DATA / "pkdd99-transactions.csv.gz"
PERIODS: tuple[PeriodType, ...] = ("daily", "weekly", "monthly")
EVERY = 60


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def account_ids(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The account that each one of the files became."""
    if not ACCOUNTS.exists():
        pytest.skip("the real data does not lie beside the repository")
    map_file = tmp_path_factory.mktemp("import") / "map.csv"
    done = bank.tidemark("import", str(ACCOUNTS), str(TRANSACTIONS), "--map", str(map_file))
    assert "49,102 movements imported" in done.stdout + done.stderr
    with map_file.open(newline="") as file:
        return {row["account"]: row["account_id"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def analyst(bank: Bank) -> Person:
    email = "analyst@example.com"
    options = ("--email", email, "--name", "Ann Alyst", "--role", "analyst", "--password-stdin")
    bank.tidemark("staff", "add", *options, stdin=PASSWORD)
    return Person(bank.gateway, email=email).sign_in()


def all_items(person: Person, period: str, account_id: str) -> tuple[list[dict[str, object]], str]:
    """Every period of an account, page by page, and the complete_through that all pages share."""
    items: list[dict[str, object]] = []
    seen = set()
    parameters = {"account_id": account_id, "limit": "1000", "to": "1995-01-01"}
    while True:
        page = person.done("GET", f"/stats/{period}", 200, params=parameters)
        items += page["items"]
        seen.add(page["complete_through"])
        if page["next_cursor"] is None:
            return items, seen.pop()
        parameters = parameters | {"cursor": page["next_cursor"]}


def test_imported_history_has_right_statistics(bank: Bank, account_ids: dict[str, str], analyst: Person) -> None:
    bank.tidemark("stats", "run")
    by_account: dict[str, list[dict[str, str]]] = {}
    for row in rows(TRANSACTIONS):
        by_account.setdefault(row["account"], []).append(row)
    for told in rows(ACCOUNTS)[::EVERY]:
        account_id = UUID(account_ids[told["account"]])
        account = Account(account_id, datetime.fromisoformat(told["opened_at"]))
        transactions = [
            Transaction(
                account_id, n, datetime.fromisoformat(row["time"]), int(row["amount"]), row["counterparty"]
            )
            for n, row in enumerate(by_account.get(told["account"], []), 1)
        ]
        for period in PERIODS:
            items, complete_through = all_items(analyst, period, str(account_id))
            expected = account_statistics(
                account, transactions, period, ZoneInfo("UTC"), datetime.fromisoformat(complete_through)
            )
            wanted = {str(row.period_start): (row.status, row.metrics) for row in expected}
            assert len(items) > 0
            for item in items:
                assert (item["status"], item["metrics"]) == wanted[str(item["period_start"])]


def test_the_same_files_a_second_time_add_nothing(bank: Bank, account_ids: dict[str, str]) -> None:
    done = bank.tidemark("import", str(ACCOUNTS), str(TRANSACTIONS))
    assert "0 movements imported" in done.stdout + done.stderr


def test_a_wrong_row_is_named_and_nothing_of_the_file_is_kept(bank: Bank, tmp_path: Path) -> None:
    accounts, transactions = tmp_path / "accounts.csv", tmp_path / "transactions.csv"
    accounts.write_text(
        "account,type,currency,overdraft_limit,opened_at\nwrong-1,checking,EUR,0,2026-01-01T00:00:00Z\n"
    )
    header = "time,account,amount,counterparty,memo,reference\n"
    good = "2026-01-02T09:00:00Z,wrong-1,100,external:cash,,w1\n"
    transactions.write_text(header + good + "2026-01-03T09:00:00Z,wrong-1,1.50,external:cash,,w2\n")
    refused = bank.tidemark("import", str(accounts), str(transactions), check=False)
    assert refused.returncode == 1
    assert "line 3" in refused.stderr

    transactions.write_text(header + good)
    done = bank.tidemark("import", str(accounts), str(transactions))
    assert "1 accounts and 1 movements imported" in done.stdout + done.stderr
