"""What each service is asked for, as Envoy counts it."""

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from infra.functions.scaler.decide import Demand
from infra.local.services import SERVICES

# Demand is the mean over so many looks, so that a single burst moves nothing.
LOOKS = 5
TIMEOUT_S = 2.0
STATISTICS = rf"^cluster\.({'|'.join(SERVICES)})\.upstream_rq_(active|pending_active|pending_overflow|time)$"


class Look(NamedTuple):
    """One service at one moment; `overflowed` counts since Envoy's start, `latency_s` is of the last seconds."""

    in_flight: float = 0
    overflowed: int = 0
    latency_s: float = 0


class Gauge:
    """Asks Envoy's administration at a Unix socket."""

    def __init__(self, admin_socket: Path) -> None:
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(admin_socket)), base_url="http://envoy", timeout=TIMEOUT_S
        )
        self._looks: deque[Mapping[str, Look]] = deque(maxlen=LOOKS)

    async def demand(self) -> dict[str, Demand]:
        """Of each service, over the last looks, this one included. Raises httpx.HTTPError without an answer."""
        answer = await self._client.get("/stats", params={"filter": STATISTICS, "format": "json"})
        answer.raise_for_status()
        self._looks.append(read_looks(answer.json()["stats"]))
        return {service: _demand([look[service] for look in self._looks]) for service in SERVICES}

    async def is_listed(self, service: str, port: int) -> bool:
        """Whether Envoy may send something to this instance. Raises httpx.HTTPError as `demand` does."""
        answer = await self._client.get("/clusters", params={"filter": f"^{service}$"})
        answer.raise_for_status()
        return f":{port}::" in answer.text

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()


def read_looks(statistics: list[dict[str, Any]]) -> dict[str, Look]:
    """What Envoy's `/stats?format=json` says of each service."""
    counts: dict[str, int] = {}
    latencies: dict[str, float] = {}
    for entry in statistics:
        if "histograms" in entry:
            quantiles = entry["histograms"]["supported_quantiles"]
            for histogram in entry["histograms"]["computed_quantiles"]:
                value = histogram["values"][quantiles.index(95)]["interval"]
                latencies[histogram["name"].split(".")[1]] = (value or 0) / 1000
        else:
            counts[entry["name"].removeprefix("cluster.")] = entry["value"]
    return {
        service: Look(
            counts.get(f"{service}.upstream_rq_active", 0)
            + counts.get(f"{service}.upstream_rq_pending_active", 0),
            counts.get(f"{service}.upstream_rq_pending_overflow", 0),
            latencies.get(service, 0),
        )
        for service in SERVICES
    }


def _demand(looks: list[Look]) -> Demand:
    # A gateway that was started anew counts from zero.
    refused = max(0, looks[-1].overflowed - looks[0].overflowed)
    return Demand(sum(look.in_flight for look in looks) / len(looks), refused, looks[-1].latency_s)
