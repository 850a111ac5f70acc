"""What a fleet on one machine may have."""

import os
from collections.abc import Mapping

import psycopg

from api.shared.settings import ServiceSettings
from infra.functions.scaler.decide import Limit, Limits
from infra.local.bank import Bank
from infra.local.services import SERVICES
from infra.local.settings import INSTANCES_MAX

# For the pipeline, Dagster (where it shares the server) and administrators.
KEPT_BACK = 60
PROCESSES_PER_CORE = 2
POOL_SIZE = next(each for each in ServiceSettings.described() if each.name == "TIDEMARK_POOL_SIZE")


def read_connections(bank: Bank) -> int:
    """How many connections the bank's database has for services. Raises psycopg.Error."""
    with psycopg.connect(bank.bank_server, connect_timeout=5) as connection:
        row = connection.execute("show max_connections").fetchone()
    return int(row[0]) - KEPT_BACK if row else 0


def limits_of(bank: Bank, connections: int, pins: Mapping[str, int], *, is_automatic: bool) -> Limits:
    """The limits of each service.

    With `is_automatic` demand moves the number between the one that settings name and twice the machine's cores;
    without, it is the one that settings name. A person may pin any number up to INSTANCES_MAX.
    """
    services = {service: _limit(bank, service, pins.get(service), is_automatic) for service in SERVICES}
    # A database that is too small for what settings ask for is no reason not to start.
    least = sum(limit.floor * limit.connections for limit in services.values())
    settings = bank.settings
    return Limits(services, max(connections, least), settings.scale_out_after_s, settings.scale_in_after_s)


def _limit(bank: Bank, service: str, pinned: int | None, is_automatic: bool) -> Limit:
    pool = int(bank.given.get(service, {}).get(POOL_SIZE.name, POOL_SIZE.default))
    named = bank.settings.instances[service]
    highest = min(INSTANCES_MAX, PROCESSES_PER_CORE * (os.cpu_count() or 1)) if is_automatic else named
    return Limit(
        floor=named if pinned is None else min(named, pinned),
        ceiling=max(named, highest) if pinned is None else INSTANCES_MAX,
        # What finds no connection waits.
        requests=pool,
        connections=pool,
        pinned=pinned,
    )
