"""What a person may set for a bank on one machine, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from infra.local.databases import SERVICES
from infra.local.errors import LocalError
from infra.local.ports import Ports

CHECKOUT = Path(__file__).resolve().parent.parent.parent
DEFAULT_INSTANCES: Mapping[str, int] = {"users": 1, "accounts": 2, "stats": 1}
MAX_INSTANCES = 10  # rows of ports are ten apart with --port-base
AWS_SETTINGS = (
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
STALE_AFTER = "TIDEMARK_STALE_AFTER_S"
PIPELINE_SETTINGS = (
    "TIDEMARK_REFRESH_CRON",
    "TIDEMARK_ALERT_WEBHOOK_URL",
    "TIDEMARK_ALERT_EMAIL_TO",
    "TIDEMARK_ALERT_EMAIL_FROM",
    "TIDEMARK_ALERT_SMTP_URL",
    STALE_AFTER,
)


@dataclass(frozen=True)
class LocalSettings:
    """`bank_url` and `warehouse_url` are administrators' URLs of real servers to use instead of the embedded one.

    `aws` holds the AWS variables of the environment when AWS_ENDPOINT_URL is among them; then no emulator runs.
    `pipeline` holds what the statistics pipeline is told: when to refresh, whom to alert.
    """

    home: Path
    ports: Ports
    instances: Mapping[str, int]
    time_zone: str | None
    bank_url: str | None = field(repr=False)
    warehouse_url: str | None = field(repr=False)
    aws: Mapping[str, str] | None = field(repr=False)
    pipeline: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, port_base: int | None = None, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises LocalError naming a setting that can't be used."""
        return cls(
            home=state_home(environment),
            ports=Ports.from_environment(environment) if port_base is None else Ports.from_base(port_base),
            instances={service: _instances(service, environment) for service in SERVICES},
            time_zone=environment.get("TIDEMARK_TIME_ZONE") or None,
            bank_url=environment.get("TIDEMARK_BANK_URL") or None,
            warehouse_url=environment.get("TIDEMARK_WAREHOUSE_URL") or None,
            aws=(
                {name: environment[name] for name in AWS_SETTINGS if environment.get(name)}
                if environment.get("AWS_ENDPOINT_URL")
                else None
            ),
            pipeline={name: environment[name] for name in PIPELINE_SETTINGS if environment.get(name)},
        )

    def to_record(self) -> dict[str, Any]:
        """What other commands must know of a running bank, as JSON (it may hold passwords)."""
        return {
            "ports": self.ports.to_dict(),
            "instances": dict(self.instances),
            "bank_url": self.bank_url,
            "warehouse_url": self.warehouse_url,
            "aws": dict(self.aws) if self.aws is not None else None,
        }

    @classmethod
    def of_record(cls, home: Path, record: Mapping[str, Any]) -> Self:
        """The settings that `to_record` gave."""
        return cls(home=home, time_zone=None, **{**record, "ports": Ports(**record["ports"])})

    @property
    def needs_postgres(self) -> bool:
        """Whether some database has no real server of its own."""
        return not (self.bank_url and self.warehouse_url)


def state_home(environment: Mapping[str, str] = os.environ) -> Path:
    """The state folder: TIDEMARK_HOME, or `.tidemark` of the checkout."""
    return Path(environment.get("TIDEMARK_HOME") or CHECKOUT / ".tidemark").absolute()


def _instances(service: str, environment: Mapping[str, str]) -> int:
    setting = f"TIDEMARK_{service.upper()}_INSTANCES"
    text = environment.get(setting) or str(DEFAULT_INSTANCES[service])
    if not text.isdecimal() or not 1 <= int(text) <= MAX_INSTANCES:
        raise LocalError(f"{setting} is {text!r}; it must be a number from 1 to {MAX_INSTANCES}.")
    return int(text)
