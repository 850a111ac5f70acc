"""An embedded Postgres as a process of the tests' own; under `tidemark up` the supervisor runs it."""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from infra.local.databases import SUPERUSER
from infra.local.errors import LocalError
from infra.local.ports import LOOPBACK
from infra.local.postgres import STOP_SIGNALS, EmbeddedPostgres, server_environment

# A crash of the machine may lose everything, a crash of the server nothing.
NOT_DURABLE: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresProcess(EmbeddedPostgres):
    """Its log goes to `log_file`, appended. `durable=False` turns fsync off."""

    def __init__(self, data_dir: Path, port: int, log_file: Path, *, password: str, durable: bool = True) -> None:
        super().__init__(data_dir, port, password, {} if durable else NOT_DURABLE)
        self.log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def superuser_url(self) -> str:
        """URL of the maintenance database `postgres` as the superuser."""
        return f"postgresql://{SUPERUSER}:{quote(self._password, safe='')}@{LOOPBACK}:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """Process id of the server that `start` started, None when it isn't running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Initialise when needed and start the server; after a kill -9 it recovers by itself."""
        self.initialise()
        self.end_leftovers()
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=server_environment(),
                start_new_session=True,
                user=self.run_as,
                group=self.run_as,
                extra_groups=[] if self.run_as else None,
            )

    def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Return when the server answers queries. Raises LocalError when it ended or `timeout_s` passed."""
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            if self._process is not None and self._process.poll() is not None:
                raise LocalError(f"Postgres ended while starting. The reason is in {self.log_file}.")
            if time.monotonic() > deadline:
                raise LocalError(f"Postgres was not ready within {timeout_s:.0f} s. See {self.log_file}.")
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """Whether the server answers a query right now."""
        try:
            with psycopg.connect(self.superuser_url, connect_timeout=2) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, timeout_s: float = 20.0) -> None:
        """End the server by STOP_SIGNALS; each is given `timeout_s`."""
        if self._process is None:
            return
        for stop_signal in (*STOP_SIGNALS, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(stop_signal)
            try:
                self._process.wait(timeout_s)
                return
            except subprocess.TimeoutExpired:
                continue
