"""How one can tell that a part does its work."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable

import httpx
import psycopg

from infra.local.ports import LOOPBACK

Probe = Callable[[], Awaitable[bool]]
TIMEOUT_S = 3.0
# Every part speaks plain HTTP. Left to itself the client would read all certificate authorities for each question,
# thirty milliseconds of a processor, ten times a second and part.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

DAEMON_HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"


def http(url: str) -> Probe:
    """Answers 200."""

    async def probe() -> bool:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, verify=NO_TLS) as client:
                return (await client.get(url)).status_code == 200
        except httpx.HTTPError:
            return False

    return probe


def every(wanted: Iterable[Probe]) -> Probe:
    """All of them succeed."""
    probes = list(wanted)

    async def probe() -> bool:
        return all(await asyncio.gather(*(single() for single in probes)))

    return probe


def tcp(port: int) -> Probe:
    """Accepts connections."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                _, writer = await asyncio.open_connection(LOOPBACK, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return probe


def postgres(url: str) -> Probe:
    """Answers a query."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                connection = await psycopg.AsyncConnection.connect(url)
                async with connection:
                    await connection.execute("select 1")
        except (psycopg.Error, OSError, TimeoutError):
            return False
        return True

    return probe


def dagster_daemons(graphql_url: str) -> Probe:
    """Every daemon that Dagster needs has shown a sign of life (the web server knows: the daemon has no port)."""

    async def probe() -> bool:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, verify=NO_TLS) as client:
                answer = await client.post(graphql_url, json={"query": DAEMON_HEALTH})
            statuses = answer.json()["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
        except (httpx.HTTPError, ValueError, TypeError, KeyError):
            return False
        needed = [status["healthy"] for status in statuses if status["required"]]
        return bool(needed) and all(needed)

    return probe
