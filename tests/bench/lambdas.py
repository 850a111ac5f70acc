"""How much processor time a Lambda instance takes from its start to its first reply."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from infra.local.services import SERVICES
from tests.bench.report import Table, ratio
from tests.cluster import Cluster
from tests.lambdas.archives import Runtime, runtime, unpacked
from tests.lambdas.gateway import make_event
from tests.lambdas.runtime_api import LambdaFunction

PATHS = {
    "users": "/user/health",
    "accounts": "/account/health",
    "stats": "/stats/health",
    "events": "/events/health",
}
GOALS_MS = {"users": 650, "accounts": 550, "stats": 550, "events": 550}
GOALS_MIB = {"users": 32, "accounts": 22, "stats": 22, "events": 22}
BARE = """
from litestar import Litestar, get
from mangum import Mangum

@get("/health")
async def health() -> str:
    return "ok"

handler = Mangum(Litestar([health], openapi_config=None), lifespan="off")
"""


@dataclass(frozen=True)
class Size:
    """How often each is started."""

    rounds: int = 7


def run(cluster: Cluster, size: Size, folder: Path, tell: Callable[[str], None]) -> list[Table]:
    """The three services and a bare Litestar handler, in turns; the reply is that of the health call."""
    tell("building the archives")
    with_client = runtime(folder)
    archives = {service: unpacked(service, with_client.target, folder) for service in SERVICES}
    bare = folder / "bare"
    bare.mkdir()
    (bare / "bare.py").write_text(BARE)
    databases = cluster.create()
    starts: dict[str, Callable[[], float]] = {
        "bare": partial(
            _first_reply_ms,
            with_client,
            bare,
            "bare.handler",
            "/health",
            {"PYTHONPATH": f"{with_client.client}:{archives['stats'].root}"},
        )
    }
    for service in SERVICES:
        starts[service] = partial(
            _first_reply_ms,
            with_client,
            archives[service].root,
            f"api.{service}.handler.handler",
            PATHS[service],
            _environment(databases.url(f"{service}_app"), folder),
        )
    taken: dict[str, list[float]] = {name: [] for name in starts}
    for number in range(size.rounds):
        for name, start in starts.items():
            taken[name].append(start())
        tell(f"round {number + 1}: " + ", ".join(f"{name} {times[-1]:.0f} ms" for name, times in taken.items()))
    cluster.drop(databases)
    table = Table(
        "Cold start on Lambda",
        f"Processor time from the process's start to the first reply (health, with a connection to Postgres), "
        f"through awslambdaric on Python {with_client.target.python}; median of {size.rounds}.",
        ["", "processor time (ms)", "against bare Litestar", "archive (MiB)"],
    )
    usual = median(taken["bare"])
    table.add("a bare Litestar handler", f"{usual:.0f}", ratio(1), "–")
    for service in SERVICES:
        own = median(taken[service])
        mib = archives[service].archive.zipped_bytes / (1 << 20)
        table.add(
            service,
            f"{own:.0f} (goal ≤ {GOALS_MS[service]})",
            ratio(own / usual),
            f"{mib:.1f} (goal ≤ {GOALS_MIB[service]})",
        )
    return [table]


def _first_reply_ms(
    with_client: Runtime, root: Path, handler: str, path: str, environment: Mapping[str, str]
) -> float:
    function = LambdaFunction(
        with_client.python, with_client.client, root, handler, environment, root.parent / "functions.log"
    )
    try:
        answer = function.invoke(make_event("GET", path, {"host": "bank.test"}))
        if answer["statusCode"] != 200:
            raise RuntimeError(f"{handler} answered {answer['statusCode']}: {function.log()[-2000:]}")
        return function.processor_s * 1000
    finally:
        function.close()


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    keys = folder / "master-key.json"
    keys.touch(mode=0o600)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    keys.write_text(json.dumps({"current": "first", "keys": {"first": key}}))
    return {
        "TIDEMARK_DATABASE_URL": database_url,
        "TIDEMARK_GATEWAY_URL": "http://127.0.0.1:1",
        "TIDEMARK_ISSUER": "http://127.0.0.1:1",
        "TIDEMARK_MASTER_KEY_FILE": str(keys),
        "TIDEMARK_POOL_SIZE": "1",
    }
