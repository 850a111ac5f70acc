"""What the scaler is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from api.shared.settings import Settings, SettingsError
from infra.functions.scaler.decide import Limit, Limits

# CloudWatch's figures are a minute old, and a warm instance takes another to come.
OUT_AFTER_S = 60.0
IN_AFTER_S = 600.0


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One service: its function and alias, its fewest warm instances, and its share of the connections."""

    function: str
    alias: str
    floor: Annotated[int, Meta(ge=1)]
    share: Annotated[float, Meta(gt=0, le=1)]
    connections: Annotated[int, Meta(ge=1)] = 1


@dataclass(frozen=True, kw_only=True)
class ScalerSettings(Settings):
    """The services, and what the database has for them."""

    scaler_services: Annotated[
        str, Meta(description="JSON by service: function, alias, floor, share, connections.")
    ]
    database_connections: Annotated[int, Meta(ge=1, description="How many connections the services have in all.")]
    database_cluster: Annotated[str, Meta(description="Aurora's cluster.")]
    capacity_min: Annotated[float, Meta(ge=0, description="The cluster's lowest floor, in ACU.")]
    capacity_max: Annotated[float, Meta(ge=0.5, description="The cluster's ceiling, in ACU.")]
    scaler_state: Annotated[str, Meta(description="Name of the parameter that keeps the last decision.")]

    def __post_init__(self) -> None:
        if sum(service.share for service in self.services.values()) > 1 + 1e-9:
            raise SettingsError("TIDEMARK_SCALER_SERVICES: the shares must be 1 at most in all")
        if self.capacity_min > self.capacity_max:
            raise SettingsError("TIDEMARK_CAPACITY_MIN must not be above TIDEMARK_CAPACITY_MAX")

    @property
    def services(self) -> Mapping[str, Service]:
        """By name."""
        try:
            return msgspec.json.decode(self.scaler_services, type=dict[str, Service])
        except msgspec.DecodeError as error:
            raise SettingsError(f"TIDEMARK_SCALER_SERVICES: {error}") from None

    def limits(self, pins: Mapping[str, int]) -> Limits:
        """An instance of Lambda serves one request. Raises LimitsError when a share is too small for a floor."""
        return Limits(
            {name: self._limit(service, pins.get(name)) for name, service in self.services.items()},
            self.database_connections,
            OUT_AFTER_S,
            IN_AFTER_S,
        )

    def _limit(self, service: Service, pinned: int | None) -> Limit:
        return Limit(
            floor=service.floor if pinned is None else min(service.floor, pinned),
            ceiling=int(self.database_connections * service.share / service.connections),
            requests=1,
            connections=service.connections,
            pinned=pinned,
        )
