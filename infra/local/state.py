"""The state folder: where everything of one bank on one machine lies."""

import errno
import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from api.shared.settings import is_time_zone
from infra.local.errors import LocalError
from infra.local.files import write_json, write_whole
from infra.local.secrets import Secrets

LAYOUT = 2
FREE_MIN_BYTES = 1 << 30
DEFAULT_TIME_ZONE = "UTC"
# A socket's path has at most 107 bytes (unix(7)), its name included.
SOCKETS_PATH_MAX = 90


@dataclass(frozen=True)
class StateFolder:
    """Paths inside the folder; `open` makes and checks it."""

    home: Path

    @property
    def secrets(self) -> Path:
        """Passwords and keys, for their owner's eyes only."""
        return self.home / "secrets"

    @property
    def postgres(self) -> Path:
        """The embedded cluster."""
        return self.home / "postgres"

    @property
    def emulator_file(self) -> Path:
        """What the emulated AWS keeps."""
        return self.home / "emulator" / "aws.sqlite"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.home / "dagster"

    @property
    def envoy(self) -> Path:
        """The gateway's generated configuration."""
        return self.home / "envoy"

    @property
    def cloud(self) -> Path:
        """The emulated API Gateway's environment, and the archives behind it."""
        return self.home / "cloud"

    @property
    def docs(self) -> Path:
        """The dbt project's documentation as a page."""
        return self.home / "docs"

    @property
    def sign_ins(self) -> Path:
        """The app's sign-ins, each sealed by a key that its browser alone holds."""
        return self.home / "sign-ins"

    @property
    def scratch(self) -> Path:
        """HOME of the parts: what libraries want to drop or read there stays out of a person's own home."""
        return self.home / "scratch"

    @property
    def sockets(self) -> Path:
        """Unix sockets of parts that trust whoever connects, so that nobody else of the machine can."""
        inside = self.home / "sockets"
        if len(os.fsencode(inside)) <= SOCKETS_PATH_MAX:
            return inside
        return Path(tempfile.gettempdir()) / f"tidemark-{sha256(os.fsencode(self.home)).hexdigest()[:16]}"

    def make_sockets(self) -> None:
        """Make the folder. Raises LocalError when somebody else's stands in its place."""
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        status = self.sockets.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise LocalError(f"{self.sockets} must be a folder of yours that is closed to others: remove it.")

    @property
    def run_record(self) -> Path:
        """What runs at the moment (see record.py)."""
        return self.home / "running.json"

    @property
    def fleet_file(self) -> Path:
        """Pinned numbers of instances, used hours and the last changes (see fleet/memory.py)."""
        return self.home / "fleet.json"

    @property
    def fleet_socket(self) -> Path:
        """Where `tidemark up` answers `tidemark scale`."""
        return self.sockets / "fleet"

    @property
    def logs(self) -> Path:
        """The parts' logs."""
        return self.home / "logs"

    def log_file(self, part: str) -> Path:
        """The log of one part."""
        return self.logs / f"{part}.log"

    @property
    def is_made(self) -> bool:
        """Whether a bank has been started here before."""
        return (self.home / "version").exists()

    @property
    def is_locked(self) -> bool:
        """Whether a `tidemark up` holds this folder."""
        try:
            descriptor = os.open(self.home / "lock", os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    @contextmanager
    def open(self, time_zone: str | None) -> Iterator[None]:
        """Hold the folder for one `tidemark up`, making it at the first start.

        `time_zone` (or UTC) is the bank's from its first start on. Raises LocalError when the folder can't be
        used: not writable, no space, held by another `up`, something else's, another version's, or when another
        time zone is asked for than at the first start.
        """
        self._make()
        with self._lock():
            if not (self.home / "version").exists():
                self._begin(time_zone or DEFAULT_TIME_ZONE)
            self._check_layout()
            self._check_time_zone(time_zone)
            Secrets.complete(self.secrets)
            yield

    def time_zone(self) -> str:
        """The zone fixed at the first start. Raises LocalError when the file that holds it is broken."""
        path = self.home / "settings.json"
        try:
            zone: str = json.loads(path.read_text())["time_zone"]
            is_known = is_time_zone(zone)
        except (OSError, ValueError, TypeError, KeyError):
            is_known = False
        if not is_known:
            raise LocalError(
                f"{path} is missing or broken. It holds the bank's time zone: put it back from a backup of the "
                'state folder, or write {"time_zone": "…"} with the zone it has had from its first start.'
            )
        return zone

    def _make(self) -> None:
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = self.home / f".writable.{os.getpid()}"
            probe.write_bytes(b"x")
            probe.unlink()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise LocalError(_no_space(self.home)) from None
            raise LocalError(
                f"The state folder {self.home} can't be used: {error.strerror}. Mend its rights, or name another "
                "folder with TIDEMARK_HOME."
            ) from None
        if shutil.disk_usage(self.home).free < FREE_MIN_BYTES:
            raise LocalError(_no_space(self.home))

    @contextmanager
    def _lock(self) -> Iterator[None]:
        descriptor = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise LocalError(
                f"This bank is running already: another `tidemark up` holds {self.home}. See `tidemark status`. "
                "For a second bank set TIDEMARK_HOME to another folder and use --port-base."
            ) from None
        try:
            yield
        finally:
            os.close(descriptor)

    def _begin(self, time_zone: str) -> None:
        begun = {"lock", "secrets", "settings.json"}
        strange = sorted(path.name for path in self.home.iterdir() if path.name not in begun)
        if strange:
            raise LocalError(
                f"{self.home} is not a Tidemark state folder: it holds {', '.join(strange[:3])} but no version "
                "file. Name an empty folder with TIDEMARK_HOME, or put the folder back from a backup."
            )
        if not is_time_zone(time_zone):
            raise LocalError(
                f"TIDEMARK_TIME_ZONE is {time_zone!r}, which is no time zone. Use a name like Europe/Prague."
            )
        Secrets.create(self.secrets)
        write_json(self.home / "settings.json", {"time_zone": time_zone}, mode=0o644)
        # The version comes last: without it a start that was cut off here is simply done again.
        write_whole(self.home / "version", f"{LAYOUT}\n", mode=0o644)

    def _check_layout(self) -> None:
        found = (self.home / "version").read_text().strip()
        if found != str(LAYOUT):
            age = "a newer" if found.isdecimal() and int(found) > LAYOUT else "an older or broken"
            raise LocalError(
                f"{self.home} has layout {found!r}, made by {age} version of Tidemark; this one uses layout "
                f"{LAYOUT}. Run the version that made it, or name another folder with TIDEMARK_HOME. Nothing was "
                "changed."
            )

    def _check_time_zone(self, asked: str | None) -> None:
        fixed = self.time_zone()
        if asked and asked != fixed:
            raise LocalError(
                f"TIDEMARK_TIME_ZONE is {asked}, but this bank's days have been cut in {fixed} since its first "
                "start, and published statistics must not change. Unset it, or begin another bank with another "
                "TIDEMARK_HOME."
            )


def _no_space(home: Path) -> str:
    free_mib = shutil.disk_usage(home).free >> 20
    return (
        f"Only {free_mib} MiB are free on the disk of {home}; the bank needs {FREE_MIN_BYTES >> 20} MiB to start. "
        "Free some space, or name a folder on another disk with TIDEMARK_HOME. Nothing was changed."
    )
