"""What a bank is made of: parts that keep running and steps that are done once."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.ports import Port
from infra.local.probes import Probe


@dataclass(frozen=True)
class Part:
    """A process that keeps running.

    It starts when everything in `after` is ready, and ends when everything that came after it has ended; `after`
    names elements, or groups: all instances of a service are a `group` by its name. `port` is where it listens.
    `environment` is all it gets. `stop_signals` ask it to end, one after the other, each given `stop_timeout_s`;
    then it is killed. `before_start` is called in a thread before each start.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    probe: Probe = field(repr=False)
    cwd: Path
    address: str = ""
    port: Port | None = None
    after: tuple[str, ...] = ()
    group: str = ""
    user: str | None = None
    stop_signals: tuple[int, ...] = (signal.SIGTERM,)
    stop_timeout_s: float = 10.0
    before_start: Callable[[], None] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Step:
    """Something done once during the start, in a thread. Raises LocalError when it can't be done."""

    name: str
    action: Callable[[], None] = field(repr=False)
    after: tuple[str, ...] = ()


Element = Part | Step


def builds_on(element: Element, other: Element) -> bool:
    """Whether an element starts only when the other is ready."""
    return other.name in element.after or (isinstance(other, Part) and other.group in element.after)
