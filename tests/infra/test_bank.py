"""The environment of each process: what it needs, and nothing else."""

import json
from pathlib import Path

import pytest
from dagster._core.instance.config import dagster_instance_config

from infra.local.bank import Bank
from infra.local.bank_parts import elements, instance, write_configuration
from infra.local.dagster_home import write_dagster_home
from infra.local.databases import SCHEMAS
from infra.local.errors import LocalError
from infra.local.given import catalogue, share_out
from infra.local.ports import Ports
from infra.local.services import SERVICES
from infra.local.settings import LocalSettings
from infra.local.state import StateFolder
from infra.local.supervised import Part, Step, builds_on

KNOWN = catalogue()
# What cannot be chosen: it follows from the bank's own databases, secrets, folder and other settings.
DECIDED = {
    *("TIDEMARK_DATABASE_URL", "TIDEMARK_MIGRATION_URL", "TIDEMARK_SOURCE_URL", "TIDEMARK_PUBLISH_URL"),
    *("TIDEMARK_GATEWAY_URL", "TIDEMARK_EDGE_SECRET", "TIDEMARK_APP_SECRET", "TIDEMARK_MASTER_KEY_FILE"),
    *("TIDEMARK_DBT_PROJECT", "TIDEMARK_DBT_TARGET"),
}


def bank_with(home: Path, **settings: str) -> Bank:
    """The bank in a state folder that is made, with these settings beside its ports."""
    environment = {**Ports.from_base(9000).to_environment(), **settings, "TIDEMARK_HOME": str(home)}
    return Bank.of(share_out(environment, KNOWN))


def settings_of(*owners: str) -> list[tuple[str, str]]:
    """(owner, name) of the settings that are not `tidemark up`'s own."""
    own = set(LocalSettings.names())
    return [(owner, each.name) for owner in owners for each in KNOWN[owner] if each.name not in own]


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    home = tmp_path / "bank"
    with StateFolder(home).open("Europe/Prague"):
        return bank_with(home)


def parts_of(bank: Bank) -> dict[str, Part]:
    return {element.name: element for element in elements(bank) if isinstance(element, Part)}


def roles_known_to(bank: Bank, environment: object) -> set[str]:
    """The database roles whose password appears somewhere in an environment."""
    text = str(environment)
    return {role for role, password in bank.secrets.databases.items() if password in text}


class TestEnvironment:
    @pytest.mark.parametrize(
        ("part", "roles"),
        [
            ("postgres", set()),
            ("aws", set()),
            ("users-1", {"users_app"}),
            ("accounts-1", {"accounts_app"}),
            ("accounts-2", {"accounts_app"}),
            ("stats-1", {"stats_app"}),
            ("gateway", set()),
            ("pipelines", {"extractor", "publisher", "warehouse", "dagster"}),
            ("dagster", {"dagster"}),
            ("dagster-daemon", {"dagster"}),
            ("docs", {"analyst"}),
            ("app", set()),
        ],
    )
    def test_holds_only_the_passwords_that_the_part_needs(self, bank: Bank, part: str, roles: set[str]) -> None:
        assert roles_known_to(bank, parts_of(bank)[part].environment) == roles

    @pytest.mark.parametrize("schema", SCHEMAS)
    def test_migrations_know_the_owner_only(self, bank: Bank, schema: str) -> None:
        assert roles_known_to(bank, bank.migration_environment(schema)) == {f"{schema}_owner"}

    def test_only_the_users_service_gets_the_master_key(self, bank: Bank) -> None:
        parts = parts_of(bank)
        for name in ("TIDEMARK_MASTER_KEY_FILE", "AWS_SECRET_ACCESS_KEY"):
            assert [part for part in parts if name in parts[part].environment] == ["users-1"]

    def test_only_services_get_the_edges_secret(self, bank: Bank) -> None:
        parts = parts_of(bank)
        told = {part.partition("-")[0] for part in parts if "TIDEMARK_EDGE_SECRET" in parts[part].environment}
        assert told == set(SERVICES)

    def test_nothing_is_inherited(self, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGPASSWORD", "mine")
        assert all("PGPASSWORD" not in part.environment for part in parts_of(bank).values())

    def test_no_secret_is_on_a_command_line(self, bank: Bank) -> None:
        commands = str([part.command for part in parts_of(bank).values()])
        for secret in (*bank.secrets.databases.values(), *bank.secrets.shared.values()):
            assert secret not in commands

    def test_the_bank_s_time_zone_reaches_those_who_cut_periods(self, bank: Bank) -> None:
        parts = parts_of(bank)
        zones = {name: part.environment.get("TIDEMARK_TIME_ZONE") for name, part in parts.items()}
        assert {name for name, zone in zones.items() if zone == "Europe/Prague"} == {
            "pipelines",
            "docs",
        }
        assert {part.environment.get("TZ") for part in parts.values()} == {"UTC"}

    def test_where_alerts_go_is_known_to_the_pipeline_alone(self, bank: Bank) -> None:
        told = {"TIDEMARK_ALERT_WEBHOOK_URL": "https://secret.example", "TIDEMARK_STALE_AFTER_S": "300"}
        bank = bank_with(bank.settings.home, **told, OTHER="x")
        parts = parts_of(bank)
        for name, expected in zip(told, ({"pipelines"}, {"pipelines", "stats-1"}), strict=True):
            assert {part for part in parts if name in parts[part].environment} == expected
        assert "secret" not in repr(bank) + str(bank.to_record())


class TestGivenSettings:
    @pytest.mark.parametrize(
        ("owner", "name"), settings_of("users", "accounts", "stats", "events", "pipelines", "app")
    )
    def test_each_reaches_its_owner_or_is_said_to_have_no_effect(self, bank: Bank, owner: str, name: str) -> None:
        bank = bank_with(bank.settings.home, **{name: "given"})
        reached = {
            "users": bank.admin_environment("users"),
            "accounts": bank.admin_environment("accounts"),
            "stats": bank.admin_environment("stats"),
            "events": bank.admin_environment("events"),
            "pipelines": bank.pipeline_environment(),
            "app": bank.app_environment(),
        }[owner]
        is_decided = name in DECIDED
        assert (reached.get(name) == "given") is not is_decided
        assert bank.overruled == ({name} if is_decided else set())

    @pytest.mark.parametrize("service", SERVICES)
    def test_none_reaches_whom_it_does_not_concern(self, bank: Bank, service: str) -> None:
        own = {name for _, name in settings_of(service)}
        others = {name for _, name in settings_of("users", "accounts", "stats", "events", "pipelines")} | {"X"}
        bank = bank_with(bank.settings.home, **dict.fromkeys(others - own, "given"))
        assert "given" not in bank.service_environment(service).values()

    def test_a_key_in_aws_takes_the_place_of_the_key_file(self, bank: Bank) -> None:
        environment = bank_with(bank.settings.home, TIDEMARK_KMS_KEY_ID="alias/bank").service_environment("users")
        assert environment["TIDEMARK_KMS_KEY_ID"] == "alias/bank"
        assert "TIDEMARK_MASTER_KEY_FILE" not in environment

    def test_keys_of_amazon_s_are_not_taken_without_an_address(self, bank: Bank) -> None:
        bank = bank_with(bank.settings.home, AWS_ACCESS_KEY_ID="mine", AWS_SECRET_ACCESS_KEY="mine")
        assert "mine" not in str(bank.to_record())
        assert "mine" not in bank.service_environment("users").values()

    def test_other_commands_find_them_in_the_record(self, bank: Bank) -> None:
        given = bank_with(bank.settings.home, TIDEMARK_HASH_ROUNDS="3", TIDEMARK_BANK_URL="postgresql://x")
        again = Bank.of(given.to_record())
        assert again.settings == given.settings
        assert again.service_environment("users") == given.service_environment("users")


class TestElements:
    @pytest.mark.parametrize("form", [{}, {"TIDEMARK_CLOUD": "true"}], ids=["processes", "functions"])
    def test_each_comes_after_something_that_exists(self, bank: Bank, form: dict[str, str]) -> None:
        bank = bank_with(bank.settings.home, **form)
        known = {name for element in elements(bank) for name in (element.name, getattr(element, "group", ""))}
        assert all(set(element.after) <= known for element in elements(bank))

    def test_the_gateway_comes_after_every_instance(self, bank: Bank) -> None:
        gateway = parts_of(bank)["gateway"]
        assert all(
            builds_on(gateway, instance(bank, service, number)) for service in SERVICES for number in (1, 7)
        )

    def test_without_the_app(self, bank: Bank) -> None:
        assert set(parts_of(bank)) - {element.name for element in elements(bank, has_app=False)} == {"app"}

    def test_without_the_pipeline(self, bank: Bank) -> None:
        left_out = {element.name for element in elements(bank)} - {
            element.name for element in elements(bank, has_pipeline=False)
        }
        assert left_out == {"warehouse", "dbt manifest", "pipelines", "dagster", "dagster-daemon", "docs"}

    def test_servers_of_ones_own_take_the_place_of_embedded_ones(self, bank: Bank) -> None:
        own = bank_with(
            bank.state.home,
            TIDEMARK_BANK_URL="postgresql://admin:secret@one:5432/postgres?sslmode=require",
            TIDEMARK_WAREHOUSE_URL="postgresql://admin:secret@two:5432/postgres",
            AWS_ENDPOINT_URL="https://aws.example",
        )
        names = [element.name for element in elements(own)]
        assert {"postgres", "cluster", "aws"}.isdisjoint(names)
        parts = parts_of(own)
        assert "@one:5432/bank?sslmode=require" in parts["users-1"].environment["TIDEMARK_DATABASE_URL"]
        assert "@two:5432/warehouse" in parts["pipelines"].environment["TIDEMARK_WAREHOUSE_URL"]
        assert "@two:5432/dagster" in parts["dagster"].environment["TIDEMARK_DAGSTER_URL"]
        assert parts["users-1"].environment["AWS_ENDPOINT_URL"] == "https://aws.example"
        assert "secret@" not in str([part.environment for part in parts.values()])

    def test_a_migration_that_fails_is_told_with_its_log(self, bank: Bank) -> None:
        # Nothing listens on the database's port.
        step = next(element for element in elements(bank) if element.name == "migrate stats")
        assert isinstance(step, Step)
        write_configuration(bank)
        with pytest.raises(LocalError, match=r"(?s)migrate-stats failed \(exit code 1\).*stats\.log.*onnect"):
            step.action()


class TestDagsterHome:
    def test_is_a_configuration_that_dagster_takes(self, tmp_path: Path) -> None:
        write_dagster_home(tmp_path, tmp_path / "pipelines")
        configuration, _ = dagster_instance_config(str(tmp_path))
        storage = configuration["storage"]["custom"]["config"]
        assert storage == {"postgres_url": {"env": "TIDEMARK_DAGSTER_URL"}}
        assert configuration["telemetry"] == {"enabled": False}
        assert configuration["run_coordinator"]["config"]["max_concurrent_runs"] == 1
        workspace = json.loads((tmp_path / "workspace.yaml").read_text())
        assert workspace["load_from"][0]["grpc_server"]["socket"] == str(tmp_path / "pipelines")
