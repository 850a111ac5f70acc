"""One history in several files: together, or one after the other."""

import threading
from datetime import UTC, datetime

import psycopg
import pytest

from api.accounts.history.errors import HistoryRefused
from api.accounts.history.summary import Summary
from tests.accounts.history.conftest import Bank

pytestmark = pytest.mark.slow


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
        assert "its past is final" in bank.refused(self.FEBRUARY.replace("2024-02-29T00:00:00Z", now))
        assert bank.imported("2024-02-01T00:00:00Z,c,5,external:x,,1\n", names="c").movements == 1

    def test_an_extract_that_is_at_work_may_have_seen_it(self, bank: Bank) -> None:
        bank.imported(self.JANUARY)
        bank.ledger.root.execute("select accounts.raise_floor()")
        assert "its past is final" in bank.refused(self.FEBRUARY.replace(",b,", ",external:x,"))

    def test_an_extract_waits_for_a_history_that_is_being_added_to(self, bank: Bank) -> None:
        """Or it would publish the accounts' past as final, and then find more of it."""
        bank.imported(self.JANUARY)
        found: list[Summary] = []
        importing = threading.Thread(target=lambda: found.append(bank.imported(self.FEBRUARY)))
        with bank.ledger.connect("extractor") as extract:
            with bank.ledger.connect("accounts_owner") as posting, posting.transaction():
                posting.execute("select from accounts.account where import_reference = 'a' for update")
                importing.start()
                bank.ledger.wait_until_someone_waits()
                extract.execute("set lock_timeout = '100ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    extract.execute("select accounts.raise_floor()")
            importing.join()
            assert [summary.movements for summary in found] == [1]
            extract.execute("select accounts.raise_floor()")
        assert "its past is final" in bank.refused("2024-03-01T00:00:00Z,a,1,external:x,,3\n")

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
