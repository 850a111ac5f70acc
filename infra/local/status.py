"""`tidemark status`: what runs, since when, with how much memory, and where it writes its log."""

import asyncio
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from infra.local import disk
from infra.local.bank import Bank
from infra.local.bank_parts import elements, instance
from infra.local.probes import Health, Probe
from infra.local.processes import resident_bytes
from infra.local.record import PartRecord, RunRecord
from infra.local.services import SERVICES
from infra.local.settings import INSTANCES_MAX
from infra.local.state import StateFolder
from infra.local.supervised import Part

STATES = {Health.WELL: "running", Health.SLOW: "slow", Health.GONE: "not answering"}


@dataclass(frozen=True)
class PartStatus:
    """One part now. Uptime in seconds, memory in bytes.

    `state` is running when it answers, slow when it is there but does not answer in time; else what is wrong.
    """

    name: str
    state: str
    pid: int | None
    address: str
    uptime_s: int | None
    memory_bytes: int
    restarts: int
    log_file: str


@dataclass(frozen=True)
class BankStatus:
    """Everything, for people (`table`) and programs (`to_json`)."""

    home: str
    is_up: bool
    parts: list[PartStatus]
    is_disk_full: bool = False

    @property
    def is_healthy(self) -> bool:
        """Whether the bank is up, every part answers, and there is room on the disk."""
        return self.is_up and not self.is_disk_full and all(part.state == "running" for part in self.parts)

    @property
    def memory_bytes(self) -> int:
        """Memory of all parts together."""
        return sum(part.memory_bytes for part in self.parts)

    def to_json(self) -> dict[str, object]:
        """Fields as above, plus `is_healthy` and the sum of memory."""
        return {**asdict(self), "is_healthy": self.is_healthy, "memory_bytes": self.memory_bytes}

    def table(self) -> Table:
        """One row for each part and the sum."""
        table = Table(
            title=f"Tidemark in {self.home}",
            caption=f"logs: {self.home}/logs/<part>.log",
            title_justify="left",
            caption_justify="left",
            box=None,
            padding=(0, 2, 0, 0),
        )
        numbers = {"pid", "up for", "memory", "restarts"}
        for header in ("part", "state", "pid", "address", "up for", "memory", "restarts"):
            table.add_column(header, justify="right" if header in numbers else "left", no_wrap=True)
        for part in self.parts:
            style = {"running": "green", "slow": "yellow"}.get(part.state, "red")
            table.add_row(
                part.name,
                f"[{style}]{part.state}[/]",
                str(part.pid or ""),
                part.address,
                _duration(part.uptime_s),
                f"{part.memory_bytes >> 20} MiB" if part.memory_bytes else "",
                str(part.restarts or ""),
            )
        table.add_row("all", "", "", "", "", f"{self.memory_bytes >> 20} MiB", "")
        return table


def read_status(home: Path) -> BankStatus | None:
    """The state of the bank in `home`; None when none was ever started there."""
    state = StateFolder(home)
    record = RunRecord.read(state.run_record)
    if record is None:
        return BankStatus(str(home), False, []) if state.is_made else None
    if not state.is_locked:
        return BankStatus(str(home), False, [_stopped(part) for part in record.parts.values()])
    probes = _probes(Bank.running(home))
    is_disk_full = disk.is_full(home)
    parts = asyncio.run(_ask_all(list(record.parts.values()), probes, is_disk_full))
    return BankStatus(str(home), True, parts, is_disk_full)


def _probes(bank: Bank) -> dict[str, Probe]:
    """Of each part that there may be: services have as many instances as somebody or the autoscaler wants."""
    instances = [instance(bank, service, number) for service in SERVICES for number in range(1, INSTANCES_MAX + 1)]
    return {part.name: part.probe for part in (*elements(bank), *instances) if isinstance(part, Part)}


async def _ask_all(records: list[PartRecord], probes: dict[str, Probe], is_disk_full: bool) -> list[PartStatus]:
    return await asyncio.gather(*(_ask(record, probes[record.name], is_disk_full) for record in records))


async def _ask(record: PartRecord, probe: Probe, is_disk_full: bool) -> PartStatus:
    process = record.process
    if process is None:
        # On a full disk the record may be an old one.
        told = "disk full" if is_disk_full else record.state
        state = told if told in {"waiting", "restarting", "failed", "disk full", "port taken"} else "down"
        return PartStatus(record.name, state, None, record.address, None, 0, record.restarts, record.log_file)
    state = record.state
    if state == "running":
        state = STATES[await probe()]
    return PartStatus(
        name=record.name,
        state=state,
        pid=process.pid,
        address=record.address,
        uptime_s=int(time.time() - (record.started_at or 0)),
        memory_bytes=resident_bytes(process.pid),
        restarts=record.restarts,
        log_file=record.log_file,
    )


def _stopped(record: PartRecord) -> PartStatus:
    return PartStatus(record.name, "stopped", None, record.address, None, 0, record.restarts, record.log_file)


def _duration(seconds: int | None) -> str:
    if seconds is None:
        return ""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
