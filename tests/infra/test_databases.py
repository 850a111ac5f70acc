"""Roles and databases of the bank."""

import psycopg
import pytest

from infra.local.databases import APPS, BANK_ROLES, OWNERS, ROLES, prepare, url, urls
from tests.cluster import PASSWORDS, Cluster, Databases

pytestmark = pytest.mark.slow


class TestPrepare:
    def test_twice_changes_nothing(self, cluster: Cluster) -> None:
        prepare(cluster.server.superuser_url, PASSWORDS)
        prepare(cluster.server.superuser_url, PASSWORDS)
        for address in urls(cluster.server.superuser_url, PASSWORDS).values():
            with psycopg.connect(address) as connection:
                assert connection.execute("show timezone").fetchone() == ("UTC",)

    @pytest.mark.parametrize("role", APPS)
    def test_app_roles_cannot_hold_the_ledger_for_long(self, empty_databases: Databases, role: str) -> None:
        with psycopg.connect(empty_databases.url(role)) as connection:
            assert connection.execute("show transaction_timeout").fetchone() == ("30s",)
            assert connection.execute("show idle_in_transaction_session_timeout").fetchone() == ("15s",)
            assert connection.execute("show statement_timeout").fetchone() == ("20s",)

    @pytest.mark.parametrize("role", OWNERS)
    def test_owners_make_their_schema(self, empty_databases: Databases, role: str) -> None:
        with psycopg.connect(empty_databases.url(role)) as connection:
            connection.execute("create schema mine")

    @pytest.mark.parametrize("role", [role for role in BANK_ROLES if role not in OWNERS])
    def test_others_make_no_schema(self, empty_databases: Databases, role: str) -> None:
        with (
            psycopg.connect(empty_databases.url(role)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("create schema mine")

    def test_extractor_sees_when_others_began(self, empty_databases: Databases) -> None:
        with (
            psycopg.connect(empty_databases.url("accounts_app")) as other,
            psycopg.connect(empty_databases.url("extractor")) as connection,
        ):
            other.execute("select 1")
            starts = connection.execute(
                "select xact_start from pg_stat_activity where pid = %s", (other.info.backend_pid,)
            ).fetchone()
            assert starts is not None
            assert starts[0] is not None

    @pytest.mark.parametrize("role", BANK_ROLES)
    def test_bank_roles_stay_out_of_the_warehouse(self, empty_databases: Databases, role: str) -> None:
        address = url(empty_databases.server_url, role, PASSWORDS[role], empty_databases.names.warehouse)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(address)

    def test_analysts_read_what_production_makes_and_write_elsewhere(self, empty_databases: Databases) -> None:
        with psycopg.connect(empty_databases.warehouse_url) as connection:
            connection.execute("create schema marts; create table marts.made as select 1 as figure")
        with psycopg.connect(empty_databases.url("analyst"), autocommit=True) as connection:
            connection.execute("create schema analyst_ada; create table analyst_ada.mine as table marts.made")
            assert connection.execute("table analyst_ada.mine").fetchall() == [(1,)]
            for forbidden in ("delete from marts.made", "create table marts.mine ()", "drop schema marts cascade"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(forbidden)

    def test_wrong_password_is_refused(self, empty_databases: Databases) -> None:
        address = url(empty_databases.server_url, "users_app", "wrong", empty_databases.names.bank)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(address)


class TestUrls:
    def test_one_for_each_role_with_reserved_characters_escaped(self) -> None:
        server = "postgresql://admin:secret@db.example:6432/postgres?sslmode=require"
        made = urls(server, dict.fromkeys(ROLES, "p@ss/w:rd"))
        assert set(made) == set(ROLES)
        assert made["users_app"] == ("postgresql://users_app:p%40ss%2Fw%3Ard@db.example:6432/bank?sslmode=require")
        assert made["warehouse"].endswith("/warehouse?sslmode=require")

    def test_warehouse_may_lie_on_another_server(self) -> None:
        made = urls("postgresql://a@one:1/x", dict.fromkeys(ROLES, "p"), warehouse_server="postgresql://a@two:2/x")
        assert made["publisher"] == "postgresql://publisher:p@one:1/bank"
        assert made["warehouse"] == "postgresql://warehouse:p@two:2/warehouse"
        assert made["dagster"] == "postgresql://dagster:p@two:2/dagster"
