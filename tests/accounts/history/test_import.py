"""`import`: a bank's history from two CSV files, all of it or nothing."""

import csv
import gzip
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.accounts.numbers import is_account_number
from tests.accounts.ledger import Ledger
from tests.cluster import REPOSITORY, Databases

pytestmark = pytest.mark.slow

ACCOUNTS = """account,type,currency,overdraft_limit,opened_at
shop,checking,EUR,0,2024-01-01T00:00:00Z
home,checking,EUR,5000,2024-01-02T00:00:00Z
away,savings,USD,0,2024-01-02T00:00:00Z
"""
TRANSACTIONS = """time,account,amount,counterparty,memo,reference
2024-01-03T09:00:00Z,home,10000,external:salary,pay,1
2024-01-03T10:00:00+01:00,home,-2500,shop,"bread, milk",2
2024-01-04T09:00:00.123456Z,home,-12000,external:rent,,3
2024-01-04T09:00:00.123456Z,shop,-500,home,back,1
2024-02-01T09:00:00Z,away,77,external:cash,,1
"""
REAL = REPOSITORY.parent / "shared" / "data"


class Importer:
    """Runs the command on files in a folder of its own."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self.databases = databases
        self.folder = folder

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "api.accounts.admin", "import", *map(str, arguments)],
            cwd=REPOSITORY,
            env={**os.environ, "TIDEMARK_MIGRATION_URL": self.databases.url("accounts_owner")},
            capture_output=True,
            text=True,
            check=False,
        )

    def done(self, accounts: str = ACCOUNTS, transactions: str = TRANSACTIONS, *options: str) -> str:
        done = self.run(self.write("a.csv", accounts), self.write("t.csv", transactions), *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, accounts: str = ACCOUNTS, transactions: str = TRANSACTIONS) -> str:
        done = self.run(self.write("a.csv", accounts), self.write("t.csv", transactions))
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr.strip().splitlines()[-1]


@pytest.fixture
def importer(databases: Databases, tmp_path: Path) -> Importer:
    return Importer(databases, tmp_path)


@pytest.fixture
def ledger(databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(databases)
    yield ledger
    ledger.assert_books_close()
    ledger.close()


def history(ledger: Ledger) -> list[tuple[object, ...]]:
    return ledger.root.execute("""
        select a.import_reference, e.sequence, e.amount, e.balance_after, e.at::text,
               coalesce(o.import_reference, e.counterparty), m.memo,
               coalesce(m.source_reference, m.destination_reference)
        from accounts.transaction e
        join accounts.account a on a.id = e.account_id
        join accounts.transfer m on m.id = e.transfer_id and m.kind = 'imported'
        left join accounts.account o on o.id::text = e.counterparty
        order by 1, 2
    """).fetchall()


class TestImport:
    def test_each_transaction_at_its_own_time_on_both_sides(self, importer: Importer, ledger: Ledger) -> None:
        assert (
            importer.done()
            .splitlines()[0]
            .startswith("3 accounts and 5 movements imported, 0 were there before: 5 rows in ")
        )
        rent = "2024-01-04 09:00:00.123456+00"
        assert history(ledger) == [
            ("away", 1, 77, 77, "2024-02-01 09:00:00+00", "external:cash", "", "1"),
            ("home", 1, 10000, 10000, "2024-01-03 09:00:00+00", "external:salary", "pay", "1"),
            ("home", 2, -2500, 7500, "2024-01-03 09:00:00+00", "shop", "bread, milk", "2"),
            ("home", 3, -12000, -4500, rent, "external:rent", "", "3"),
            ("home", 4, 500, -4000, rent, "shop", "back", "1"),
            ("shop", 1, 2500, 2500, "2024-01-03 09:00:00+00", "home", "bread, milk", "2"),
            ("shop", 2, -500, 2000, rent, "home", "back", "1"),
        ]
        accounts = ledger.root.execute(
            "select import_reference, type, currency, overdraft_limit, approved, opened_at::text, closed_at"
            " from accounts.account order by 1"
        ).fetchall()
        assert accounts[1] == ("home", "checking", "EUR", 5000, True, "2024-01-02 00:00:00+00", None)
        assert ledger.value("select count(*) from accounts.user_account") == 0
        for table in ("import_account", "import_row", "import_movement"):
            assert ledger.value(f"select count(*) from accounts.{table}") == 0

    def test_owners_and_map(self, importer: Importer, ledger: Ledger) -> None:
        someone, everyone = ledger.add_user(), ledger.add_user()
        lines = ACCOUNTS.splitlines()
        accounts = "\n".join([f"{lines[0]},owner_id", f"{lines[1]},{someone}", f"{lines[2]},", f"{lines[3]},"])
        map_path = importer.folder / "map.csv"
        importer.done(accounts, TRANSACTIONS, "--owner-id", str(everyone), "--map", str(map_path))
        owners = ledger.root.execute(
            "select a.import_reference, o.user_id from accounts.user_account o"
            " join accounts.account a on a.id = o.account_id order by 1"
        ).fetchall()
        assert owners == [("away", everyone), ("home", everyone), ("shop", someone)]
        with map_path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["account"] for row in rows] == ["shop", "home", "away"]
        for row in rows:
            assert is_account_number(row["number"])
            found = "select import_reference || number from accounts.account where id::text = %s"
            assert ledger.value(found, row["account_id"]) == row["account"] + row["number"]

    def test_a_second_time_adds_nothing(self, importer: Importer, ledger: Ledger) -> None:
        importer.done()
        before = history(ledger)
        assert "0 accounts and 0 movements imported, 5 were there before" in importer.done()
        assert history(ledger) == before

    def test_new_accounts_beside_known_ones(self, importer: Importer, ledger: Ledger) -> None:
        importer.done()
        accounts = ACCOUNTS + "new,checking,EUR,0,2024-01-01T00:00:00Z\n"
        transactions = TRANSACTIONS + "2024-03-01T00:00:00Z,new,5,external:cash,,1\n"
        assert "1 accounts and 1 movements imported, 5 were" in importer.done(accounts, transactions)

    def test_gzip_byte_order_mark_and_columns_in_another_order(self, importer: Importer, ledger: Ledger) -> None:
        accounts = "\ufefftype,account,opened_at,currency,overdraft_limit\r\n"
        accounts += "checking,a,2024-01-01T00:00:00Z,EUR,0\r\n"
        rows = "reference,memo,counterparty,amount,account,time\r\n1,x,external:a,5,a,2024-01-02T00:00:00Z\r\n"
        done = importer.run(
            importer.write("a.csv.gz", gzip.compress(accounts.encode())),
            importer.write("t.csv.gz", gzip.compress(rows.encode())),
        )
        assert done.returncode == 0, done.stderr
        assert ledger.value("select sum(total) from accounts.account") == 5

    def test_progress_for_programs(self, importer: Importer, ledger: Ledger) -> None:
        output = importer.done(ACCOUNTS, TRANSACTIONS, "--progress", "json")
        lines = [json.loads(line) for line in output.splitlines()]
        assert [line["phase"] for line in lines] == ["reading", "checking", "posting", "done"]
        assert lines[-1]["rows"] == 5

    def test_imported_accounts_go_on_as_any_other(self, importer: Importer, ledger: Ledger) -> None:
        owner_id = ledger.add_user()
        importer.done(ACCOUNTS, TRANSACTIONS, "--owner-id", str(owner_id))
        shop = ledger.value("select id::text from accounts.account where import_reference = 'shop'")
        with ledger.connect() as connection:
            (outcome,) = ledger.post(connection, [(shop, "external:cash", 2000)], user_id=owner_id)
        assert outcome["balance_after"] == 0
        assert "0 accounts and 0 movements imported, 5 were there before" in importer.done()

    def test_a_bad_line_ends_the_command(self, importer: Importer, ledger: Ledger) -> None:
        fault = importer.refused(transactions=TRANSACTIONS.replace("-12000", "-12000.5"))
        assert fault == (
            "Error: t.csv, line 4: amount is not a whole number of minor units other than zero, at most"
            " 9,007,199,254,740,991. Nothing was imported."
        )
        assert history(ledger) == []

    def test_a_file_that_is_not_there(self, importer: Importer) -> None:
        done = importer.run(importer.write("a.csv", ACCOUNTS), importer.folder / "t.csv")
        assert done.returncode == 2
        assert "does not exist" in done.stderr


@pytest.mark.skipif(not REAL.exists(), reason="the real data is not on this machine")
class TestRealHistory:
    def test_all_of_it_equals_the_file(self, importer: Importer, ledger: Ledger) -> None:
        files = (REAL / "pkdd99-accounts.csv.gz", REAL / "pkdd99-transactions.csv.gz")
        for expected in ("1,229 accounts and 49,102 movements", "0 accounts and 0 movements"):
            done = importer.run(*files)
            assert done.returncode == 0, done.stderr
            assert f"{expected} imported" in done.stdout
        with gzip.open(files[1], "rt", newline="") as file:
            rows = list(csv.DictReader(file))
        found = ledger.root.execute("""
            select a.import_reference, e.amount::text, e.counterparty, m.memo,
                   coalesce(m.source_reference, m.destination_reference),
                   to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            from accounts.transaction e
            join accounts.account a on a.id = e.account_id
            join accounts.transfer m on m.id = e.transfer_id
            order by e.account_id, e.sequence
        """).fetchall()
        names = ("account", "amount", "counterparty", "memo", "reference", "time")
        assert sorted(found) == sorted(tuple(row[name] for name in names) for row in rows)
        position = {row["reference"]: number for number, row in enumerate(rows)}
        for before, after in itertools.pairwise(found):
            assert before[0] != after[0] or position[before[4]] < position[after[4]]
