"""The whole torture: customers settle, clients work, processes die, everything is accounted for."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from infra.local.bank import Bank
from tests.running_bank import RunningBank
from tests.torture.client import Client, Quota
from tests.torture.customers import Imagination, settle
from tests.torture.evidence import Discrepancy, Evidence
from tests.torture.kills import Kill, Killer

BULK_MAX = 1_000
PROGRESS_S = 0.2
HEALTHY_WITHIN_S = 60.0

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Plan:
    """How much. Each transfer of an array counts as an operation; after `seconds` nothing new begins."""

    operations: int
    seconds: float
    seed: int
    kills: int
    customers: int = 8
    clients: int = 16


@dataclass(frozen=True)
class Outcome:
    """What happened. `took_s` is from the first operation to the last answer."""

    evidence: Evidence
    kills: list[Kill]
    took_s: float


def torture(running: RunningBank, plan: Plan, progress: Progress) -> Outcome:
    """Tortures a bank that has just been started. Raises Discrepancy as soon as one is seen."""
    bank = Bank.running(running.home)
    customers = settle(running, plan.customers)
    evidence, quota = Evidence(), Quota(plan.operations, plan.seconds)
    clients = []
    for number in range(plan.clients):
        customer, name = customers[number % len(customers)], f"client-{number}"
        imagination = Imagination(customer, customers, name, plan.seed)
        largest = min(BULK_MAX, max(2, plan.operations // 50))
        clients.append(Client(customer, imagination, name, evidence, largest))
    began = time.monotonic()
    with ThreadPoolExecutor(plan.clients + 1) as pool:
        working = [pool.submit(client.work, quota) for client in clients]
        killer = Killer(
            *(bank, evidence, quota, plan.operations, plan.kills, plan.seed),
            is_over=lambda: all(work.done() for work in working),
        )
        _watch([*working, pool.submit(killer.work)], quota, lambda: progress(evidence.operations))
        took_s = time.monotonic() - began
        for repeated in [pool.submit(client.repeat_kept) for client in clients]:
            repeated.result()
    check(running, bank, evidence)
    return Outcome(evidence, killer.kills, took_s)


def _watch(working: Sequence[Future[None]], quota: Quota, progress: Callable[[], None]) -> None:
    """Until all is done, or one has found something, or somebody presses Ctrl-C: then nothing more begins."""
    try:
        unfinished = {*working}
        while unfinished and not any(work.done() and work.exception() for work in working):
            unfinished = wait(working, PROGRESS_S, FIRST_EXCEPTION).not_done
            progress()
    finally:
        quota.stop()
    for work in working:
        work.result()


def check(running: RunningBank, bank: Bank, evidence: Evidence) -> None:
    """Accounts for everything. Raises Discrepancy."""
    evidence.check(bank.database_url("accounts_owner"))
    verified = running.tidemark("ledger", "verify", check=False)
    if verified.returncode != 0:
        raise Discrepancy(verified.stderr.strip())
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while not (status := running.status())["is_healthy"]:
        if time.monotonic() > deadline:
            states = {part["name"]: part["state"] for part in status["parts"]}
            raise Discrepancy(f"the bank does not become healthy again: {states}")
