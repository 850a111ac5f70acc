"""What a service does by itself: now and then while its process lives; on Lambda, when a schedule calls it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from litestar import Litestar

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What to do and how often, in seconds. Every instance does it: it must bear company."""

    run: Callable[[], Awaitable[None]]
    every_s: float


def keep_doing(app: Litestar, tasks: Mapping[str, Task]) -> None:
    """Does the tasks for as long as the application runs, and lets LambdaHandler know of them by name."""
    app.state.tasks = tasks
    at_work: list[asyncio.Task[None]] = []

    async def start() -> None:
        at_work.extend(asyncio.create_task(_repeat(name, task)) for name, task in tasks.items())

    async def stop() -> None:
        for each in at_work:
            each.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)

    # Before the connections that they use go.
    app.on_startup.append(start)
    app.on_shutdown.insert(0, stop)


async def _repeat(name: str, task: Task) -> None:
    # Instances that start together don't come together.
    await asyncio.sleep(random.uniform(0, task.every_s))  # noqa: S311
    while True:
        try:
            await task.run()
        except Exception:
            logger.exception("a task failed and will be tried again", extra={"task": name})
        await asyncio.sleep(task.every_s)
