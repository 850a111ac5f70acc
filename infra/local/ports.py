"""Which part listens where; all on loopback."""

import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import psutil

from infra.local.errors import LocalError

LOOPBACK = "127.0.0.1"
SETTING_PREFIX = "TIDEMARK_"


@dataclass(frozen=True)
class Ports:
    """One TCP port for each part. `users`, `accounts` and `stats` name the first of a row, one port per instance.

    A field `gateway` is set by TIDEMARK_GATEWAY_PORT, and so on.
    """

    gateway: int = 8080
    app: int = 8501
    dagster: int = 3000
    docs: int = 8580
    postgres: int = 15432
    emulator: int = 15000
    envoy_admin: int = 15901
    code_server: int = 15300
    users: int = 18100
    accounts: int = 18200
    stats: int = 18300

    @classmethod
    def from_base(cls, base: int) -> Self:
        """A compact row: gateway at `base`, app next to it, and so on; instances from base + 10, + 20, + 30."""
        single = ("gateway", "app", "dagster", "docs", "postgres", "emulator", "envoy_admin", "code_server")
        rows = {"users": base + 10, "accounts": base + 20, "stats": base + 30}
        return cls(**{name: base + offset for offset, name in enumerate(single)}, **rows)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The defaults, changed where a setting says so. Raises LocalError naming a setting that is no port."""
        changed = {}
        for name in cls.__dataclass_fields__:
            setting = port_setting(name)
            text = environment.get(setting)
            if not text:
                continue
            if not text.isdecimal() or not 0 < int(text) < 65536:
                raise LocalError(f"{setting} is {text!r}, which is no port number (1 to 65535).")
            changed[name] = int(text)
        return cls(**changed)

    def to_dict(self) -> dict[str, int]:
        """Ports by name."""
        return asdict(self)


def port_setting(name: str) -> str:
    """The environment variable that changes a port."""
    return f"{SETTING_PREFIX}{name.upper()}_PORT"


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


def check_free(needed: Mapping[str, tuple[str, int]]) -> None:
    """Raise LocalError unless every port is free.

    `needed` has for each part (a name for people) the field of Ports that decides its port, and the port.
    """
    taken = [
        f"port {port} ({part}) is in use{_holder(port)}; {port_setting(field)} changes it"
        for part, (field, port) in needed.items()
        if not is_free(port)
    ]
    if taken:
        raise LocalError(
            f"The bank can't start: {'. Also '.join(taken)}. "
            "Or move the whole bank elsewhere with `tidemark up --port-base 20000`."
        )


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
