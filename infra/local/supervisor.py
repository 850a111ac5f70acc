"""Starts a bank's parts in order, keeps them running, and ends them in the reverse order."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil

from infra.local import disk, ports, processes
from infra.local.errors import LocalError
from infra.local.logs import last_lines, open_log_or_nothing
from infra.local.probes import Health
from infra.local.record import PartRecord, RunRecord
from infra.local.state import StateFolder
from infra.local.supervised import Element, Part, Step, builds_on

READY_WITHIN_S = 120.0
POLL_S = 0.1
DEATHS_MAX = 5
SETTLED_AFTER_S = 5.0
FIRST_PAUSE_S = 0.5
SPACE_POLL_S = 1.0
PORT_WITHIN_S = 10.0
PAUSE_MAX_S = 8.0

Listener = Callable[[str, str], None]


class Supervisor:
    """The life of one bank's parts.

    `record` is kept up to date in the state folder at each change. `listener(name, event)` is told what happens:
    events are short phrases for people ("is ready", "ended (signal 9), starting it again"). A part that dies is
    started again after a growing pause; after DEATHS_MAX in a row, each before it had been ready for
    SETTLED_AFTER_S, it is given up. What dies on a full disk is started again when there is space, however
    often. `broken` gets the error that ended the start, or one that nobody foresaw.
    """

    def __init__(
        self, elements: Sequence[Element], state: StateFolder, record: RunRecord, listener: Listener
    ) -> None:
        self._elements = list(elements)
        self._state = state
        self._record = record
        self._listener = listener
        self._ready = {element.name: asyncio.Event() for element in elements}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._is_record_written = True
        self.broken: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        for element in elements:
            if isinstance(element, Part):
                record.parts[element.name] = self._record_of(element)

    async def start(self) -> None:
        """Start everything; return when all is ready.

        Raises LocalError when a step fails, a part keeps dying or isn't ready within READY_WITHIN_S; `stop` is
        still to be called then.
        """
        self._lives = {element.name: asyncio.create_task(self._live(element)) for element in self._elements}
        all_ready = asyncio.create_task(self._all_ready())
        try:
            await asyncio.wait((all_ready, self.broken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            all_ready.cancel()
        if self.broken.done():
            self.broken.result()

    async def stop(self) -> None:
        """End every part, those first that others don't build upon. Nothing is left when it returns."""
        tasks = [*self._lives.values(), *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ended = {element.name: asyncio.Event() for element in self._elements}
        await asyncio.gather(*(self._end(element, ended) for element in self._elements))
        await asyncio.to_thread(processes.end_all_of, self._state.home)

    async def add(self, part: Part) -> None:
        """Start one more part, and return when it is ready.

        Raises LocalError when it does not get ready; nothing of it is left then, and the others go on.
        """
        self._elements.append(part)
        self._ready[part.name] = asyncio.Event()
        self._record.add(self._record_of(part), beside=[each.name for each in self._parts_of(part.group)])
        life = self._lives[part.name] = asyncio.create_task(self._keep_running(part))
        ready = asyncio.create_task(self._ready[part.name].wait())
        await asyncio.wait((life, ready), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if life.done():
            await self.remove(part.name)
            life.result()
        life.add_done_callback(self._report)

    async def remove(self, name: str) -> None:
        """End a part, and forget it."""
        life = self._lives.pop(name)
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        part = next(element for element in self._elements if element.name == name)
        assert isinstance(part, Part)
        await self._end_part(part)
        self._elements.remove(part)
        self._running.pop(name, None)
        del self._ready[name], self._record.parts[name]
        self._write_record()

    def pid(self, name: str) -> int | None:
        """The process of a part; None while it has none."""
        process = self._running.get(name)
        return process.pid if process else None

    def _parts_of(self, group: str) -> list[Part]:
        return [each for each in self._elements if isinstance(each, Part) and each.group == group]

    def _record_of(self, part: Part) -> PartRecord:
        return PartRecord(part.name, address=part.address, log_file=str(self._state.log_file(part.name)))

    def _report(self, life: asyncio.Task[None]) -> None:
        if not life.cancelled() and (error := life.exception()) and not self.broken.done():
            self.broken.set_exception(error)

    async def _all_ready(self) -> None:
        for event in self._ready.values():
            await event.wait()

    async def _live(self, element: Element) -> None:
        for other in self._elements:
            if builds_on(element, other):
                await self._ready[other.name].wait()
        try:
            if isinstance(element, Step):
                await asyncio.to_thread(element.action)
                self._ready[element.name].set()
                self._listener(element.name, "done")
            else:
                await self._keep_running(element)
        except Exception as error:
            # Also what nobody foresaw must end the start instead of leaving it waiting for ever.
            if not self.broken.done():
                self.broken.set_exception(error)
            else:
                raise

    async def _keep_running(self, part: Part) -> None:
        record = self._record.parts[part.name]
        deaths = 0
        while True:
            if part.before_start:
                await asyncio.to_thread(part.before_start)
            await self._until_port_is_free(part, record)
            process = await self._spawn(part, record)
            await self._until_ready(part, process)
            if process.returncode is None:
                self._note(record, "running")
                self._ready[part.name].set()
                self._listener(part.name, "is ready")
            ready_at = time.monotonic()
            how = _how_it_ended(await process.wait())
            # What it started (workers, runs) may still hold its port or its data.
            await asyncio.to_thread(processes.end, processes.of_session(process.pid))
            del self._running[part.name]
            deaths = 1 if time.monotonic() - ready_at > SETTLED_AFTER_S else deaths + 1
            if disk.is_full(self._state.home):
                await self._until_space(part, record, how)
                deaths = 0
            elif deaths >= DEATHS_MAX:
                self._give_up(part, record, how)
                return
            record.restarts += 1
            self._note(record, "restarting")
            self._listener(part.name, f"ended ({how}); starting it again")
            await asyncio.sleep(min(FIRST_PAUSE_S * 2 ** max(deaths - 1, 0), PAUSE_MAX_S))

    async def _until_port_is_free(self, part: Part, record: PartRecord) -> None:
        """Somebody else may have taken it since the start was checked, or while the part was away.

        Raises LocalError where it stays taken during the start; the bank that runs waits for it.
        """
        deadline = time.monotonic() + PORT_WITHIN_S
        is_told = False
        while part.port and (trouble := await asyncio.to_thread(ports.trouble, part.name, part.port)):
            if not self._ready[part.name].is_set() and time.monotonic() > deadline:
                raise LocalError(f"{part.name} can't start: {trouble}. {ports.WAY_OUT}")
            if not is_told:
                self._note(record, "port taken")
                self._listener(part.name, f"waits: {trouble}. It starts once the port is free")
                is_told = True
            await asyncio.sleep(SPACE_POLL_S)

    async def _until_space(self, part: Part, record: PartRecord, how: str) -> None:
        self._note(record, "disk full")
        self._listener(part.name, f"ended ({how}) on a full disk; it starts again when there is space")
        while disk.is_full(self._state.home):
            await asyncio.sleep(SPACE_POLL_S)

    async def _spawn(self, part: Part, record: PartRecord) -> asyncio.subprocess.Process:
        with open_log_or_nothing(self._state.log_file(part.name)) as log:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=part.cwd,
                env={**part.environment, processes.MARK: str(self._state.home)},
                start_new_session=True,
                user=part.user,
                group=part.user,
                extra_groups=[] if part.user else None,
            )
        self._running[part.name] = process
        record.pid = process.pid
        with contextlib.suppress(psutil.Error):
            record.started_at = psutil.Process(process.pid).create_time()
        self._note(record, "starting")
        return process

    async def _until_ready(self, part: Part, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while process.returncode is None and await part.probe() is not Health.WELL:
            if time.monotonic() > deadline:
                message = f"{part.name} was not ready within {READY_WITHIN_S:.0f} s. {self._log_end(part)}"
                if not self._ready[part.name].is_set():
                    raise LocalError(message)
                self._listener(part.name, "does not get ready; ending it")
                process.kill()
                await process.wait()
            await asyncio.sleep(POLL_S)

    def _give_up(self, part: Part, record: PartRecord, how: str) -> None:
        self._note(record, "failed")
        message = f"{part.name} keeps ending ({how}) and is not started again. {self._log_end(part)}"
        if not self._ready[part.name].is_set():
            raise LocalError(message)
        self._listener(part.name, message.removeprefix(f"{part.name} "))

    def _log_end(self, part: Part) -> str:
        log_file = self._state.log_file(part.name)
        return f"Its log {log_file} ends with:\n  " + "\n  ".join(last_lines(log_file))

    async def _end(self, element: Element, ended: dict[str, asyncio.Event]) -> None:
        for other in self._elements:
            if builds_on(other, element):
                await ended[other.name].wait()
        if isinstance(element, Part):
            await self._end_part(element)
        ended[element.name].set()

    async def _end_part(self, part: Part) -> None:
        process = self._running.get(part.name)
        if process is not None:
            await self._end_process(part, process)
            await asyncio.to_thread(processes.end, processes.of_session(process.pid))
            self._note(self._record.parts[part.name], "stopped")
            self._listener(part.name, "has ended")

    async def _end_process(self, part: Part, process: asyncio.subprocess.Process) -> None:
        for send in (*part.stop_signals, signal.SIGKILL):
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(send)
            try:
                async with asyncio.timeout(part.stop_timeout_s):
                    await process.wait()
                return
            except TimeoutError:
                continue

    def _note(self, record: PartRecord, state: str) -> None:
        record.state = state
        if not self._write_record() and self._is_record_written:
            self._is_record_written = False
            self._listener("record", "of what runs could not be written; it is tried again")
            self._tasks.append(asyncio.create_task(self._write_record_later()))

    def _write_record(self) -> bool:
        try:
            self._record.write(self._state.run_record)
        except OSError:
            return False
        return True

    async def _write_record_later(self) -> None:
        """What runs goes on running without its record; `status` finds by itself that the disk is full."""
        while not self._write_record():
            await asyncio.sleep(SPACE_POLL_S)
        self._is_record_written = True


def _how_it_ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
