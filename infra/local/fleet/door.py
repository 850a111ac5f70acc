"""How `tidemark scale` speaks with the `tidemark up` that runs: a line of JSON each way, over a Unix socket.

The socket lies in the folder that is closed to others, as Envoy's administration does.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from infra.local.errors import LocalError
from infra.local.fleet.fleet import Fleet
from infra.local.services import SERVICES
from infra.local.settings import INSTANCES_MAX

# Starting several instances, or draining them, takes its time.
ANSWER_WITHIN_S = 300.0
AUTO = "auto"
LINE_MAX_BYTES = 1 << 20


@contextlib.asynccontextmanager
async def open_door(fleet: Fleet, path: Path) -> AsyncIterator[None]:
    """Answer those who ask at `path`, inside the `with`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            told = await _answer(fleet, json.loads(await reader.readline()))
            writer.write(json.dumps(told).encode() + b"\n")
            await writer.drain()
        writer.close()

    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(answer, path, limit=LINE_MAX_BYTES)
    try:
        yield
    finally:
        server.close()


def ask(path: Path, service: str | None = None, instances: int | None = None) -> dict[str, Any]:
    """What the fleet tells (Fleet.to_json), after pinning a service to a number (None: `auto`) if one is named.

    Raises LocalError when nobody answers, or when the bank refuses.
    """
    asked = {} if service is None else {"service": service, "instances": AUTO if instances is None else instances}
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(ANSWER_WITHIN_S)
            door.connect(str(path))
            door.sendall(json.dumps(asked).encode() + b"\n")
            with door.makefile("rb") as answer:
                told: dict[str, Any] = json.loads(answer.readline())
    except (OSError, ValueError) as error:
        raise LocalError(
            f"The bank does not answer ({type(error).__name__}): it is starting or ending. See `tidemark status`."
        ) from None
    if "error" in told:
        raise LocalError(told["error"])
    return told


async def _answer(fleet: Fleet, asked: dict[str, Any]) -> dict[str, Any]:
    service, instances = asked.get("service"), asked.get("instances")
    if service is not None:
        if service not in SERVICES:
            return {"error": f"There is no service {service!r}. There are: {', '.join(SERVICES)}."}
        number = None if instances == AUTO else instances
        if number is not None and (type(number) is not int or not 1 <= number <= INSTANCES_MAX):
            return {"error": f"A service has 1 to {INSTANCES_MAX} instances on one machine."}
        try:
            await fleet.pin(service, number)
        except OSError as error:
            return {"error": f"It can't be kept ({error.strerror}), so nothing was changed."}
    return fleet.to_json()
