"""The environment of each process: what it needs, and nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from dagster._core.instance.config import dagster_instance_config

from infra.local.bank import Bank
from infra.local.dagster_home import write_dagster_home
from infra.local.databases import SERVICES
from infra.local.errors import LocalError
from infra.local.part import Part, Step
from infra.local.parts import elements, write_configuration
from infra.local.settings import LocalSettings
from infra.local.state import StateFolder


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    home = tmp_path / "bank"
    with StateFolder(home).open("Europe/Prague"):
        return Bank.of(LocalSettings.read(9000, {"TIDEMARK_HOME": str(home)}))


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

    @pytest.mark.parametrize("service", SERVICES)
    def test_migrations_know_the_owner_only(self, bank: Bank, service: str) -> None:
        assert roles_known_to(bank, bank.migration_environment(service)) == {f"{service}_owner"}

    def test_only_the_users_service_gets_the_master_key_and_the_edges_secret(self, bank: Bank) -> None:
        parts = parts_of(bank)
        for name in ("TIDEMARK_MASTER_KEY_FILE", "TIDEMARK_EDGE_SECRET", "AWS_SECRET_ACCESS_KEY"):
            assert [part for part in parts if name in parts[part].environment] == ["users-1"]

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
            "stats-1",
            "pipelines",
            "docs",
        }
        assert {part.environment.get("TZ") for part in parts.values()} == {"UTC"}

    def test_where_alerts_go_is_known_to_the_pipeline_alone(self, bank: Bank) -> None:
        told = {"TIDEMARK_ALERT_WEBHOOK_URL": "https://secret.example", "TIDEMARK_STALE_AFTER_S": "300"}
        settings = LocalSettings.read(9000, {"TIDEMARK_HOME": str(bank.settings.home), **told, "OTHER": "x"})
        parts = parts_of(replace(bank, settings=settings))
        for name, expected in zip(told, ({"pipelines"}, {"pipelines", "stats-1"}), strict=True):
            assert {part for part in parts if name in parts[part].environment} == expected
        assert "secret" not in repr(settings) + str(settings.to_record())


class TestElements:
    def test_each_comes_after_something_that_exists(self, bank: Bank) -> None:
        names = {element.name for element in elements(bank)}
        assert all(set(element.after) <= names for element in elements(bank))

    def test_without_the_app(self, bank: Bank) -> None:
        assert set(parts_of(bank)) - {element.name for element in elements(bank, has_app=False)} == {"app"}

    def test_without_the_pipeline(self, bank: Bank) -> None:
        left_out = {element.name for element in elements(bank)} - {
            element.name for element in elements(bank, has_pipeline=False)
        }
        assert left_out == {"warehouse", "dbt manifest", "pipelines", "dagster", "dagster-daemon", "docs"}

    def test_servers_of_ones_own_take_the_place_of_embedded_ones(self, bank: Bank) -> None:
        settings = LocalSettings.read(
            9000,
            {
                "TIDEMARK_HOME": str(bank.state.home),
                "TIDEMARK_BANK_URL": "postgresql://admin:secret@one:5432/postgres?sslmode=require",
                "TIDEMARK_WAREHOUSE_URL": "postgresql://admin:secret@two:5432/postgres",
                "AWS_ENDPOINT_URL": "https://aws.example",
            },
        )
        own = Bank.of(settings)
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
        write_dagster_home(tmp_path, 15300)
        configuration, _ = dagster_instance_config(str(tmp_path))
        assert configuration["storage"] == {"postgres": {"postgres_url": {"env": "TIDEMARK_DAGSTER_URL"}}}
        assert configuration["telemetry"] == {"enabled": False}
        assert configuration["run_coordinator"]["config"]["max_concurrent_runs"] == 1
        workspace = json.loads((tmp_path / "workspace.yaml").read_text())
        assert workspace["load_from"][0]["grpc_server"]["port"] == 15300
