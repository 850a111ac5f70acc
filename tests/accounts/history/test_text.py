"""What a file may look like, and that its size costs no memory."""

import gzip
import itertools
import tracemalloc
from pathlib import Path

import pytest

from api.accounts.history.files import CsvFile
from api.accounts.history.rows import TRANSACTION_COLUMNS, transaction_rows
from tests.accounts.history.conftest import HEADER, Bank

pytestmark = pytest.mark.slow


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
