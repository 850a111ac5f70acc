"""The parts of a bank: what is started, in which order, and how one sees that each of them works."""

import subprocess
import sys
from collections.abc import Sequence

from infra.local import docs, emulator, probes
from infra.local.bank import Bank, Environment
from infra.local.cloud import parts as cloud_parts
from infra.local.cloud.deployment import BASE_PATH, HEALTH_PATH
from infra.local.dagster_home import workspace_file, write_dagster_home
from infra.local.databases import SCHEMAS, SUPERUSER, migration, prepare_bank, prepare_warehouse
from infra.local.envoy import FunctionsBehind, Gateway
from infra.local.errors import LocalError
from infra.local.logs import last_lines, open_log
from infra.local.ports import LOOPBACK, Port
from infra.local.postgres import STOP_SIGNALS, EmbeddedPostgres, server_environment
from infra.local.processes import MARK
from infra.local.services import SERVICES
from infra.local.settings import CHECKOUT
from infra.local.supervised import Element, Part, Step

MIGRATIONS = tuple(f"migrate {schema}" for schema in SCHEMAS)
PIPELINE_STEPS = ("warehouse", "dbt manifest")


def elements(bank: Bank, *, has_app: bool = True, has_pipeline: bool = True) -> list[Element]:
    """Everything that `tidemark up` starts, in the order in which people like to see it."""
    own_servers: list[Element] = []
    services: list[Element]
    if bank.settings.needs_postgres:
        own_servers += [Step("cluster", embedded_postgres(bank).initialise), _postgres(bank)]
    if not bank.has_own_aws:
        own_servers.append(_emulator(bank))
    running = [element.name for element in own_servers]
    if bank.settings.cloud:
        services = cloud_parts.elements(bank, after=MIGRATIONS)
    else:
        services = [
            instance(bank, service, number)
            for service in SERVICES
            for number in range(1, bank.settings.instances[service] + 1)
        ]
    return [
        *own_servers,
        Step("databases", lambda: _prepare(bank), after=tuple(name for name in running if name == "postgres")),
        *(_migration(bank, schema, running) for schema in SCHEMAS),
        *services,
        _gateway(bank),
        *([*_pipeline(bank), _docs(bank)] if has_pipeline else []),
        *([_app(bank)] if has_app else []),
    ]


def write_configuration(bank: Bank) -> None:
    """Generate what the parts read: Envoy's and Dagster's configuration."""
    bank.state.scratch.mkdir(mode=0o700, exist_ok=True)
    bank.state.emulator_file.parent.mkdir(mode=0o700, exist_ok=True)
    bank.state.make_sockets()
    write_dagster_home(bank.state.dagster, bank.code_server_socket)
    gateway = gateway_of(bank)
    gateway.write()
    if bank.settings.cloud:
        cloud_parts.write_deployment(bank)
    for service in SERVICES:
        gateway.write_endpoints(
            service, [bank.functions_socket] if bank.settings.cloud else bank.instance_ports(service)
        )


def embedded_postgres(bank: Bank) -> EmbeddedPostgres:
    """The bank's own database server."""
    return EmbeddedPostgres(
        bank.state.postgres,
        bank.ports.postgres,
        bank.secrets.databases[SUPERUSER],
    )


def gateway_of(bank: Bank) -> Gateway:
    """The bank's gateway."""
    functions = FunctionsBehind(bank.functions_socket, BASE_PATH, HEALTH_PATH) if bank.settings.cloud else None
    edge_secret = bank.secrets.shared["edge_secret"]
    return Gateway(bank.state.envoy, bank.ports.gateway, bank.state.sockets / "envoy", edge_secret, functions)


def instance(bank: Bank, service: str, number: int) -> Part:
    """One process of a service; the first is number 1."""
    port = bank.instance_ports(service, number)[-1]
    return Part(
        name=f"{service}-{number}",
        command=_python(
            *("granian", "--interface", "asgi", "--host", LOOPBACK, "--port", str(port)),
            *("--workers", "1", "--loop", "uvloop", "--no-ws", "--http", "1", "--log-level", "warning"),
            *("--workers-kill-timeout", "10", "--factory", f"api.{service}.app:create_app"),
        ),
        environment=bank.service_environment(service),
        probe=probes.http(f"http://{LOOPBACK}:{port}{SERVICES[service].health_path}"),
        cwd=CHECKOUT,
        address=f"http://{LOOPBACK}:{port}",
        port=Port(service, port),
        after=MIGRATIONS,
        group=service,
        stop_timeout_s=15,
    )


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _postgres(bank: Bank) -> Part:
    server = embedded_postgres(bank)
    return Part(
        name="postgres",
        command=server.command(),
        environment=server_environment(),
        probe=probes.postgres(bank.postgres_url),
        cwd=bank.state.home,
        address=f"{LOOPBACK}:{bank.ports.postgres}",
        port=Port("postgres", bank.ports.postgres),
        after=("cluster",),
        user=server.run_as,
        stop_signals=STOP_SIGNALS,
        stop_timeout_s=20,
        before_start=server.end_leftovers,
    )


def _emulator(bank: Bank) -> Part:
    return Part(
        name="aws",
        command=_python(
            "infra.local.emulator",
            *("--port", str(bank.ports.emulator), "--file", str(bank.state.emulator_file)),
        ),
        environment=bank.emulator_environment(),
        probe=probes.http(f"http://{LOOPBACK}:{bank.ports.emulator}{emulator.HEALTH_PATH}"),
        cwd=CHECKOUT,
        address=f"http://{LOOPBACK}:{bank.ports.emulator}",
        port=Port("emulator", bank.ports.emulator),
    )


def _prepare(bank: Bank) -> None:
    prepare_bank(bank.bank_server, bank.secrets.databases)
    prepare_warehouse(bank.warehouse_server, bank.secrets.databases)


def _migration(bank: Bank, schema: str, running: Sequence[str]) -> Step:
    command = _python(*migration(schema))
    environment = bank.migration_environment(schema)
    # The users service also makes its tables in DynamoDB.
    needs_aws = schema == "users" and "aws" in running
    return Step(
        f"migrate {schema}",
        lambda: _run_once(bank, f"migrate-{schema}", command, environment),
        after=("databases", "aws") if needs_aws else ("databases",),
    )


def _pipeline_step(bank: Bank, name: str, command: list[str], after: tuple[str, ...] = ()) -> Step:
    environment = bank.pipeline_environment()
    return Step(name, lambda: _run_once(bank, name.replace(" ", "-"), command, environment), after=after)


def _run_once(bank: Bank, name: str, command: list[str], environment: Environment) -> None:
    log_file = bank.state.log_file(name)
    with open_log(log_file) as log:
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=environment | {MARK: str(bank.state.home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )
    if done.returncode != 0:
        end = "\n  ".join(last_lines(log_file))
        raise LocalError(f"{name} failed (exit code {done.returncode}). Its log {log_file} ends with:\n  {end}")


def _gateway(bank: Bank) -> Part:
    health = [f"{bank.gateway_url}{service.health_path}" for service in SERVICES.values()]
    return Part(
        name="gateway",
        command=gateway_of(bank).command(),
        environment=bank.base_environment(),
        probe=probes.every(probes.http(url) for url in health),
        cwd=bank.state.home,
        address=bank.gateway_url,
        port=Port("gateway", bank.ports.gateway),
        after=(cloud_parts.NAME,) if bank.settings.cloud else tuple(SERVICES),
    )


def _pipeline(bank: Bank) -> list[Element]:
    workspace = str(workspace_file(bank.state.dagster))
    code_server = Part(
        name="pipelines",
        command=_python(
            *("pipelines.code_server", "api", "grpc", "--module-name", "pipelines.definitions"),
            *("--socket", str(bank.code_server_socket)),
            "--use-python-environment-entry-point",
        ),
        environment=bank.pipeline_environment(),
        probe=probes.unix(bank.code_server_socket),
        cwd=CHECKOUT,
        address=str(bank.code_server_socket),
        after=(*MIGRATIONS, *PIPELINE_STEPS),
    )
    web_server = Part(
        name="dagster",
        command=_python(
            *("infra.local.dagster_web", "--workspace", workspace, "--port", str(bank.ports.dagster)),
        ),
        environment=bank.dagster_environment() | bank.operator_environment(),
        probe=probes.http(f"{bank.dagster_url}/server_info", bank.operator_headers),
        cwd=CHECKOUT,
        address=bank.dagster_url,
        port=Port("dagster", bank.ports.dagster),
        after=("pipelines",),
    )
    daemon = Part(
        name="dagster-daemon",
        command=_python("pipelines.daemon", "run", "--workspace", workspace),
        environment=bank.dagster_environment(),
        probe=probes.dagster_daemons(f"{bank.dagster_url}/graphql", bank.operator_headers),
        cwd=CHECKOUT,
        after=("pipelines",),
    )
    return [
        _pipeline_step(bank, "warehouse", _python("pipelines.admin", "prepare"), after=("databases",)),
        _pipeline_step(bank, "dbt manifest", _python("pipelines.manifest")),
        code_server,
        web_server,
        daemon,
    ]


def _docs(bank: Bank) -> Part:
    return Part(
        name="docs",
        command=_python(
            *("infra.local.docs", "--port", str(bank.ports.docs)),
            *("--folder", str(bank.state.docs), "--project", str(CHECKOUT / "warehouse")),
        ),
        environment=bank.docs_environment(),
        probe=probes.http(f"{bank.docs_url}{docs.HEALTH_PATH}", bank.operator_headers),
        cwd=CHECKOUT,
        address=bank.docs_url,
        port=Port("docs", bank.ports.docs),
        after=("warehouse",),
    )


def _app(bank: Bank) -> Part:
    return Part(
        name="app",
        command=_python(
            *("streamlit", "run", "ui/app.py", "--server.address", LOOPBACK),
            *("--server.port", str(bank.ports.app), "--server.headless", "true"),
            *("--browser.gatherUsageStats", "false"),
        ),
        environment=bank.app_environment(),
        probe=probes.http(f"{bank.app_url}/_stcore/health"),
        cwd=CHECKOUT,
        address=bank.app_url,
        port=Port("app", bank.ports.app),
        after=("gateway",),
    )
