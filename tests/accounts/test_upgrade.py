"""A ledger with a past is upgraded where it is."""

from api.accounts.admin import MIGRATIONS, SCHEMA
from api.shared.migrations import upgrade
from tests.accounts.ledger import Ledger
from tests.cluster import Databases


class TestUpgrade:
    def test_a_past_from_the_first_version_goes_on(self, empty_databases: Databases) -> None:
        def bring_to(version: str) -> None:
            upgrade(SCHEMA, MIGRATIONS, empty_databases.url("accounts_owner"), version)

        bring_to("0001")
        ledger = Ledger(empty_databases)
        with ledger.connect() as connection:
            source, destination = ledger.open(100), ledger.open()
            moves = [(source, destination, 30)]
            before = ledger.post(connection, moves, key="before")
            bring_to("head")
            assert ledger.post(connection, moves, key="before") == before
            after = ledger.post(connection, moves, key="after")
            assert ledger.post(connection, moves, key="after") == after
            assert ledger.post(connection, [(source, destination, 50)])[0]["code"] == "insufficient_funds"
        assert before[0].keys() == after[0].keys()
        assert (ledger.total(source), ledger.total(destination)) == (40, 60)
        ledger.assert_books_close()
        ledger.close()
