"""Finding and ending processes, so that nothing of a bank outlives it.

Every process that a bank starts carries its state folder in the environment variable MARK, and so does whatever
that process starts (Dagster's runs, for one). That, the session of each part, and what descends from it, find them
all, also after the `tidemark up` that started them was killed.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

MARK = "TIDEMARK_PART_OF"
POLL_S = 0.02


def marked(home: Path) -> list[psutil.Process]:
    """Every process of the bank in `home`, whoever its parent is."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == str(home):
                found.append(process)
    return found


def postgres_in(folder: Path) -> list[psutil.Process]:
    """The processes of the Postgres whose data lies in `folder` (or below it).

    They hide their environment behind what they show in `ps`, and each leads a session of its own; but all of
    them work in the data folder.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name() == "postgres" and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
    return found


def with_descendants(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The processes and everything below them, each once."""
    found = {}
    for process in processes:
        found[process.pid] = process
        with contextlib.suppress(psutil.Error):
            found.update((child.pid, child) for child in process.children(recursive=True))
    return list(found.values())


def of_session(session_id: int) -> list[psutil.Process]:
    """What is left of the session that a part led, the part itself included."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) == session_id:
                found.append(psutil.Process(pid))
    return [process for process in found if _is_alive(process)]


def end(processes: list[psutil.Process], timeout_s: float = 5.0, first: int = signal.SIGTERM) -> None:
    """Ask the processes to end and return when they have; those still there after `timeout_s` are killed."""
    for send in (first, signal.SIGKILL):
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.send_signal(send)
        deadline = time.monotonic() + timeout_s
        while processes := [process for process in processes if _is_alive(process)]:
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_S)
        else:
            return


def end_all_of(home: Path, timeout_s: float = 10.0) -> int:
    """End whatever runs for the bank in `home`; the number of processes that were there.

    Databases come last and are asked for a fast shutdown, so that what they have acknowledged is written.
    """
    count = 0
    deadline = time.monotonic() + 3 * timeout_s
    while (processes := with_descendants([*marked(home), *postgres_in(home)])) and time.monotonic() < deadline:
        count += len(processes)
        databases = [process for process in processes if _is_database(process)]
        end([process for process in processes if process not in databases], timeout_s)
        # SIGINT is Postgres' fast shutdown. Its children end with it.
        end([process for process in databases if _is_alive(process)], timeout_s, first=signal.SIGINT)
    return count


def resident_bytes(pid: int) -> int:
    """Memory of a process and its descendants; what several share is shared out among them (PSS) where known."""
    try:
        tree = with_descendants([psutil.Process(pid)])
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info()
            total += memory.rss
            with contextlib.suppress(psutil.Error, AttributeError):
                total += process.memory_full_info().pss - memory.rss
    return total


def _is_alive(process: psutil.Process) -> bool:
    # One that has ended but is not collected counts as gone: in a container nobody may ever collect orphans.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _is_database(process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres"
    except psutil.Error:
        return False
