"""Schemas are made and brought up to date."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psycopg
import pytest

from api.shared.migrations.upgrade import MigrationError
from tests.accounts.ledger import Ledger
from tests.cluster import Cluster, Databases
from tests.shared.schemas import (
    CHANGE,
    OWNER,
    REPOSITORY,
    SQL_BEFORE,
    SQL_NOW,
    SQL_WITH_THE_SAME_SIGNATURES,
    TABLES,
    before,
    bring_up,
    copy_of,
    now,
    write,
)

pytestmark = pytest.mark.slow

SCHEMAS = {
    "users": REPOSITORY / "api" / "users",
    "accounts": REPOSITORY / "api" / "accounts",
    "stats": REPOSITORY / "api" / "stats",
    "events": REPOSITORY / "api" / "events",
    "pipeline": REPOSITORY / "pipelines",
}
# What an earlier version may have left in any schema.
PAST = """
    create function {0}.past(p_past text) returns text language sql return p_past;
    create view {0}.past_view as select {0}.past(table_name) as name from information_schema.tables;
    create function {0}.past_trigger() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger past before insert on {0}.{1} for each row execute function {0}.past_trigger();
    grant all on all tables in schema {0} to users_app, extractor;
    grant all on all functions in schema {0} to public;
    grant all on schema {0} to users_app, extractor, public;
"""


@pytest.fixture
def fresh_databases(cluster: Cluster) -> Iterator[Databases]:
    """A second bank without schemas."""
    created = cluster.create(is_migrated=False)
    yield created
    cluster.drop(created)


@pytest.fixture
def url(empty_databases: Databases) -> str:
    return empty_databases.url(OWNER)


def schema_of(databases: Databases) -> str:
    return databases.dump("--schema-only")


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return row and row[0]


class TestUpgrade:
    @pytest.mark.parametrize("sql", [SQL_NOW, SQL_WITH_THE_SAME_SIGNATURES, {}])
    def test_an_upgraded_schema_equals_a_fresh_one(
        self,
        tmp_path: Path,
        empty_databases: Databases,
        fresh_databases: Databases,
        url: str,
        sql: dict[str, str],
    ) -> None:
        bring_up(before(tmp_path / "before"), url)
        with psycopg.connect(url) as connection:
            connection.execute("insert into example.thing (name) values ('kept')")
        old = schema_of(empty_databases)
        bring_up(now(tmp_path / "now", sql), url)
        bring_up(now(tmp_path / "now", sql), fresh_databases.url(OWNER))
        assert schema_of(empty_databases) == schema_of(fresh_databases) != old
        assert one(url, "select name || size from example.thing") == "kept0"

    def test_files_alone_make_it_anew(
        self, tmp_path: Path, empty_databases: Databases, fresh_databases: Databases, url: str
    ) -> None:
        past = write(tmp_path / "past", {"0001_baseline": TABLES}, {})
        bring_up(past, url)
        bring_up(past, fresh_databases.url(OWNER))
        bring_up(before(tmp_path / "before"), url)
        bring_up(past, url)
        assert schema_of(empty_databases) == schema_of(fresh_databases)

    @pytest.mark.parametrize(
        ("schema", "table"),
        [("users", "session"), ("accounts", "request"), ("stats", "stats"), ("pipeline", "run")],
    )
    def test_a_services_schema_equals_a_fresh_one_whatever_stood_there(
        self, tmp_path: Path, empty_databases: Databases, fresh_databases: Databases, schema: str, table: str
    ) -> None:
        folder = copy_of(SCHEMAS[schema], tmp_path)
        (folder / "sql" / "99_past.sql").write_text(PAST.format(schema, table))
        bring_up(folder, empty_databases.url(f"{schema}_owner"), schema)
        old = schema_of(empty_databases)
        for databases in (empty_databases, fresh_databases):
            bring_up(SCHEMAS[schema], databases.url(f"{schema}_owner"), schema)
        assert schema_of(empty_databases) == schema_of(fresh_databases) != old

    def test_the_order_of_the_schemas_does_not_matter(
        self, cluster: Cluster, databases: Databases, empty_databases: Databases
    ) -> None:
        """A bank makes them side by side."""
        cluster.migrate(empty_databases, tuple(reversed(SCHEMAS)))
        assert schema_of(empty_databases) == schema_of(databases)

    def test_what_was_made_by_these_files_is_left_alone(self, tmp_path: Path, url: str) -> None:
        made = "select max(xmin::text) from pg_proc where pronamespace = 'example'::regnamespace"
        bring_up(now(tmp_path), url)
        first = one(url, made)
        bring_up(now(tmp_path), url)
        assert one(url, made) == first
        (tmp_path / "sql" / "03_more.sql").write_text("select 1")
        bring_up(tmp_path, url)
        assert one(url, made) != first

    @pytest.mark.parametrize(
        ("change", "sql"),
        [("select 1 / 0", SQL_NOW), (CHANGE, SQL_NOW | {"02_grants": "grant all on nothing to no"})],
    )
    def test_a_failure_changes_nothing(
        self, tmp_path: Path, empty_databases: Databases, url: str, change: str, sql: dict[str, str]
    ) -> None:
        bring_up(before(tmp_path / "before"), url)
        old = empty_databases.dump()
        wrong = write(tmp_path / "wrong", {"0001_baseline": TABLES, "0002_wrong": change}, sql)
        with pytest.raises(Exception, match=r"division by zero|\"nothing\" does not exist"):
            bring_up(wrong, url)
        assert empty_databases.dump() == old

    def test_what_anothers_view_needs_is_not_taken_from_it(
        self, tmp_path: Path, empty_databases: Databases, url: str
    ) -> None:
        bring_up(before(tmp_path / "before"), url)
        with psycopg.connect(empty_databases.superuser_url()) as connection:
            connection.execute("create view public.theirs as select * from example.seen")
        old = schema_of(empty_databases)
        with pytest.raises(Exception, match="other objects depend on them"):
            bring_up(now(tmp_path / "now"), url)
        assert schema_of(empty_databases) == old

    def test_several_at_once_queue(self, tmp_path: Path, url: str) -> None:
        folder = now(tmp_path)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: bring_up(folder, url), range(4)))
        assert one(url, "select count(*) from example.applied_sql") == 1

    def test_a_bank_from_before_the_first_release_is_refused(
        self, tmp_path: Path, empty_databases: Databases, url: str
    ) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("create schema example; create table example.alembic_version as select '0001' as n")
        old = empty_databases.dump()
        with pytest.raises(MigrationError, match=r"before 0\.2\.0.*Begin a new bank"):
            bring_up(now(tmp_path), url)
        assert empty_databases.dump() == old

    def test_a_bank_from_a_newer_version_is_refused(
        self, tmp_path: Path, empty_databases: Databases, url: str
    ) -> None:
        bring_up(now(tmp_path / "now"), url)
        old = empty_databases.dump()
        with pytest.raises(MigrationError, match="newer version of Tidemark"):
            bring_up(write(tmp_path / "before", {"0001_baseline": TABLES}, SQL_BEFORE), url)
        assert empty_databases.dump() == old


class TestNewVersion:
    def test_of_a_new_schema_it_is_the_first(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "api.shared.migrations", "new", str(tmp_path), "Baseline"]
        subprocess.run(command, capture_output=True, check=True)
        made = tmp_path / "migrations" / "versions" / "0001_baseline.py"
        assert "down_revision = None\n" in made.read_text()

    def test_it_follows_the_last_one(self, tmp_path: Path, url: str) -> None:
        folder = now(tmp_path)
        command = [sys.executable, "-m", "api.shared.migrations"]
        done = subprocess.run(
            [*command, "new", str(folder), "Things have owners"], capture_output=True, text=True, check=True
        )
        made = folder / "migrations" / "versions" / "0003_things_have_owners.py"
        assert done.stdout == f"{made}\n"
        assert made.read_text().startswith('"""Things have owners."""\n')
        made.write_text(made.read_text().replace('"""\n\n ', '"""\nalter table example.thing add owner text\n '))
        subprocess.run(
            [*command, "upgrade", "example", str(folder)], env={"TIDEMARK_MIGRATION_URL": url}, check=True
        )
        assert one(url, "select version_num from example.alembic_version") == "0003"
        assert one(url, "select count(owner) from example.thing") == 0


class TestUpgradeOfARunningBank:
    def test_no_call_fails(self, tmp_path: Path, databases: Databases) -> None:
        """The set is made anew again and again, by turns with and without a file more."""
        owner = databases.url("accounts_owner")
        changed = copy_of(SCHEMAS["accounts"], tmp_path)
        (changed / "sql" / "99_past.sql").write_text(PAST.format("accounts", "request"))
        ledger = Ledger(databases)
        accounts = [ledger.open(1_000_000) for _ in range(4)]
        is_over = Event()

        def post(number: int) -> int:
            with ledger.connect() as connection:
                for posted in range(1_000_000):
                    move = (accounts[number], accounts[(number + 1 + posted % 3) % 4], 1)
                    key = f"{number}-{posted}" if posted % 3 else None
                    outcomes = ledger.post(connection, [move] * (1 + posted % 2), key=key)
                    assert {outcome["status"] for outcome in outcomes} == {"posted"}
                    if is_over.is_set():
                        return posted
            raise AssertionError

        def read() -> int:
            query = (
                "select count(*) from accounts.statement join accounts.account_access using (account_id)"
                " where user_id = %s and sequence = 1"
            )
            with ledger.connect("stats_app") as connection:
                for done in range(1_000_000):
                    assert connection.execute(query, (ledger.user_id,)).fetchall() == [(4,)]
                    if is_over.is_set():
                        return done
            raise AssertionError

        with ThreadPoolExecutor(4) as pool:
            posters = [*(pool.submit(post, number) for number in range(3)), pool.submit(read)]
            try:
                for folder in (changed, SCHEMAS["accounts"]) * 4:
                    bring_up(folder, owner, "accounts")
            finally:
                is_over.set()
            assert all(poster.result() > 0 for poster in posters)
        ledger.assert_books_close()
        ledger.close()

    def test_it_gives_up_on_who_holds_a_table_and_says_so(self, tmp_path: Path, databases: Databases) -> None:
        changed = copy_of(SCHEMAS["accounts"], tmp_path)
        (changed / "sql" / "99_past.sql").write_text(PAST.format("accounts", "request"))
        old = schema_of(databases)
        with psycopg.connect(databases.url("extractor")) as writer:
            writer.execute("insert into accounts.extract_receipt values (uuidv7())")
            with pytest.raises(MigrationError, match="Schema accounts is in use"):
                bring_up(changed, databases.url("accounts_owner"), "accounts", give_up_after_s=0.1)
        assert schema_of(databases) == old
        bring_up(changed, databases.url("accounts_owner"), "accounts")
        assert schema_of(databases) != old
