"""What an import says of amounts, also before it keeps anything."""

import pytest

from api.accounts.history.summary import Total
from tests.accounts.history.conftest import ACCOUNTS, Bank

pytestmark = pytest.mark.slow


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
            "Movements that both of their accounts give, counted once: 1.",
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
