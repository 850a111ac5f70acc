"""Which part listens where; all on loopback."""

import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import psutil

from infra.local.errors import LocalError
from infra.local.services import SERVICES

LOOPBACK = "127.0.0.1"
ROW = 10  # ports of one service with --port-base


WAY_OUT = "Or move the whole bank elsewhere with `tidemark up --port-base 20000`."


@dataclass(frozen=True)
class Port:
    """Where a part listens: the field of Ports that decides it, and the number."""

    field: str
    number: int


@dataclass(frozen=True)
class Ports:
    """One TCP port for each part. One named after a service is the first of a row, one port per instance.

    A field `gateway` is set by TIDEMARK_GATEWAY_PORT, and so on (see LocalSettings).
    """

    gateway: int
    app: int
    dagster: int
    docs: int
    postgres: int
    emulator: int
    users: int
    accounts: int
    stats: int
    events: int

    @classmethod
    def from_base(cls, base: int) -> Self:
        """A compact row: gateway at `base`, app next to it, and so on; instances from base + 10, + 20 …"""
        single = ("gateway", "app", "dagster", "docs", "postgres", "emulator")
        rows = {service: base + ROW * number for number, service in enumerate(SERVICES, start=1)}
        return cls(**{name: base + offset for offset, name in enumerate(single)}, **rows)

    def to_environment(self) -> dict[str, str]:
        """The variables that set these ports."""
        return {port_setting(name): str(port) for name, port in asdict(self).items()}


def port_setting(name: str) -> str:
    """The environment variable that changes a port."""
    return f"TIDEMARK_{name.upper()}_PORT"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on at the moment of asking."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        # As servers do: a port that only lingers after its last connection counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def trouble(part: str, port: Port) -> str:
    """What keeps a part from its port: who has it, and which variable names another; "" for nothing."""
    if is_free(port.number):
        return ""
    return f"port {port.number} ({part}) is in use{_holder(port.number)}; {port_setting(port.field)} changes it"


def check_free(needed: Mapping[str, Port]) -> None:
    """Raise LocalError unless the port of every part is free."""
    taken = [text for part, port in needed.items() if (text := trouble(part, port))]
    if taken:
        raise LocalError(f"The bank can't start: {'. Also '.join(taken)}. {WAY_OUT}")


def _holder(port: int) -> str:
    try:
        listeners = [
            connection
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        ]
    except psutil.Error:
        return ""
    for connection in listeners:
        if connection.pid:
            try:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
            except psutil.Error:
                return f" by process {connection.pid}"
    return ""
