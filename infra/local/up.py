"""`tidemark up`: the whole bank, from the first check to the last process."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from infra.local import processes
from infra.local.bank import Bank
from infra.local.bank_parts import elements, write_configuration
from infra.local.errors import LocalError
from infra.local.fleet.door import open_door
from infra.local.fleet.fleet import Fleet
from infra.local.given import catalogue, share_out, warnings
from infra.local.logs import keep_bounded, open_log
from infra.local.ports import check_free
from infra.local.record import RunRecord
from infra.local.settings import CHECKOUT, LocalSettings
from infra.local.state import StateFolder
from infra.local.supervised import Element, Part
from infra.local.supervisor import Supervisor
from infra.local.welcome import welcome

logger = logging.getLogger("tidemark.up")
UP = "Tidemark is up"


def up(
    environment: Mapping[str, str], *, has_app: bool, has_pipeline: bool, is_automatic: bool, console: Console
) -> None:
    """Run the bank until SIGINT, SIGTERM or SIGHUP, with the settings of `environment`.

    With `is_automatic` the services' numbers of instances follow demand.
    Raises LocalError when it can't start or be kept, SettingsError when a setting can't be used.
    """
    settings = LocalSettings.read(environment)
    known = catalogue()
    state = StateFolder(settings.home)
    with state.open(settings.time_zone):
        bank = Bank.of(share_out(environment, known))
        if settings.cloud and bank.has_own_aws:
            raise LocalError("--cloud emulates AWS, and AWS_ENDPOINT_URL names another one: leave one out.")
        if settings.cloud and is_automatic:
            raise LocalError("--cloud starts functions as calls need them: leave --autoscale out.")
        for warning in warnings(environment, known, bank.overruled):
            console.print(f"[yellow]![/] {escape(warning)}", highlight=False, soft_wrap=True)
        left = processes.end_all_of(state.home)
        if left:
            console.print(f"Ended {left} processes that were left of an earlier start.")
        parts = elements(bank, has_app=has_app, has_pipeline=has_pipeline)
        check_free({part.name: part.port for part in parts if isinstance(part, Part) and part.port})
        write_configuration(bank)
        _log_to(state)
        asyncio.run(_Run(bank, parts, console, is_automatic=is_automatic).run())


class _Run:
    def __init__(self, bank: Bank, elements: list[Element], console: Console, *, is_automatic: bool) -> None:
        self._bank = bank
        self._is_automatic = is_automatic
        self._elements = elements
        self._console = console
        self._began = time.monotonic()
        self._waiting = [element.name for element in elements]
        self._status: Status | None = None
        self._is_stopping = False

    async def run(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        # A process started in the background by a shell ignores SIGINT, and its children would: handlers end that.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        home = self._bank.state.home
        record = RunRecord(os.getpid(), self._bank.to_record())
        async with _sentinel(self._bank), _beside(keep_bounded(self._bank.state.logs)):
            supervisor = Supervisor(self._elements, self._bank.state, record, self._tell)
            try:
                await self._start(supervisor, stop)
                async with self._fleet(supervisor):
                    await asyncio.wait(
                        (asyncio.ensure_future(stop.wait()), supervisor.broken),
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                if not stop.is_set():
                    supervisor.broken.result()
            finally:
                self._is_stopping = True
                self._say(f"Ending the bank in {home} …")
                await supervisor.stop()
                self._say("Everything has ended.")

    async def _start(self, supervisor: Supervisor, stop: asyncio.Event) -> None:
        self._say(f"Starting the bank in {self._bank.state.home}")
        with self._console.status("") as self._status:
            self._show_waiting()
            starting = asyncio.ensure_future(supervisor.start())
            stopping = asyncio.ensure_future(stop.wait())
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                stopping.cancel()
                await starting
            else:
                starting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await starting
        self._status = None
        if not stop.is_set():
            self._say(f"{UP} after {time.monotonic() - self._began:.0f} s.")
            welcome(self._bank, self._elements, self._console)

    @contextlib.asynccontextmanager
    async def _fleet(self, supervisor: Supervisor) -> AsyncIterator[None]:
        """The services' instances follow what is decided, and `tidemark scale` is answered.

        Functions have no number that somebody decides.
        """
        if self._bank.settings.cloud:
            yield
            return
        fleet = Fleet(self._bank, supervisor, self._tell, is_automatic=self._is_automatic)
        async with open_door(fleet, self._bank.state.fleet_socket), _beside(fleet.run()):
            try:
                yield
            finally:
                self._is_stopping = True

    def _tell(self, name: str, event: str) -> None:
        # Standard output may be a file on the disk that is full.
        with contextlib.suppress(OSError):
            self._show(name, event)

    def _show(self, name: str, event: str) -> None:
        logger.info("%s %s", name, event)
        if self._is_stopping:
            return
        if name in self._waiting and event in ("is ready", "done"):
            self._waiting.remove(name)
            seconds = time.monotonic() - self._began
            self._console.print(f"  [green]✓[/] {name:<18} [dim]{seconds:5.1f} s[/]", highlight=False)
            self._show_waiting()
        elif event not in ("is ready", "done"):
            self._console.print(f"  [yellow]![/] {name} {escape(event)}", highlight=False)

    def _show_waiting(self) -> None:
        if self._status:
            self._status.update(f"waiting for {', '.join(self._waiting)}")

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):
            logger.info(text)
            self._console.print(text, highlight=False, markup=False)


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work that goes on within the `with`, and is cancelled after it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def _sentinel(bank: Bank) -> AsyncIterator[None]:
    """A process that ends everything should this one be killed; it is there again when it is killed itself."""

    async def keep() -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "infra.local.sentinel", str(bank.state.home)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=CHECKOUT,
                env=bank.base_environment(),
                start_new_session=True,
            )
            current[:] = [process]
            await process.wait()

    current: list[asyncio.subprocess.Process] = []
    try:
        async with _beside(keep()):
            yield
    finally:
        for process in current:
            if process.stdin:
                process.stdin.close()
            await process.wait()


def _log_to(state: StateFolder) -> None:
    open_log(state.log_file("up")).close()
    handler = logging.FileHandler(state.log_file("up"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
