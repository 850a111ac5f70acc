"""Load over HTTP/1.1, light enough to share two cores with what it measures.

Open-loop load sends at a fixed rate whether or not the answers come, and counts a request's time from the moment
at which it was meant to be sent: a server that stalls is not spared the requests that would have come meanwhile
(coordinated omission). Closed-loop load sends the next request when the last is answered.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import uvloop

T = TypeVar("T")
Maker = Callable[[], bytes]


@dataclass(frozen=True)
class Sample:
    """What a load gave: good answers a second, times in seconds (sorted), how many had another status."""

    rate: float
    times: Sequence[float]
    failed: int

    def percentile_ms(self, percent: float) -> float:
        """The time within which `percent` of the requests were answered."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * percent / 100))] * 1000


def request(url: str, token: str, method: str = "GET", path: str = "/", body: bytes = b"") -> bytes:
    """One request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def closed_loop(url: str, make: Maker, *, connections: int, seconds: float, status: int) -> Sample:
    """As many requests as `connections` can get answered, one after the other."""
    return _run(_closed_loop(url, make, connections, seconds, status))


def open_loop(url: str, make: Maker, *, rate: float, seconds: float, status: int) -> Sample:
    """`rate` requests a second at even distances; each waits for a free connection, and the wait counts."""
    return _run(_open_loop(url, make, rate, seconds, status))


def _run(load: Coroutine[Any, Any, T]) -> T:
    return uvloop.run(load)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._data = bytearray()
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, data: bytes) -> asyncio.Future[int]:
        """Send; the future gives the answer's status."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(self._data[:end]).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(self._data) >= end + 4 + length:
            answer, self._answer = self._answer, None
            self._data.clear()
            answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the connection was closed"))

    def close(self) -> None:
        self._transport.close()


async def _connect(url: str, count: int) -> list[_Connection]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(_Connection, host, port) for _ in range(count)]
    return [protocol for _, protocol in made]


async def _closed_loop(url: str, make: Maker, connections: int, seconds: float, status: int) -> Sample:
    times: list[float] = []
    failed = 0
    pool = await _connect(url, connections)
    began = time.perf_counter()

    async def work(connection: _Connection) -> None:
        nonlocal failed
        while (sent := time.perf_counter()) < began + seconds:
            failed += await connection.ask(make()) != status
            times.append(time.perf_counter() - sent)

    await asyncio.gather(*map(work, pool))
    lasted = time.perf_counter() - began
    for connection in pool:
        connection.close()
    return Sample((len(times) - failed) / lasted, sorted(times), failed)


async def _open_loop(url: str, make: Maker, rate: float, seconds: float, status: int) -> Sample:
    times: list[float] = []
    failed = 0
    pool: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
    for connection in await _connect(url, 64):
        pool.put_nowait(connection)
    began = time.perf_counter()

    async def send(intended: float) -> None:
        nonlocal failed
        connection = await pool.get()
        failed += await connection.ask(make()) != status
        times.append(time.perf_counter() - intended)
        pool.put_nowait(connection)

    async with asyncio.TaskGroup() as sending:
        for number in range(int(rate * seconds)):
            intended = began + number / rate
            if (early := intended - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            sending.create_task(send(intended))
    lasted = time.perf_counter() - began
    while not pool.empty():
        pool.get_nowait().close()
    return Sample((len(times) - failed) / lasted, sorted(times), failed)
