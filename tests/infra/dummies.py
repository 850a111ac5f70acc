"""Small processes to supervise."""

import asyncio
import os
import sys
from pathlib import Path

from infra.local.ports import Port, free_port
from infra.local.probes import Health, Probe
from infra.local.supervised import Part

LISTEN = """
import os, signal, socket, subprocess, sys, time
port, mode, notes = int(sys.argv[1]), sys.argv[2], sys.argv[3]
def note(text):
    with open(notes, "a") as file:
        file.write(text + "\\n")
def end(*_):
    note(f"end {sys.argv[4]}")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "stubborn" else end)
note(f"start {sys.argv[4]}")
if mode == "dies":
    print("the reason why it dies", flush=True)
    sys.exit(3)
if mode == "parent":
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    subprocess.Popen(["sleep", "600"])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
while True:
    time.sleep(60)
"""


def accepts(port: int) -> Probe:
    """A probe: something listens on the port."""

    async def probe() -> Health:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return Health.GONE
        writer.close()
        return Health.WELL

    return probe


def dummy(name: str, folder: Path, *, mode: str = "good", after: tuple[str, ...] = (), group: str = "") -> Part:
    """A part that listens on a port and notes its starts and ends in `folder`/notes.

    `mode`: good; dies (with exit code 3 at once); stubborn (ignores SIGTERM); parent (starts two processes that
    outlive it, one in a session of its own).
    """
    port = free_port()
    return Part(
        name=name,
        command=[sys.executable, "-c", LISTEN, str(port), mode, str(folder / "notes"), name],
        environment={"PATH": os.environ["PATH"]},
        probe=accepts(port),
        cwd=folder,
        port=Port("gateway", port),
        after=after,
        group=group,
        stop_timeout_s=0.5 if mode == "stubborn" else 10,
    )


def notes(folder: Path) -> list[str]:
    """What the dummies noted so far."""
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []
