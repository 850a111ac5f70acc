"""How one can tell that a part does its work."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import IntEnum
from pathlib import Path

import httpx
import psycopg


class Health(IntEnum):
    """What came of asking. SLOW: somebody is there, but did not give the right answer in time. GONE: nobody is."""

    GONE = 0
    SLOW = 1
    WELL = 2


Probe = Callable[[], Awaitable[Health]]
TIMEOUT_S = 3.0
# Every part speaks plain HTTP. Left to itself the client would read all certificate authorities for each question,
# thirty milliseconds of a processor, ten times a second and part.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

DAEMON_HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"


def http(url: str, headers: Mapping[str, str] | None = None, *, socket: Path | None = None) -> Probe:
    """Answers 200, on a Unix socket if one is named."""

    async def probe() -> Health:
        async with _client(socket) as client:
            return Health.WELL if (await client.get(url, headers=headers)).status_code == 200 else Health.SLOW

    return _judged(probe)


def every(wanted: Iterable[Probe]) -> Probe:
    """All of them; as well as the worst."""
    probes = list(wanted)

    async def probe() -> Health:
        return min(await asyncio.gather(*(single() for single in probes)))

    return probe


def unix(path: Path) -> Probe:
    """Accepts connections."""

    async def probe() -> Health:
        _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        return Health.WELL

    return _judged(probe)


def postgres(url: str) -> Probe:
    """Answers a query. One that has no connection left, or is starting, is slow."""

    async def probe() -> Health:
        try:
            async with await psycopg.AsyncConnection.connect(url) as connection:
                await connection.execute("select 1")
        except psycopg.Error as error:
            # So begins what the server says itself, unlike libpq's own "connection refused".
            return Health.SLOW if error.sqlstate or "FATAL:" in str(error) else Health.GONE
        return Health.WELL

    return _judged(probe)


def dagster_daemons(graphql_url: str, headers: Mapping[str, str]) -> Probe:
    """Every daemon that Dagster needs has shown a sign of life (the web server knows: the daemon has no port)."""

    async def probe() -> Health:
        async with _client() as client:
            answer = await client.post(graphql_url, json={"query": DAEMON_HEALTH}, headers=headers)
        try:
            statuses = answer.json()["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
        except (ValueError, TypeError, KeyError):
            return Health.SLOW
        needed = [status["healthy"] for status in statuses if status["required"]]
        return Health.WELL if needed and all(needed) else Health.GONE

    return _judged(probe)


def _client(socket: Path | None = None) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(uds=str(socket)) if socket else None
    return httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, verify=NO_TLS, transport=transport)


def _judged(ask: Probe) -> Probe:
    async def probe() -> Health:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await ask()
        except (TimeoutError, httpx.TimeoutException):
            return Health.SLOW
        except (OSError, httpx.HTTPError):
            return Health.GONE

    return probe
