"""What the database itself refuses, whoever connects: the service's role, the schema's owner, the superuser."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from tests.accounts.ledger import Ledger
from tests.cluster import Databases

ROLES = ["accounts_app", "accounts_owner", "postgres"]
CHANGES = [
    "update accounts.transaction set amount = amount + 1",
    "delete from accounts.transaction",
    "truncate accounts.transaction",
    "insert into accounts.transaction (transfer_id, account_id, counterparty, amount, balance_after, sequence, at)"
    " select transfer_id, account_id, counterparty, amount, balance_after + amount, sequence + 1, at"
    " from accounts.transaction",
    "update accounts.transfer set memo = 'changed'",
    "delete from accounts.transfer",
    "truncate accounts.transfer, accounts.transaction",
    "update accounts.account set total = total + 1",
    "update accounts.account set last_sequence = last_sequence + 1",
    "update accounts.account set last_at = last_at + interval '1 second'",
    "update accounts.account set currency = 'USD'",
    "update accounts.account set number = number || '0'",
    "update accounts.account set closed_at = now()",
    "update accounts.account set spent = 0, spent_on = spent_on + 1",
    "update accounts.account set overdraft_limit = -1",
    "update accounts.account set overdraft_limit = 9007199254740992",
    "merge into accounts.transaction using (values (1)) v on true when matched then delete",
    "with changed as (update accounts.transfer set at = now() returning 1) select * from changed",
    "insert into accounts.transfer select * from accounts.transfer on conflict (id) do update set amount = 1",
    "delete from accounts.account",
    "truncate accounts.account cascade",
    "insert into accounts.account (number, type, currency, total) values ('1000000018', 'checking', 'EUR', 5)",
    "insert into accounts.account (number, type, currency) values ('1000000019', 'checking', 'EUR')",
    "insert into accounts.account (number, type, currency) values ('1000000018', 'gold', 'EUR')",
]
TRANSFERS = [
    "'external:cash', 'external:card', 5, 'EUR', clock_timestamp()",
    "'{account}', 'external:cash', 101, 'EUR', clock_timestamp()",
    "'external:cash', '{account}', 5, 'USD', clock_timestamp()",
    "'external:cash', '{account}', 0, 'EUR', clock_timestamp()",
    "'external:cash', '{account}', -5, 'EUR', clock_timestamp()",
    "'external:cash', '{account}', 5, 'EUR', '1993-01-01T00:00Z'",
    "'external:Ada Lovelace', '{account}', 5, 'EUR', clock_timestamp()",
    "'{account}', '{account}', 5, 'EUR', clock_timestamp()",
    "'external:cash', '00000000-0000-7000-8000-000000000000', 5, 'EUR', clock_timestamp()",
    "'external:cash', upper('{account}'), 5, 'EUR', clock_timestamp()",
    "'{account}', '{{{account}}}', 5, 'EUR', clock_timestamp()",
    "'external:cash', '{account}', 5, 'EUR', 'infinity'",
]


@pytest.fixture(scope="module")
def ledger(module_databases: Databases) -> Iterator[Ledger]:
    ledger = Ledger(module_databases)
    ledger.open(100)
    yield ledger
    ledger.close()


def url_of(ledger: Ledger, role: str) -> str:
    return ledger.databases.superuser_url() if role == "postgres" else ledger.databases.url(role)


class TestHistoryIsAppendOnly:
    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("change", CHANGES)
    def test_refused(self, ledger: Ledger, role: str, change: str) -> None:
        refusals = (errors.InsufficientPrivilege, errors.IntegrityConstraintViolation, errors.RestrictViolation)
        with (
            psycopg.connect(url_of(ledger, role), autocommit=True) as connection,
            pytest.raises((*refusals, errors.CheckViolation)),
        ):
            connection.execute(change.encode())
        ledger.assert_books_close()

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("table", ["account", "transaction", "transfer"])
    def test_copy_is_no_way_round(self, ledger: Ledger, role: str, table: str) -> None:
        """What is there, written again by COPY, as if nothing had been refused before."""
        with psycopg.connect(url_of(ledger, role), autocommit=True) as connection, connection.cursor() as cursor:
            with cursor.copy(f"copy accounts.{table} to stdout".encode()) as copied:
                rows = b"".join(bytes(block) for block in copied)
            assert rows
            with (
                pytest.raises((errors.InsufficientPrivilege, errors.IntegrityError)),
                cursor.copy(f"copy accounts.{table} from stdin".encode()) as copying,
            ):
                copying.write(rows)
        ledger.assert_books_close()


class TestAccountsClose:
    @pytest.mark.parametrize("role", ROLES[1:])
    def test_only_empty_after_their_last_entry_and_for_good(self, ledger: Ledger, role: str) -> None:
        account = ledger.open(5)
        close = "update accounts.account set closed_at = {} where id = %s"
        with psycopg.connect(url_of(ledger, role), autocommit=True) as connection:
            with pytest.raises(errors.RestrictViolation):
                connection.execute(close.format("now()").encode(), (account,))
            ledger.post(connection, [(account, "external:cash", 5)])
            for too_early in ("last_at - interval '1 us'", "opened_at - interval '1 us'"):
                with pytest.raises(errors.RestrictViolation):
                    connection.execute(close.format(too_early).encode(), (account,))
            assert connection.execute(close.format("now()").encode(), (account,)).rowcount == 1
            for later in (
                close.format("null").encode(),
                b"update accounts.account set overdraft_limit = 5 where id = %s",
                b"insert into accounts.transfer (kind, source, destination, amount, currency, at)"
                b" values ('deposit', 'external:cash', %s, 5, 'EUR', clock_timestamp())",
            ):
                with pytest.raises(errors.RestrictViolation):
                    connection.execute(later, (account,))


class TestTransfersAreDoubleEntry:
    @pytest.mark.parametrize("values", TRANSFERS)
    @pytest.mark.parametrize("count", [1, 2])
    def test_an_impossible_one_is_refused_even_by_hand(self, ledger: Ledger, values: str, count: int) -> None:
        account = ledger.value("select id::text from accounts.account limit 1")
        row = f"('transfer', {values.format(account=account)})"
        fine = f"('deposit', 'external:cash', '{account}', 1, 'EUR', clock_timestamp())"
        statement = (
            "insert into accounts.transfer (kind, source, destination, amount, currency, at) values "
            + ", ".join([row, fine][:count])
        )
        with (
            psycopg.connect(ledger.databases.url("accounts_owner"), autocommit=True) as connection,
            pytest.raises((errors.IntegrityError,)),
        ):
            connection.execute(statement.encode())
        assert ledger.total(account) == 100

    def test_a_possible_one_has_its_entries(self, ledger: Ledger) -> None:
        source, destination = ledger.open(10), ledger.open()
        with psycopg.connect(ledger.databases.url("accounts_owner"), autocommit=True) as connection:
            connection.execute(
                "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
                " values ('transfer', %s, %s, 3, 'EUR', clock_timestamp())",
                (source, destination),
            )
        assert (ledger.total(source), ledger.total(destination)) == (7, 3)
        ledger.assert_books_close()

    def test_several_in_one_statement_may_not_overdraw_in_between(self, ledger: Ledger) -> None:
        account = ledger.open(10)
        with (
            psycopg.connect(ledger.databases.url("accounts_owner"), autocommit=True) as connection,
            pytest.raises(errors.NotNullViolation),
        ):
            connection.execute(
                "insert into accounts.transfer (kind, source, destination, amount, currency, at) values"
                " ('withdrawal', %(account)s, 'external:cash', 11, 'EUR', clock_timestamp()),"
                " ('deposit', 'external:cash', %(account)s, 11, 'EUR', clock_timestamp() + interval '1 second')",
                {"account": account},
            )

    def test_several_in_one_statement_spend_on_one_day(self, ledger: Ledger) -> None:
        account = ledger.open(10)
        statement = (
            "insert into accounts.transfer (kind, source, destination, amount, currency, at)"
            " select 'withdrawal', %s, 'external:cash', 2, 'EUR', day::date + interval '36 hours'"
            " from unnest(%s::timestamptz[]) day"
        )
        today, tomorrow = ledger.root.execute("select now(), now() + interval '1 day'").fetchone() or ()
        with psycopg.connect(ledger.databases.url("accounts_owner"), autocommit=True) as connection:
            with pytest.raises(errors.NotNullViolation):
                connection.execute(statement, (account, [today, tomorrow]))
            connection.execute(statement, (account, [today, today]))
        assert ledger.value("select spent from accounts.account where id = %s", account) == 4


class TestRoles:
    @pytest.mark.parametrize(
        "change",
        [
            "alter table accounts.transaction disable trigger all",
            "alter table accounts.account drop constraint account_not_overdrawn",
            "drop trigger transfer_entries on accounts.transfer",
            "set session_replication_role = replica",
            "set role accounts_owner",
            "create table accounts.own (id int)",
            "create temporary table own (id int)",
            "create or replace function accounts.is_account(p_side text) returns boolean language sql"
            " immutable return true",
            "select accounts.post_one(null, true, null, 'external:cash', 'external:card', 1, '', 1, null)",
            "set role accounts_ledger",
            "select accounts.post_import()",
        ],
    )
    def test_the_service_cannot_take_a_guard_away(self, ledger: Ledger, change: str) -> None:
        with ledger.connect() as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(change.encode())

    def test_the_service_may_only_read_and_call(self, ledger: Ledger) -> None:
        writes = ledger.value(
            "select count(*) from information_schema.role_table_grants"
            " where grantee = 'accounts_app' and table_schema = 'accounts' and privilege_type <> 'SELECT'"
        )
        assert writes == 0
        callable_ = ledger.root.execute(
            "select proname from pg_proc p join pg_namespace n on n.oid = pronamespace"
            " where nspname = 'accounts' and has_function_privilege('accounts_app', p.oid, 'execute')"
            " and prosecdef and not (proconfig @> array['search_path=pg_catalog, pg_temp'])"
        ).fetchall()
        assert callable_ == []

    @pytest.mark.parametrize(
        "role", ["accounts_app", "stats_app", "events_app", "extractor", "publisher", "users_app"]
    )
    @pytest.mark.parametrize("table", ["request", "import_row", "import_account"])
    def test_nobody_else_reads_what_is_not_theirs(self, ledger: Ledger, role: str, table: str) -> None:
        with ledger.connect(role) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"select * from accounts.{table}".encode())

    @pytest.mark.parametrize("role", ["stats_app", "events_app", "extractor", "publisher", "users_app"])
    def test_nobody_else_posts(self, ledger: Ledger, role: str) -> None:
        with ledger.connect(role) as connection, pytest.raises(errors.InsufficientPrivilege):
            ledger.post(connection, [(ledger.open(), "external:cash", 1)])

    def test_the_extract_sees_no_memo(self, ledger: Ledger) -> None:
        with ledger.connect("extractor") as connection:
            connection.execute("select * from accounts.account, accounts.transaction limit 1")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("select memo from accounts.transfer")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("select memo from accounts.statement")

    def test_every_row_names_its_writer(self, ledger: Ledger) -> None:
        source, destination = ledger.open(10), ledger.open()
        with psycopg.connect(ledger.databases.url("accounts_app")) as connection:
            ledger.post(connection, [(source, destination, 1), (source, destination, 2)])
            (writer,) = connection.execute("select pg_current_xact_id()::text").fetchone() or ()
        for query in (
            "select count(*) from accounts.account where xid::text = %s",
            "select count(*) / 2 from accounts.transaction where xid::text = %s",
        ):
            assert ledger.value(query, writer) == 2
