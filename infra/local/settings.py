"""What a person may set for a bank on one machine, read once. `tidemark settings` shows it with all the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from api.shared.settings import Settings
from infra.local.guard import OperatorPassword
from infra.local.ports import ROW, Ports
from infra.local.services import SERVICES

CHECKOUT = Path(__file__).resolve().parent.parent.parent
INSTANCES_MAX = ROW

Instances = Annotated[
    int,
    Meta(ge=1, le=INSTANCES_MAX, description="Processes of the service; with --autoscale, the fewest."),
]


def _port_of(part: str) -> Meta:
    return Meta(ge=1, le=65535, description=f"The port of {part}.")


def _row_of(service: str) -> Meta:
    return Meta(ge=1, le=65535 - INSTANCES_MAX, description=f"The port of the {service} service's first process.")


@dataclass(frozen=True, kw_only=True)
class LocalSettings(Settings):
    """`bank_url` and `warehouse_url` are real servers to use instead of the embedded one."""

    home: Annotated[Path, Meta(description="Folder of the bank's state.")] = CHECKOUT / ".tidemark"
    time_zone: Annotated[
        str | None, Meta(description="Cuts days, weeks and months; fixed at the first start (UTC).")
    ] = None
    bank_url: Annotated[
        str | None, Meta(description="A Postgres of your own for the bank: its administrator's URL.")
    ] = field(default=None, repr=False)
    warehouse_url: Annotated[str | None, Meta(description="The same for warehouse and Dagster.")] = field(
        default=None, repr=False
    )
    cloud: Annotated[
        bool, Meta(description="true: the services run as Lambda archives behind an emulated API Gateway.")
    ] = False
    operator_password: OperatorPassword = field(default=None, repr=False)
    users_instances: Instances = 1
    accounts_instances: Instances = 2
    stats_instances: Instances = 1
    events_instances: Instances = 1
    scale_out_after_s: Annotated[
        float,
        Meta(ge=1, description="With --autoscale: how long a service keeps its number before it gets more."),
    ] = 10
    scale_in_after_s: Annotated[
        float,
        Meta(ge=1, description="With --autoscale: how long demand stays low before a service gets fewer."),
    ] = 60
    gateway_port: Annotated[int, _port_of("the API gateway")] = 8080
    app_port: Annotated[int, _port_of("the app")] = 8501
    dagster_port: Annotated[int, _port_of("Dagster")] = 3000
    docs_port: Annotated[int, _port_of("the dbt documentation")] = 8580
    postgres_port: Annotated[int, _port_of("the embedded Postgres")] = 15432
    emulator_port: Annotated[int, _port_of("the emulated AWS")] = 15000
    users_port: Annotated[int, _row_of("users")] = 18100
    accounts_port: Annotated[int, _row_of("accounts")] = 18200
    stats_port: Annotated[int, _row_of("stats")] = 18300
    events_port: Annotated[int, _row_of("events")] = 18400

    @property
    def ports(self) -> Ports:
        """Which part listens where."""
        return Ports(**{port.name: getattr(self, f"{port.name}_port") for port in fields(Ports)})

    @property
    def instances(self) -> Mapping[str, int]:
        """How many processes each service has."""
        return {service: getattr(self, f"{service}_instances") for service in SERVICES}

    @property
    def needs_postgres(self) -> bool:
        """Whether some database has no real server of its own."""
        return not (self.bank_url and self.warehouse_url)
