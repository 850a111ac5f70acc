"""A bad line is named by file and number, and then nothing of the files is kept."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.accounts.history.errors import HistoryRefused
from api.accounts.history.importer import import_history
from api.accounts.history.progress import JsonLines
from tests.accounts.history.test_import import ACCOUNTS, TRANSACTIONS
from tests.accounts.ledger import Ledger
from tests.cluster import Databases

BAD_TRANSACTIONS = {
    "yesterday,home,5,external:cash,,9": "time is not an RFC 3339 time",
    "2024-02-30T00:00:00Z,home,5,external:cash,,9": "time is not an RFC 3339 time",
    "2024-02-01,home,5,external:cash,,9": "time is not an RFC 3339 time",
    "2024-02-01T00:00:00,home,5,external:cash,,9": "time does not say its offset from UTC",
    "2024-02-01T00:00:00Z,home,5.0,external:cash,,9": "amount is not a whole number",
    "2024-02-01T00:00:00Z,home,0,external:cash,,9": "amount is not a whole number",
    "2024-02-01T00:00:00Z,home,-0,external:cash,,9": "amount is not a whole number",
    "2024-02-01T00:00:00Z,home,1e3,external:cash,,9": "amount is not a whole number",
    "2024-02-01T00:00:00Z,home,٥,external:cash,,9": "amount is not a whole number",
    "2024-02-01T00:00:00Z,home,9007199254740992,external:cash,,9": "amount is not a whole number",
    '2024-02-01T00:00:00Z,home,"5,00",external:cash,,9': "amount is not a whole number",
    "2024-02-01T00:00:00+16:00,home,5,external:cash,,9": "time has an offset of 16 hours or more",
    "2024-02-01T00:00:00-23:59,home,5,external:cash,,9": "time has an offset of 16 hours or more",
    "2024-02-01T00:00:00+99:00,home,5,external:cash,,9": "time has an offset of 16 hours or more",
    "2024-02-01T00:00:00+05:60,home,5,external:cash,,9": "time is not an RFC 3339 time",
    "2024-02-01T23:59:60Z,home,5,external:cash,,9": "time is a leap second; write the second before it",
    "2024-02-01T24:00:00Z,home,5,external:cash,,9": "time is not an RFC 3339 time",
    "0001-01-01T00:00:00+01:00,home,5,external:cash,,9": "time lies outside of the years 1 to 9999",
    "9999-12-31T23:59:59-01:00,home,5,external:cash,,9": "time lies outside of the years 1 to 9999",
    "2024-02-01T00:00:00.,home,5,external:cash,,9": "time is not an RFC 3339 time",
    "2024-02-01T00:00:00Z,home,9223372036854775808,external:cash,,9": "amount is not a whole number",
    "2024-02-01T00:00:00Z,home,,external:cash,,9": "amount is not a whole number",
    "2024-02-01T00:00:00Z,nobody,5,external:cash,,9": "account nobody is not in the accounts file",
    "2024-02-01T00:00:00Z,home,5,nobody,,9": "counterparty nobody is neither external:… nor in the accounts file",
    "2024-02-01T00:00:00Z,home,5,external:a b,,9": "counterparty is not external:…",
    "2024-02-01T00:00:00Z,home,5,home,,9": "the counterparty is the account itself",
    "2024-02-01T00:00:00Z,home,5,away,,9": "the counterparty has another currency",
    "2024-01-01T12:00:00Z,home,5,external:cash,,9": "the time is before the account was opened",
    "2024-01-01T12:00:00Z,shop,5,home,,9": "the time is before the counterparty was opened",
    "2999-01-01T00:00:00Z,home,5,external:cash,,9": "the time lies in the future",
    "2024-02-01T00:00:00Z,home,-1001,external:cash,,9": "the balance of account home would pass its overdraft",
    "2024-02-01T00:00:00Z,home,2001,shop,,9": "the balance of account shop would pass its overdraft",
    "2024-02-01T00:00:00Z,home,9,external:cash,,1": "reference 1 stands twice for account home",
    "2024-02-01T00:00:00Z,home,5,external:cash,a\u202eb,9": "memo holds control or invisible characters",
    "2024-02-01T00:00:00Z,home,5,external:cash,a\x07b,9": "memo holds control or invisible characters",
    "2024-02-01T00:00:00Z,home,5,external:cash,,": "reference is empty",
    "2024-02-01T00:00:00Z,home,5,external:cash,9": "has 5 columns where the header has 6",
    "2024-02-01T00:00:00Z,home,5,external:cash,,9,": "has 7 columns where the header has 6",
    '2024-02-01T00:00:00Z,home,5,external:cash,"a"b,9': "is not CSV",
    "2024-02-01T00:00:00Z,home,5,external:cash,\x00,9": "holds the NUL character",
    f"2024-02-01T00:00:00Z,home,5,external:cash,{'x' * 501},9": "memo is longer than 500 characters",
    " ": "has 1 columns where the header has 6",
}
BAD_AMOUNT = "amount is not a whole number of minor units other than zero, at most 9,007,199,254,740,991"
BAD_ACCOUNTS = {
    "x,gold,EUR,0,2024-01-01T00:00:00Z": "type is neither checking nor savings",
    "x,checking,XYZ,0,2024-01-01T00:00:00Z": "currency is not a code of ISO 4217",
    "x,checking,EUR,-1,2024-01-01T00:00:00Z": "overdraft_limit is not a whole number",
    "x,checking,EUR,0,2999-01-01T00:00:00Z": "opened_at lies in the future",
    "x,checking,EUR,0,today": "opened_at is not an RFC 3339 time",
    "home,checking,EUR,0,2024-01-01T00:00:00Z": "account home stands in the file twice",
    ",checking,EUR,0,2024-01-01T00:00:00Z": "account is empty",
    "external:x,checking,EUR,0,2024-01-01T00:00:00Z": "account is not a name",
}


@pytest.fixture(scope="module")
def ledger(module_databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(module_databases)
    yield ledger
    ledger.close()


def fault(
    ledger: Ledger, folder: Path, accounts: str | bytes = ACCOUNTS, transactions: str | bytes = TRANSACTIONS
) -> str:
    """What importing says, which must be refused and leave nothing."""
    paths = []
    for name, content in (("a.csv", accounts), ("t.csv", transactions)):
        paths.append(folder / name)
        paths[-1].write_bytes(content.encode() if isinstance(content, str) else content)
    map_path = folder / "map.csv"
    with pytest.raises(HistoryRefused) as refused:
        import_history(
            ledger.databases.url("accounts_owner"),
            paths[0],
            tuple(paths[1:]),
            owner_id=None,
            map_path=map_path,
            is_dry_run=False,
            reporter=JsonLines(),
        )
    for table in ("account", "transfer", "transaction", "import_account", "import_row", "import_movement"):
        assert ledger.value(f"select count(*) from accounts.{table}") == 0
    assert not map_path.exists()
    return str(refused.value)


class TestBadLines:
    @pytest.mark.parametrize(("row", "message"), BAD_TRANSACTIONS.items(), ids=lambda text: text[:60])
    def test_of_transactions(self, ledger: Ledger, tmp_path: Path, row: str, message: str) -> None:
        lines = TRANSACTIONS.splitlines()
        text = "\n".join([*lines[:5], row, lines[5]]) + "\n"
        assert fault(ledger, tmp_path, transactions=text).startswith(f"t.csv, line 6: {message}")

    @pytest.mark.parametrize(("row", "message"), BAD_ACCOUNTS.items(), ids=lambda text: text[:60])
    def test_of_accounts(self, ledger: Ledger, tmp_path: Path, row: str, message: str) -> None:
        assert fault(ledger, tmp_path, accounts=f"{ACCOUNTS}{row}\n").startswith(f"a.csv, line 5: {message}")

    def test_an_owner_that_is_no_uuid(self, ledger: Ledger, tmp_path: Path) -> None:
        text = (
            "account,type,currency,overdraft_limit,opened_at,owner_id\nx,checking,EUR,0,2024-01-01T00:00:00Z,me\n"
        )
        assert fault(ledger, tmp_path, accounts=text) == "a.csv, line 2: owner_id is not a UUID"

    def test_an_owner_who_is_no_user(self, ledger: Ledger, tmp_path: Path) -> None:
        gone = ledger.add_user()
        for owner in (uuid4(), gone):
            ledger.root.execute("update users.user set leaving_at = now()")
            head = "account,type,currency,overdraft_limit,opened_at,owner_id"
            text = f"{head}\nx,checking,EUR,0,2024-01-01T00:00:00Z,{owner}\n"
            assert fault(ledger, tmp_path, accounts=text) == "a.csv, line 2: the owner is no user of this bank"

    def test_lines_are_counted_through_quoted_line_breaks(self, ledger: Ledger, tmp_path: Path) -> None:
        text = TRANSACTIONS.replace("bread, milk", "bread\nmilk") + "yesterday,home,5,external:cash,,9\n"
        assert fault(ledger, tmp_path, transactions=text) == "t.csv, line 8: time is not an RFC 3339 time"

    def test_bad_utf8(self, ledger: Ledger, tmp_path: Path) -> None:
        row = b"2024-02-01T00:00:00Z,home,5,external:cash,caf\xe9,9\n"
        found = fault(ledger, tmp_path, transactions=TRANSACTIONS.encode() + row)
        assert found == "t.csv, line 7: is not UTF-8"


class TestBadFiles:
    def test_empty(self, ledger: Ledger, tmp_path: Path) -> None:
        assert fault(ledger, tmp_path, transactions="").startswith("t.csv: is empty")
        assert fault(ledger, tmp_path, accounts=gzip.compress(b"")).startswith("a.csv: is empty")

    def test_columns(self, ledger: Ledger, tmp_path: Path) -> None:
        for old, new, message in (
            (",memo,reference", "", "column memo, reference is missing"),
            (
                "memo",
                "note",
                "column note is not known here; there are time, account, amount, counterparty, memo, reference",
            ),
            (
                ",memo",
                ",memo,",
                "column  is not known here; there are time, account, amount, counterparty, memo, reference",
            ),
            (",", ";", "separates its columns by ';'; they are separated by commas here"),
            ("memo", "time", "column time stands in the header twice"),
        ):
            header, rows = TRANSACTIONS.split("\n", 1)
            text = header.replace(old, new) + "\n" + rows
            assert fault(ledger, tmp_path, transactions=text) == f"t.csv, line 1: {message}"

    def test_a_gzip_file_that_was_cut_off_or_damaged(self, ledger: Ledger, tmp_path: Path) -> None:
        packed = gzip.compress(TRANSACTIONS.encode())
        for content in (packed[:-4], packed[: len(packed) // 2], packed[:30] + b"\xff" * 20 + packed[50:]):
            found = fault(ledger, tmp_path, transactions=content)
            assert "the gzip file is cut off or damaged here" in found

    def test_utf_16(self, ledger: Ledger, tmp_path: Path) -> None:
        found = fault(ledger, tmp_path, transactions=TRANSACTIONS.encode("utf-16"))
        assert found == "t.csv: is UTF-16; save it as UTF-8"


class TestOpenQuotes:
    @pytest.mark.parametrize(
        ("rows", "line"),
        [
            (
                '2024-02-01T00:00:00Z,home,5,external:cash,"never closed,8\n2024-02-02T00:00:00Z,home\n',
                7,
            ),
            ('2024-02-01T00:00:00Z,home,5,external:cash,"two\nlines, ""quoted""",8\n"2024\n', 9),
            ('2024-02-01T00:00:00Z,home,5,"external:cash\n","never closed,8\n', 8),
            ('2024-02-01T00:00:00Z,home,5,external:cash,5" pipe,"8\n', 7),
            ('"' + "x\n" * 100_000, 7),
        ],
        ids=["to the end", "after closed ones", "opens on a row's second line", "after a bare one", "long"],
    )
    def test_are_named_where_they_open(self, ledger: Ledger, tmp_path: Path, rows: str, line: int) -> None:
        found = fault(ledger, tmp_path, transactions=TRANSACTIONS + rows)
        assert found == f"t.csv, line {line}: a quote opens here and is never closed"


class TestManyFaults:
    def test_of_both_files_in_order(self, ledger: Ledger, tmp_path: Path) -> None:
        accounts = ACCOUNTS.replace("USD", "XYZ")
        transactions = TRANSACTIONS.replace("10000", "ten") + "x\n" + TRANSACTIONS.split("\n")[1] + '\n"'
        assert fault(ledger, tmp_path, accounts, transactions).splitlines() == [
            "a.csv, line 4: currency is not a code of ISO 4217",
            f"t.csv, line 2: {BAD_AMOUNT}",
            "t.csv, line 7: has 1 columns where the header has 6",
            "t.csv, line 9: a quote opens here and is never closed",
        ]

    def test_not_more_than_twenty(self, ledger: Ledger, tmp_path: Path) -> None:
        good = "2024-02-01T00:00:00Z,home,5,external:cash,,n"
        for row, first in (("x", "has 1 columns"), (good.replace("home", "nobody"), "account nobody is not")):
            rows = "".join(f"{row}{number}\n" for number in range(30))
            found = fault(ledger, tmp_path, transactions=TRANSACTIONS + rows).splitlines()
            assert len(found) == 20
            assert found[0].startswith(f"t.csv, line 7: {first}")
            assert found[-1].startswith(f"t.csv, line 26: {first}")

    def test_a_balance_once_for_each_account(self, ledger: Ledger, tmp_path: Path) -> None:
        rows = "".join(f"2024-02-0{day}T00:00:00Z,home,-5000,external:cash,,d{day}\n" for day in range(1, 9))
        found = fault(ledger, tmp_path, transactions=TRANSACTIONS + rows)
        assert found == "t.csv, line 7: the balance of account home would pass its overdraft limit"
