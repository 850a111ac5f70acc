"""The embedded Postgres."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.local import processes
from infra.local.errors import LocalError
from infra.local.ports import free_port
from tests.postgres_process import PostgresProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresProcess]:
    server = PostgresProcess(tmp_path / "postgres", free_port(), tmp_path / "postgres.log", password="it's %/:@")
    yield server
    server.stop()


class TestStart:
    def test_settings_of_a_bank(self, server: PostgresProcess) -> None:
        server.start()
        server.wait_ready()
        with psycopg.connect(server.superuser_url) as connection:
            settings: dict[str, str] = dict(connection.execute("select name, setting from pg_settings").fetchall())
            assert settings["server_version_num"].startswith("18")
            assert settings["data_checksums"] == "on"
            assert settings["server_encoding"] == "UTF8"
            assert settings["listen_addresses"] == "127.0.0.1"
            assert settings["unix_socket_directories"] == ""
            assert settings["fsync"] == "on"
            assert connection.execute(
                "select datlocprovider, datlocale from pg_database where datname = 'postgres'"
            ).fetchone() == ("b", "C.UTF-8")

    def test_everybody_needs_the_password(self, server: PostgresProcess) -> None:
        server.start()
        server.wait_ready()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", password="wrong")

    def test_log_holds_no_text_of_statements(self, server: PostgresProcess) -> None:
        server.start()
        server.wait_ready()
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("create table person (email text unique)")
            connection.execute("insert into person values ('ada@example.org')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("insert into person values (%s)", ("ada@example.org",))
            with pytest.raises(psycopg.errors.InvalidTextRepresentation):
                connection.execute("select 'ada@example.org'::xid8")
        server.stop()
        log = server.log_file.read_text()
        assert "ready to accept connections" in log
        assert "ada@example.org" not in log

    def test_refuses_a_folder_that_holds_something_else(self, server: PostgresProcess) -> None:
        server.data_dir.mkdir()
        (server.data_dir / "holiday.jpg").touch()
        with pytest.raises(LocalError, match="no Postgres cluster"):
            server.start()
        assert (server.data_dir / "holiday.jpg").exists()

    def test_refuses_a_cluster_of_another_version(self, server: PostgresProcess) -> None:
        server.data_dir.mkdir()
        (server.data_dir / "PG_VERSION").write_text("16\n")
        with pytest.raises(LocalError, match="made by Postgres 16"):
            server.start()

    def test_begins_anew_after_an_interrupted_first_start(self, server: PostgresProcess) -> None:
        unfinished = server.data_dir.with_name("postgres.new")
        unfinished.mkdir()
        (unfinished / "PG_VERSION").write_text("18\n")
        server.start()
        server.wait_ready()

    def test_port_taken_is_an_error_that_names_the_log(self, server: PostgresProcess, tmp_path: Path) -> None:
        server.start()
        server.wait_ready()
        second = PostgresProcess(tmp_path / "second", server.port, tmp_path / "second.log", password="x")
        second.start()
        with pytest.raises(LocalError, match=r"second\.log"):
            second.wait_ready()


class TestKill:
    def test_everything_acknowledged_is_there_again(self, server: PostgresProcess) -> None:
        server.start()
        server.wait_ready()
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("create table kept as select generate_series(1, 1000) as number")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
        assert (server.data_dir / "postmaster.pid").exists()
        server.start()
        server.wait_ready()
        with psycopg.connect(server.superuser_url) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (1000,)

    def test_a_backend_that_is_busy_does_not_hold_up_the_next_start(self, server: PostgresProcess) -> None:
        server.start()
        server.wait_ready()
        busy = psycopg.pq.PGconn.connect(server.superuser_url.encode())
        busy.send_query(b"select count(*) from generate_series(1, 100000000000)")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
        assert processes.postgres_in(server.data_dir)
        server.start()
        server.wait_ready()
        parents = set()
        for process in processes.postgres_in(server.data_dir):
            with contextlib.suppress(psutil.NoSuchProcess):  # the server starts and ends helpers of its own
                parents.add(process.ppid())
        assert parents == {server.pid, os.getpid()}
        busy.finish()


class TestStop:
    def test_disconnects_clients_and_ends(self, server: PostgresProcess) -> None:
        server.start()
        server.wait_ready()
        with psycopg.connect(server.superuser_url) as connection:
            server.stop()
            assert server.pid is None
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
