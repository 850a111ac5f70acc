"""One bank on one machine: its addresses, and the environment that each of its processes gets.

This is the only place where environments are made. A process gets what it needs and nothing else: no service
knows an owner's or the superuser's password, the web server of Dagster knows no database but Dagster's own.
"""

import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from infra.local import databases
from infra.local.dagster_home import URL_VARIABLE
from infra.local.databases import SUPERUSER
from infra.local.errors import LocalError
from infra.local.given import UP, Given
from infra.local.guard import Guard
from infra.local.ports import LOOPBACK, Ports
from infra.local.record import RunRecord
from infra.local.secrets import AWS_REGION, Secrets
from infra.local.services import SERVICES
from infra.local.settings import CHECKOUT, LocalSettings
from infra.local.state import StateFolder

Environment = dict[str, str]
NO_TELEMETRY = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DAGSTER_DISABLE_TELEMETRY": "yes"}


@dataclass(frozen=True)
class Bank:
    """A bank whose state folder is made. Addresses are URLs without a slash at the end."""

    state: StateFolder
    settings: LocalSettings
    time_zone: str
    secrets: Secrets = field(repr=False)
    given: Given = field(repr=False)

    @classmethod
    def of(cls, given: Given) -> "Bank":
        """The bank that the given settings name.

        Raises SettingsError when one can't be used, LocalError when the bank's secrets or settings are broken.
        """
        settings = LocalSettings.read(given[UP])
        state = StateFolder(settings.home)
        return cls(state, settings, state.time_zone(), Secrets.read(state.secrets), given)

    @classmethod
    def running(cls, home: Path) -> "Bank":
        """The bank that a `tidemark up` runs in `home`. Raises LocalError when none does."""
        state = StateFolder(home)
        record = RunRecord.read(state.run_record)
        if not state.is_locked or record is None:
            raise LocalError(
                f"No bank is running in {home}. Start it with `tidemark up` (or `make up`) in another terminal; a "
                "bank that lies elsewhere is named by TIDEMARK_HOME."
            )
        if UP not in record.settings:
            raise LocalError(f"The bank in {home} was started by another version: end it and start it again.")
        return cls.of(record.settings)

    def to_record(self) -> dict[str, dict[str, str]]:
        """What other commands must know of a running bank (it may hold passwords); nothing of the pipeline's."""
        return {owner: dict(values) for owner, values in self.given.items() if owner not in ("pipelines", "app")}

    @property
    def overruled(self) -> set[str]:
        """Names of given settings that don't reach their owner, because this class decides them."""
        reached = {service: self.admin_environment(service) for service in SERVICES} | {
            "pipelines": self.pipeline_environment(),
            "app": self.app_environment(),
        }
        return {
            name
            for owner, environment in reached.items()
            for name, value in self.given.get(owner, {}).items()
            if environment.get(name) != value
        }

    @property
    def has_own_aws(self) -> bool:
        """Whether an AWS was given, so that none is emulated."""
        return "AWS_ENDPOINT_URL" in self.given.get("AWS", {})

    @property
    def ports(self) -> Ports:
        """Which part listens where."""
        return self.settings.ports

    @property
    def gateway_url(self) -> str:
        """The API."""
        return f"http://{LOOPBACK}:{self.ports.gateway}"

    @property
    def app_url(self) -> str:
        """The Streamlit app."""
        return f"http://{LOOPBACK}:{self.ports.app}"

    @property
    def dagster_url(self) -> str:
        """Dagster's web server."""
        return f"http://{LOOPBACK}:{self.ports.dagster}"

    @property
    def code_server_socket(self) -> Path:
        """Where Dagster's code server listens: it runs what it is asked to, so it is nobody else's to reach."""
        return self.state.sockets / "pipelines"

    @property
    def functions_socket(self) -> Path:
        """Where the emulated API Gateway of `--cloud` listens: it answers whoever reaches it."""
        return self.state.sockets / "lambda"

    @property
    def access_key_id(self) -> str:
        """Who may use the emulated AWS. An emulated function's is the number of its account, twelve digits."""
        made = self.secrets.shared["aws_access_key_id"]
        if not self.settings.cloud:
            return made
        return f"{int.from_bytes(sha256(made.encode()).digest()) % 10**12:012}"

    @property
    def operator_headers(self) -> dict[str, str]:
        """The headers by which we pass the guard of Dagster and the documentation."""
        return Guard(self.settings.operator_password).authorization()

    @property
    def docs_url(self) -> str:
        """The dbt project's documentation."""
        return f"http://{LOOPBACK}:{self.ports.docs}"

    @property
    def postgres_url(self) -> str:
        """The embedded server as the superuser, in database `postgres`."""
        password = self.secrets.databases[SUPERUSER]
        return databases.url(f"postgresql://{LOOPBACK}:{self.ports.postgres}", SUPERUSER, password, SUPERUSER)

    @property
    def bank_server(self) -> str:
        """Administrator's URL of the server that holds database `bank`."""
        return self.settings.bank_url or self.postgres_url

    @property
    def warehouse_server(self) -> str:
        """Administrator's URL of the server that holds databases `warehouse` and `dagster`."""
        return self.settings.warehouse_url or self.postgres_url

    def database_url(self, role: str) -> str:
        """URL of the database that `role` works in, as that role."""
        made = databases.urls(self.bank_server, self.secrets.databases, warehouse_server=self.warehouse_server)
        return made[role]

    def instance_ports(self, service: str, instances: int | None = None) -> list[int]:
        """The port of each instance of a service: of so many, or of those that it starts with."""
        first: int = getattr(self.ports, service)
        count = self.settings.instances[service] if instances is None else instances
        return [first + number for number in range(count)]

    def base_environment(self) -> Environment:
        """What every process gets: where programs lie, plain locale, UTC, and a home of its own to litter."""
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.state.scratch),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            **NO_TELEMETRY,
        }

    def aws_environment(self) -> Environment:
        """How to reach AWS: the emulator, or what the settings name instead."""
        if self.has_own_aws:
            return dict(self.given["AWS"])
        return {
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{self.ports.emulator}",
            "AWS_REGION": AWS_REGION,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secrets.shared["aws_secret_access_key"],
        }

    def emulator_environment(self) -> Environment:
        """For the emulated AWS: whose requests it answers."""
        return self.base_environment() | {"AWS_ACCESS_KEY_ID": self.access_key_id}

    def service_environment(self, service: str) -> Environment:
        """For an instance of a service: its runtime role, where tokens are checked, and its own secrets."""
        return {
            **self.base_environment(),
            "TIDEMARK_ISSUER": self.gateway_url,
            **self.given.get(service, {}),
            "TIDEMARK_DATABASE_URL": self.database_url(f"{service}_app"),
            "TIDEMARK_GATEWAY_URL": self.gateway_url,
            "TIDEMARK_EDGE_SECRET": self.secrets.shared["edge_secret"],
            **(self._users_environment() if service == "users" else {}),
        }

    def function_environment(self, service: str) -> Environment:
        """For a service's function, which serves one request at a time: what is not Lambda's own to set."""
        own = self.service_environment(service) | {"TIDEMARK_POOL_SIZE": "1"}
        return {
            name: value
            for name, value in own.items()
            if name.startswith("TIDEMARK_") or name == "AWS_ENDPOINT_URL"
        }

    def migration_environment(self, schema: str) -> Environment:
        """For what brings a schema up to date: its owner; the users service also makes tables in DynamoDB."""
        return {
            **self.base_environment(),
            **self.given.get(schema, {}),
            **self._owner_environment(schema),
        }

    def admin_environment(self, service: str) -> Environment:
        """For the other admin commands, which act for the service and for its owner."""
        return self.service_environment(service) | self._owner_environment(service)

    def dagster_environment(self) -> Environment:
        """For Dagster's web server and daemon: its own storage, nothing of the bank."""
        storage = self.database_url("dagster").replace("postgresql://", "postgresql+psycopg2://", 1)
        return {
            **self.base_environment(),
            "DAGSTER_HOME": str(self.state.dagster),
            URL_VARIABLE: storage,
            # How often it looks for runs to start anew, after their process died.
            "DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "15",
        }

    def operator_environment(self) -> Environment:
        """For those who serve pages to operators: the password, if there is one."""
        password = self.settings.operator_password
        return {"TIDEMARK_OPERATOR_PASSWORD": password} if password else {}

    def pipeline_environment(self) -> Environment:
        """For Dagster's code server and the runs that it starts."""
        return {
            **self.dagster_environment(),
            **self.given.get("pipelines", {}),
            "TIDEMARK_HOME": str(self.state.home),
            # Analysts and the documentation look for production there.
            "TIDEMARK_DBT_PROJECT": str(CHECKOUT / "warehouse"),
            "TIDEMARK_DBT_TARGET": str(self.state.home / "dbt"),
            "TIDEMARK_TIME_ZONE": self.time_zone,
            "TIDEMARK_SOURCE_URL": self.database_url("extractor"),
            "TIDEMARK_PUBLISH_URL": self.database_url("publisher"),
            "TIDEMARK_WAREHOUSE_URL": self.database_url("warehouse"),
        }

    def analyst_environment(self) -> Environment:
        """For dbt as an analyst: it reads production in the warehouse and writes in schemas of its own."""
        warehouse = conninfo_to_dict(self.database_url(databases.ANALYST))
        return self.base_environment() | {
            "TIDEMARK_TIME_ZONE": self.time_zone,
            "TIDEMARK_WAREHOUSE_HOST": str(warehouse["host"]),
            "TIDEMARK_WAREHOUSE_PORT": str(warehouse.get("port", 5432)),
            "TIDEMARK_WAREHOUSE_USER": str(warehouse["user"]),
            "DBT_ENV_SECRET_WAREHOUSE_PASSWORD": str(warehouse["password"]),
            "TIDEMARK_WAREHOUSE_DBNAME": str(warehouse["dbname"]),
        }

    def docs_environment(self) -> Environment:
        """For the dbt documentation, which is made as an analyst."""
        url = {"TIDEMARK_ANALYST_URL": self.database_url(databases.ANALYST)}
        return self.analyst_environment() | self.operator_environment() | url

    def app_environment(self) -> Environment:
        """For the Streamlit app: addresses, and the proof that it may tell whose browser it speaks for."""
        return {
            **self.base_environment(),
            "TIDEMARK_UI_URL": self.app_url,
            "TIDEMARK_DAGSTER_URL": self.dagster_url,
            "TIDEMARK_SIGN_INS_FOLDER": str(self.state.sign_ins),
            **self.given.get("app", {}),
            "TIDEMARK_GATEWAY_URL": self.gateway_url,
            "TIDEMARK_APP_SECRET": self.secrets.shared["app_secret"],
        }

    def _owner_environment(self, service: str) -> Environment:
        return {
            "TIDEMARK_MIGRATION_URL": self.database_url(f"{service}_owner"),
            **(self.aws_environment() if service == "users" else {}),
        }

    def _users_environment(self) -> Environment:
        has_kms = "TIDEMARK_KMS_KEY_ID" in self.given.get("users", {})
        return {
            **self.aws_environment(),
            **({} if has_kms else {"TIDEMARK_MASTER_KEY_FILE": str(self.secrets.master_key_file)}),
            "TIDEMARK_APP_SECRET": self.secrets.shared["app_secret"],
        }
