"""Whoever opens the database finds the columns that the bank's design names, however they are kept."""

import psycopg
import pytest

from tests.accounts.ledger import Ledger
from tests.cluster import Databases

COLUMNS = {
    "users.user": {"id", "name", "phone", "email", "approved"},
    "accounts.account": {"id", "type", "total", "approved"},
    "accounts.user_account": {"user_id", "account_id"},
    "accounts.transaction": {"id", "account_id", "from", "to", "amount", "time"},
    "stats.stats": {"id", "account_id", "type", "metrics", "time"},
}


@pytest.fixture(scope="module")
def root(module_databases: Databases) -> psycopg.Connection:
    return psycopg.connect(module_databases.superuser_url(), autocommit=True)


class TestColumns:
    @pytest.mark.parametrize("table", COLUMNS)
    def test_it_has_the_columns_of_the_design(self, root: psycopg.Connection, table: str) -> None:
        found = root.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", (table,)
        ).fetchall()
        assert {name for (name,) in found} >= COLUMNS[table]

    def test_a_user_is_approved_from_approval_on(self, root: psycopg.Connection) -> None:
        root.execute(
            "insert into users.user (id, data_key_id, name, email, phone)"
            " values (uuidv7(), uuidv7(), 'name', 'email', 'phone')"
        )
        assert root.execute("select approved from users.user").fetchall() == [(False,)]
        root.execute("update users.user set approved_at = now()")
        assert root.execute("select approved from users.user").fetchall() == [(True,)]

    def test_a_transaction_tells_both_sides_and_its_time(self, module_databases: Databases) -> None:
        ledger = Ledger(module_databases)
        one, other = ledger.open(100), ledger.open()
        with ledger.connect() as connection:
            ledger.post(connection, [(one, other, 30)])
            ledger.post(connection, [(other, "external:cash", 10)])
        found = ledger.root.execute(
            'select t.account_id::text, t."from", t."to", t.amount, t.time = m.at,'
            ' t."from" = m.source and t."to" = m.destination'
            " from accounts.transaction t join accounts.transfer m on m.id = t.transfer_id order by t.at, t.amount"
        ).fetchall()
        assert found == [
            (one, "external:cash", one, 100, True, True),
            (one, one, other, -30, True, True),
            (other, one, other, 30, True, True),
            (other, other, "external:cash", -10, True, True),
        ]
        ledger.close()

    def test_statistics_tell_when_their_period_begins(self, root: psycopg.Connection) -> None:
        root.execute(
            "insert into stats.stats (account_id, type, period_start, period_end, metrics, basis, publication_id)"
            " values (uuidv7(), 'daily', '2026-11-22', '2026-11-23', '{}', '{}', 1)"
        )
        assert root.execute("select time::text from stats.stats").fetchall() == [("2026-11-22 00:00:00",)]
