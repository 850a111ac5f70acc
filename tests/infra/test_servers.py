"""Servers of one's own: a managed one, whose administrator is no superuser, and one that is too old."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.shared.migrations import upgrade as migrations
from api.shared.migrations.upgrade import MigrationError, upgrade
from infra.local import databases
from infra.local.databases import ROLES, DatabaseNames, prepare, prepare_bank, url, urls
from infra.local.errors import LocalError
from infra.local.ports import free_port
from tests.cluster import PASSWORDS, REPOSITORY, Databases
from tests.postgres_process import PostgresProcess

pytestmark = pytest.mark.slow
ADMIN = "managed_admin"


def started(folder: Path) -> PostgresProcess:
    server = PostgresProcess(
        folder / "data", free_port(), folder / "postgres.log", password="postgres", durable=False
    )
    server.start()
    server.wait_ready()
    return server


class TestManagedAdministrator:
    """As on RDS: may create roles and databases, and owns nothing that it did not make."""

    @pytest.fixture
    def server(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresProcess]:
        server = started(tmp_path_factory.mktemp("managed"))
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute(f"create role {ADMIN} login createrole createdb password 'admin'")
        yield server
        server.stop()

    @pytest.fixture
    def admin_url(self, server: PostgresProcess) -> str:
        return url(server.superuser_url, ADMIN, "admin", "postgres")

    def test_prepares_twice_and_the_services_make_their_schemas(
        self, server: PostgresProcess, admin_url: str
    ) -> None:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute(f"grant pg_read_all_stats to {ADMIN} with admin option")
        for _ in range(2):
            prepare(admin_url, PASSWORDS)
        made = urls(admin_url, PASSWORDS)
        for service in ("users", "accounts", "stats", "events"):
            upgrade(service, REPOSITORY / "api" / service, made[f"{service}_owner"])
        for role in ROLES:
            with psycopg.connect(made[role]) as connection:
                assert connection.execute("select current_user").fetchone() == (role,)
        with psycopg.connect(made["accounts_app"]) as other, psycopg.connect(made["extractor"]) as connection:
            other.execute("select 1")
            seen = "select xact_start is not null from pg_stat_activity where pid = %s"
            assert connection.execute(seen, (other.info.backend_pid,)).fetchone() == (True,)
        with psycopg.connect(made["accounts_owner"]) as connection:
            owned = "select count(*) > 0 from pg_proc where proowner = 'accounts_ledger'::regrole"
            assert connection.execute(owned).fetchone() == (True,)

    def test_what_it_lacks_is_said(self, admin_url: str) -> None:
        with pytest.raises(LocalError, match=f"grant pg_read_all_stats to {ADMIN} with admin option"):
            prepare_bank(admin_url, PASSWORDS)


class TestOldServer:
    """An older server is played by asking for a newer one."""

    def test_is_refused_before_anything_is_made(
        self, empty_databases: Databases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(databases, "OLDEST_SERVER", 190_000)
        monkeypatch.setattr(migrations, "OLDEST_SERVER", (19,))
        never = DatabaseNames(bank="never_made")
        with pytest.raises(LocalError, match=r"is Postgres 18\.\d+; it must be 19 or newer"):
            prepare_bank(empty_databases.superuser_url(), PASSWORDS, never)
        with pytest.raises(MigrationError, match=r"needs Postgres 19 or newer; this server is 18\.\d+"):
            upgrade("accounts", REPOSITORY / "api" / "accounts", empty_databases.url("accounts_owner"))
        with psycopg.connect(empty_databases.superuser_url()) as connection:
            made = "select count(*) from pg_database where datname = 'never_made'"
            assert connection.execute(made).fetchone() == (0,)
            assert connection.execute("select to_regnamespace('accounts')").fetchone() == (None,)
