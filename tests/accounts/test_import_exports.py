"""Histories as banks export them: both legs or one, oldest or newest first, in one file or several."""

import gzip
import itertools
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.accounts.history.errors import HistoryRefused
from api.accounts.history.files import CsvFile
from api.accounts.history.importer import import_history
from api.accounts.history.progress import JsonLines
from api.accounts.history.rows import TRANSACTION_COLUMNS, transaction_rows
from api.accounts.history.summary import Summary, Total
from tests.accounts.ledger import Ledger
from tests.cluster import Databases

ACCOUNTS = "account,type,currency,overdraft_limit,opened_at\n"
HEADER = "time,account,amount,counterparty,memo,reference\n"


class Bank:
    """A ledger into which histories are written as text; accounts are `a` to `z`, in EUR without overdraft."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger = ledger
        self.folder = folder

    def imported(self, *files: str, names: str = "ab", accounts: str = "", is_dry_run: bool = False) -> Summary:
        """What importing rows of these files says; a file without a header gets the usual one."""
        paths = []
        for number, text in enumerate([accounts or self.accounts(names), *files]):
            head = HEADER if number and not text.startswith("time") else ""
            paths.append(self.folder / f"{number}.csv")
            paths[-1].write_bytes((head + text).encode())
        return import_history(
            self.ledger.databases.url("accounts_owner"),
            paths[0],
            tuple(paths[1:]),
            owner_id=None,
            map_path=None,
            is_dry_run=is_dry_run,
            reporter=JsonLines(),
        )

    def refused(self, *files: str, names: str = "ab") -> str:
        """The fault of importing, which leaves everything as it was."""
        before = self.movements()
        with pytest.raises(HistoryRefused) as refused:
            self.imported(*files, names=names)
        assert self.movements() == before
        return str(refused.value)

    def accounts(self, names: str) -> str:
        return ACCOUNTS + "".join(f"{name},checking,EUR,0,2024-01-01T00:00:00Z\n" for name in names)

    def movements(self) -> list[tuple[str, str, int, str]]:
        """(source, destination, amount, memo) in the order in which the ledger has them."""
        return self.ledger.root.execute("""
            select coalesce(s.import_reference, t.source), coalesce(d.import_reference, t.destination), t.amount,
                   t.memo
            from accounts.transfer t
            left join accounts.account s on s.id::text = t.source
            left join accounts.account d on d.id::text = t.destination
            where t.kind = 'imported'
            order by t.at, t.id
        """).fetchall()

    def totals(self) -> dict[str, int]:
        return dict(
            self.ledger.root.execute("select import_reference, total from accounts.account order by 1").fetchall()
        )


@pytest.fixture
def bank(databases: Databases, tmp_path: Path) -> Iterator[Bank]:
    ledger = Ledger(databases)
    yield Bank(ledger, tmp_path)
    ledger.assert_books_close()
    ledger.close()


class TestMirrors:
    FUNDS = "2024-01-02T00:00:00Z,a,1000,external:x,,1\n2024-01-02T00:00:00Z,b,1000,external:x,,1\n"

    def test_both_legs_are_one_movement_whatever_their_references(self, bank: Bank) -> None:
        legs = "2024-01-03T08:00:00Z,a,-50,b,rent,A-17\n2024-01-03T09:00:00+01:00,b,50,a,,B-4\n"
        summary = bank.imported(self.FUNDS + legs)
        assert (summary.movements, summary.mirrored, summary.rows) == (3, 1, 4)
        assert "1 movements are given by both of their accounts" in summary.text(is_dry_run=False)
        assert bank.totals() == {"a": 950, "b": 1050}
        assert bank.movements()[-1] == ("a", "b", 50, "rent")

    def test_numbers_are_unique_for_each_account_only(self, bank: Bank) -> None:
        rows = "2024-01-03T00:00:00Z,a,-50,b,rent,2\n2024-01-04T00:00:00Z,b,-20,a,part of it,2\n"
        assert bank.imported(self.FUNDS + rows).movements == 4
        assert bank.totals() == {"a": 970, "b": 1030}

    @pytest.mark.parametrize(
        "other",
        [
            "2024-01-03T00:00:00.000001Z,b,50,a,,9",
            "2024-01-03T00:00:00Z,b,51,a,,9",
            "2024-01-03T00:00:00Z,b,-50,a,,9",
            "2024-01-03T00:00:00Z,b,50,external:a,,9",
        ],
        ids=[
            "another time",
            "another amount",
            "the same direction for the other",
            "an outside party of that name",
        ],
    )
    def test_what_differs_is_no_mirror(self, bank: Bank, other: str) -> None:
        summary = bank.imported(f"{self.FUNDS}2024-01-03T00:00:00Z,a,-50,b,,9\n{other}\n")
        assert (summary.movements, summary.mirrored) == (4, 0)

    def test_each_row_has_one_mirror_at_most(self, bank: Bank) -> None:
        legs = "".join(f"2024-01-03T00:00:00Z,a,-50,b,,{n}\n" for n in (2, 3, 4))
        legs += "".join(f"2024-01-03T00:00:00Z,b,50,a,,{n}\n" for n in (7, 8))
        summary = bank.imported(self.FUNDS + legs)
        assert (summary.movements, summary.mirrored) == (5, 2)
        assert bank.totals() == {"a": 850, "b": 1150}

    def test_given_again_by_one_account_only_adds_nothing(self, bank: Bank) -> None:
        of_a = "2024-01-03T00:00:00Z,a,-50,b,rent,2\n"
        of_b = "2024-01-03T00:00:00Z,b,50,a,from a,5\n"
        bank.imported(self.FUNDS + of_a + of_b)
        for again in (of_a, of_b, of_a + of_b):
            summary = bank.imported(self.FUNDS + again)
            assert (summary.movements, summary.repeated) == (0, 3)

    def test_a_leg_that_comes_later_belongs_to_what_is_there(self, bank: Bank) -> None:
        of_a = "2024-01-03T00:00:00Z,a,-50,b,rent,2\n"
        bank.imported(self.FUNDS + of_a)
        summary = bank.imported(f"{self.FUNDS}{of_a}2024-01-03T00:00:00Z,b,50,a,from a,5\n")
        assert (summary.movements, summary.repeated) == (0, 3)
        assert "takes only later ones" in bank.refused("2024-01-03T00:00:00Z,b,50,a,from a,5\n")


class TestOrder:
    def test_equal_times_keep_the_order_of_files_and_lines(self, bank: Bank) -> None:
        row = "2024-01-02T00:00:00Z,a,{},external:x,{},{}\n"
        bank.imported(row.format(5, "one", 9) + row.format(-5, "two", 1), row.format(7, "three", 5), names="a")
        assert [memo for *_, memo in bank.movements()] == ["one", "two", "three"]

    def test_a_file_with_the_newest_first_is_read_from_its_end(self, bank: Bank) -> None:
        rows = (
            "2024-01-03T00:00:00Z,a,-40,external:x,third,3\n"
            "2024-01-03T00:00:00Z,a,40,external:x,second,2\n"
            "2024-01-02T00:00:00Z,a,1,external:x,first,1\n"
        )
        bank.imported(rows, names="a")
        assert [memo for *_, memo in bank.movements()] == ["first", "second", "third"]

    def test_also_one_that_goes_account_by_account(self, bank: Bank) -> None:
        rows = "".join(
            f"2024-01-0{day}T00:00:00Z,{name},{amount},external:x,{name}{day}{sign},{day}{sign}\n"
            for name in "ab"
            for day in (3, 2)
            for sign, amount in (("-", -5), ("+", 5))
        )
        bank.imported(rows)
        assert [memo for *_, memo in bank.movements()] == ["b2+", "b2-", "a2+", "a2-", "b3+", "b3-", "a3+", "a3-"]

    def test_each_file_has_a_direction_of_its_own(self, bank: Bank) -> None:
        newest_first = "2024-01-03T00:00:00Z,a,2,external:x,d,4\n2024-01-02T00:00:00Z,a,1,external:x,b,3\n"
        oldest_first = "2024-01-02T00:00:00Z,a,1,external:x,a,1\n2024-01-03T00:00:00Z,a,2,external:x,c,2\n"
        bank.imported(oldest_first, newest_first, names="a")
        assert [memo for *_, memo in bank.movements()] == ["a", "b", "c", "d"]

    def test_one_that_goes_up_and_down_keeps_the_order_of_lines(self, bank: Bank) -> None:
        days = (3, 3, 2, 4)
        rows = "".join(f"2024-01-0{day}T00:00:00Z,a,1,external:x,{n},{n}\n" for n, day in enumerate(days))
        bank.imported(rows, names="a")
        assert [memo for *_, memo in bank.movements()] == ["2", "0", "1", "3"]


class TestSeveralFiles:
    JANUARY = "2024-01-31T00:00:00Z,a,100,external:x,January,1\n"
    FEBRUARY = "2024-02-29T00:00:00Z,a,-30,b,February,2\n"

    def test_together(self, bank: Bank) -> None:
        assert bank.imported(self.FEBRUARY, self.JANUARY).movements == 2
        assert bank.totals() == {"a": 70, "b": 30}

    def test_legs_in_two_files_are_one_movement(self, bank: Bank) -> None:
        summary = bank.imported(self.JANUARY + self.FEBRUARY, "2024-02-29T00:00:00Z,b,30,a,,1\n")
        assert (summary.movements, summary.mirrored) == (2, 1)

    def test_a_fault_names_its_file(self, bank: Bank) -> None:
        assert bank.refused(self.JANUARY, self.JANUARY) == "2.csv, line 2: reference 1 stands twice for account a"
        found = bank.refused(self.JANUARY, self.FEBRUARY.replace("-30", "-300"))
        assert found == "2.csv, line 2: the balance of account a would pass its overdraft limit"

    def test_one_after_the_other(self, bank: Bank) -> None:
        bank.imported(self.JANUARY)
        summary = bank.imported(self.JANUARY + self.FEBRUARY)
        assert (summary.accounts, summary.movements, summary.repeated) == (0, 1, 1)
        assert bank.totals() == {"a": 70, "b": 30}
        assert bank.imported("2024-02-29T00:00:00.000001Z,b,-30,a,back,7\n").movements == 1
        assert bank.totals() == {"a": 100, "b": 0}

    @pytest.mark.parametrize("time", ["2024-01-30T00:00:00Z", "2024-01-31T00:00:00Z"])
    def test_a_later_file_adds_only_later_movements(self, bank: Bank, time: str) -> None:
        bank.imported(self.JANUARY)
        funds = "2024-01-02T00:00:00Z,c,10,external:x,,1\n"
        for row in (f"{time},a,5,external:x,,9\n", f"{time},c,-5,a,,9\n"):
            assert bank.refused(funds + row, names="abc") == (
                "1.csv, line 3: account a has movements until 2024-01-31 00:00:00.000000 UTC, and takes only later"
                " ones; give all files of a history together"
            )

    def test_the_balance_goes_on_from_what_is_there(self, bank: Bank) -> None:
        bank.imported(self.JANUARY)
        found = bank.refused("2024-02-01T00:00:00Z,a,-101,external:x,,2\n")
        assert found == "1.csv, line 2: the balance of account a would pass its overdraft limit"
        assert bank.imported("2024-02-01T00:00:00Z,a,-100,external:x,,2\n").movements == 1

    def test_a_number_that_was_used_means_the_same_movement(self, bank: Bank) -> None:
        bank.imported(self.JANUARY)
        for other in (
            self.JANUARY.replace("100", "101"),
            self.JANUARY.replace("01-31", "02-01"),
            self.JANUARY.replace("external:x", "external:y"),
            self.JANUARY.replace("January", "February"),
        ):
            assert bank.refused(other) == (
                "1.csv, line 2: reference 1 of account a was imported before, for another movement"
            )

    def test_an_account_has_the_properties_that_it_had(self, bank: Bank) -> None:
        bank.imported(self.JANUARY)
        with pytest.raises(HistoryRefused, match="line 2: account a was imported before, with other properties"):
            bank.imported(self.FEBRUARY, accounts=bank.accounts("ab").replace("checking", "savings"))

    def test_a_closed_account_takes_nothing(self, bank: Bank) -> None:
        bank.imported(self.JANUARY, names="ab")
        bank.ledger.root.execute(
            "update accounts.account set closed_at = clock_timestamp() where import_reference = 'b'"
        )
        assert bank.refused(self.FEBRUARY) == "1.csv, line 2: account b is closed"

    def test_what_may_be_published_as_final_is_not_added_to(self, bank: Bank) -> None:
        bank.imported(self.JANUARY)
        bank.ledger.root.execute("insert into accounts.extract_receipt (id, created_at) values (uuidv7(), now())")
        assert bank.refused(self.FEBRUARY.replace(",b,", ",external:x,")) == (
            "1.csv, line 2: statistics were made of account a since it was imported, and its past is final; give"
            " all files of a history together"
        )
        assert bank.imported(self.JANUARY).repeated == 1
        now = datetime.now(UTC).isoformat()
        assert bank.imported(self.FEBRUARY.replace("2024-02-29T00:00:00Z", now)).movements == 1
        assert bank.imported("2024-02-01T00:00:00Z,c,5,external:x,,1\n", names="c").movements == 1

    def test_an_extract_before_the_import_has_seen_nothing_of_it(self, bank: Bank) -> None:
        bank.ledger.root.execute("insert into accounts.extract_receipt (id, created_at) values (uuidv7(), now())")
        bank.imported(self.JANUARY)
        assert bank.imported(self.FEBRUARY).movements == 1

    def test_what_was_posted_since_counts(self, bank: Bank) -> None:
        bank.imported(self.JANUARY)
        account = bank.ledger.value("select id::text from accounts.account where import_reference = 'a'")
        bank.ledger.root.execute(
            "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
            " values ('withdrawal', %s, 'external:card', 60, 'EUR', '2024-03-01')",
            (account,),
        )
        assert "takes only later ones" in bank.refused(self.FEBRUARY)
        assert "would pass its overdraft limit" in bank.refused(
            self.FEBRUARY.replace("02-29", "03-02").replace("30", "50")
        )


class TestText:
    ROW = "2024-01-02T00:00:00Z,a,5,external:x,m,{}\n"

    def imported(self, bank: Bank, text: str) -> int:
        return bank.imported(text, names="a").movements

    def test_line_ends_of_any_kind(self, bank: Bank) -> None:
        lines = [HEADER.strip(), *(self.ROW.format(n).strip() for n in range(1, 5))]
        ends = ["\r", "\n", "\r\n", "\r", ""]
        assert self.imported(bank, "".join(map("".join, zip(lines, ends, strict=True)))) == 4

    def test_the_old_mac_s(self, bank: Bank) -> None:
        text = (HEADER + self.ROW.format(1) + self.ROW.format(2)).replace("\n", "\r")
        accounts = bank.accounts("a").replace("\n", "\r")
        assert bank.imported(text, accounts=accounts).movements == 2

    def test_lines_without_anything_are_no_rows(self, bank: Bank) -> None:
        text = HEADER + "\n" + self.ROW.format(1) + "\r\n\n" + self.ROW.format(2) + "\n\n"
        assert bank.imported(text, accounts=bank.accounts("a") + "\n").movements == 2

    def test_a_memo_on_several_lines_is_one(self, bank: Bank) -> None:
        self.imported(bank, self.ROW.format(1).replace(",m,", ',"two\r\nlines\tand ""quotes""",'))
        assert bank.movements() == [("external:x", "a", 5, 'two lines and "quotes"')]

    def test_a_byte_order_mark_in_gzip(self, bank: Bank) -> None:
        path = bank.folder / "bom.csv.gz"
        path.write_bytes(gzip.compress(f"\ufeff{HEADER}{self.ROW.format(1)}".encode()))
        faults: list[object] = []
        assert len(list(transaction_rows(CsvFile(path, TRANSACTION_COLUMNS), faults.append))) == 1
        assert faults == []

    @pytest.mark.parametrize(
        ("written", "stored"),
        [
            ("2024-02-01T10:00:00.123456789Z", "2024-02-01 10:00:00.123456+00"),
            ("2024-02-01T10:00:00.1234567+01:00", "2024-02-01 09:00:00.123456+00"),
            ("2024-02-01T10:00:00.9999999Z", "2024-02-01 10:00:00.999999+00"),
            ("2024-02-01t10:00:00.5z", "2024-02-01 10:00:00.5+00"),
            ("2024-02-01 10:00:00-15:59", "2024-02-02 01:59:00+00"),
            ("2024-02-01T10:00:00+15:59", "2024-01-31 18:01:00+00"),
        ],
    )
    def test_times(self, bank: Bank, written: str, stored: str) -> None:
        self.imported(bank, self.ROW.format(1).replace("2024-01-02T00:00:00Z", written))
        assert bank.ledger.value("select at::text from accounts.transfer") == stored


class TestMoney:
    def test_withdrawn_currencies(self, bank: Bank) -> None:
        codes = ("HRK", "DEM", "BGN", "EUR", "IQD")
        accounts = ACCOUNTS + "".join(f"{code},savings,{code},0,1990-01-01T00:00:00Z\n" for code in codes)
        rows = "".join(f"1995-01-01T00:00:00Z,{code},150000,external:x,,1\n" for code in codes)
        told = bank.imported(rows, accounts=accounts).text(is_dry_run=False)
        assert "1500.00 HRK in, 0.00 HRK out, 0.00 HRK between accounts: 1 movements." in told
        assert "150.000 IQD in" in told

    def test_up_to_the_ledger_s_own_limit(self, bank: Bank) -> None:
        top = 2**53 - 1
        accounts = f"{ACCOUNTS}a,checking,IDR,{top},2024-01-01T00:00:00Z\n"
        row = "2024-01-0{},a,{},external:x,,{}\n"
        rows = row.format("2T00:00:00Z", top, 1) + row.format("3T00:00:00Z", -top, 2)
        bank.imported(rows + row.format("4T00:00:00Z", -top, 3), accounts=accounts)
        assert bank.totals() == {"a": -top}

    def test_beyond_it(self, bank: Bank) -> None:
        row = "2024-01-02T00:00:00Z,a,9007199254740991,external:x,,{}\n"
        found = bank.refused(row.format(1) + row.format(2), names="a")
        assert found == "1.csv, line 3: the balance of account a would be too large"

    def test_a_large_movement_can_be_reversed(self, bank: Bank) -> None:
        bank.imported("2024-01-02T00:00:00Z,a,1500000000000,external:x,,1\n", names="a")
        entry = bank.ledger.value("select id from accounts.transaction")
        answer = bank.ledger.value(
            "select answer from accounts.reverse(%s, null, null, %s, 'wrong')", bank.ledger.user_id, entry
        )
        assert '"status":"posted"' in answer
        assert bank.totals() == {"a": 0}


class TestDryRun:
    ROWS = (
        "2024-01-02T00:00:00Z,a,1000,external:x,,1\n2024-01-03T00:00:00Z,a,-300,b,,2\n"
        "2024-01-03T00:00:00Z,b,300,a,,1\n2024-01-04T00:00:00Z,b,-20,external:x,,2\n"
    )

    def test_tells_what_would_happen_and_keeps_nothing(self, bank: Bank) -> None:
        would = bank.imported(self.ROWS, is_dry_run=True)
        assert would.totals == (Total("EUR", 3, 1000, 20, 300),)
        assert would.text(is_dry_run=True).splitlines() == [
            f"2 accounts and 3 movements would be imported, 0 are there already: 4 rows in {would.seconds:.1f} s.",
            "1 movements are given by both of their accounts, and are one each.",
            "From 2024-01-02 00:00:00 to 2024-01-04 00:00:00 UTC.",
            "10.00 EUR in, 0.20 EUR out, 3.00 EUR between accounts: 3 movements.",
        ]
        for table in ("account", "transfer", "import_account", "import_row", "import_movement"):
            assert bank.ledger.value(f"select count(*) from accounts.{table}") == 0

    def test_tells_the_same_as_the_import(self, bank: Bank) -> None:
        would = bank.imported(self.ROWS, is_dry_run=True)
        assert bank.imported(self.ROWS).timed(0) == would.timed(0)
        assert bank.imported(self.ROWS, is_dry_run=True).repeated == 3

    def test_without_a_movement(self, bank: Bank) -> None:
        would = bank.imported("", is_dry_run=True)
        assert (would.accounts, would.first_at, would.totals) == (2, None, ())
        assert len(would.text(is_dry_run=True).splitlines()) == 1


class TestMemory:
    @pytest.mark.parametrize(
        "unit",
        [b"x", b"2024-01-02T00:00:00Z,a,5,external:x,m,1\n", b'2024-01-02T00:00:00Z,a,5,external:x,"m\n'],
        ids=["a line without end", "rows", "an open quote"],
    )
    def test_does_not_follow_the_file(self, tmp_path: Path, unit: bytes) -> None:
        path = tmp_path / "large.csv.gz"
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(HEADER.encode())
            for _ in range(20):
                file.write(unit * (1_000_000 // len(unit)))
        faults: list[object] = []
        rows = transaction_rows(CsvFile(path, TRANSACTION_COLUMNS), faults.append)
        tracemalloc.start()
        try:
            # A part of it is enough to tell: it is larger than the bound.
            for _ in itertools.islice(rows, 50_000):
                pass
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 1_500_000
        assert len(faults) <= 1
