"""What people may set for a bank: its own settings, the list of all, and those that nobody reads."""

import json
import os

import pytest
from click.testing import CliRunner

from api.shared.settings import SettingsError
from infra.cli import main
from infra.local.given import UP, catalogue, warnings
from infra.local.settings import LocalSettings


class TestLocalSettings:
    def test_defaults(self) -> None:
        settings = LocalSettings.read({})
        assert dict(settings.instances) == {"users": 1, "accounts": 2, "stats": 1, "events": 1}
        assert (settings.ports.gateway, settings.ports.app, settings.ports.dagster) == (8080, 8501, 3000)
        assert settings.needs_postgres

    def test_one_port(self) -> None:
        assert LocalSettings.read({"TIDEMARK_APP_PORT": "9000"}).ports.app == 9000

    @pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "80.5"])
    def test_what_is_no_port_is_refused_by_name(self, text: str) -> None:
        with pytest.raises(SettingsError, match=r"^TIDEMARK_APP_PORT must be int"):
            LocalSettings.read({"TIDEMARK_APP_PORT": text})

    @pytest.mark.parametrize("text", ["0", "11", "two", "-1"])
    def test_what_is_no_number_of_instances_is_refused_by_name(self, text: str) -> None:
        with pytest.raises(SettingsError, match=r"^TIDEMARK_STATS_INSTANCES must be int"):
            LocalSettings.read({"TIDEMARK_STATS_INSTANCES": text})

    def test_servers_of_ones_own(self) -> None:
        names = ("TIDEMARK_BANK_URL", "TIDEMARK_WAREHOUSE_URL")
        settings = LocalSettings.read(dict.fromkeys(names, "postgresql://a:secret@one/x"))
        assert not settings.needs_postgres
        assert "secret" not in repr(settings)

    def test_a_command_says_it_in_one_line(self) -> None:
        result = CliRunner().invoke(main, ["up"], env={"TIDEMARK_APP_PORT": "http"})
        assert (result.exit_code, result.stderr) == (1, "Error: TIDEMARK_APP_PORT must be int\n")


class TestCatalogue:
    def test_every_owner_has_settings_and_each_has_a_meaning(self) -> None:
        known = catalogue()
        assert set(known) == {UP, "users", "accounts", "stats", "events", "pipelines", "app", "AWS"}
        assert all(setting.meaning.endswith((".", ")", "…")) for listed in known.values() for setting in listed)

    def test_names_defaults_and_owners(self) -> None:
        result = CliRunner().invoke(main, ["settings", "--json"])
        assert result.exit_code == 0
        listed = {(entry["owner"], entry["name"]): entry for entry in json.loads(result.stdout)}
        assert listed["users", "TIDEMARK_HASH_ROUNDS"]["default"] == "2"
        assert listed["accounts", "TIDEMARK_DAILY_LIMIT_MINOR"]["default"] == "1000000000000"
        assert listed["users", "TIDEMARK_DATABASE_URL"]["is_required"]
        assert listed["pipelines", "TIDEMARK_ALERT_SMTP_URL"]["is_secret"]
        assert (UP, "TIDEMARK_GATEWAY_PORT") in listed

    def test_people_get_a_table(self) -> None:
        lines = CliRunner().invoke(main, ["settings"]).stdout.splitlines()
        assert any(line.split()[:3] == ["TIDEMARK_HASH_ROUNDS", "2", "users"] for line in lines)


class TestWarnings:
    def test_a_name_that_nobody_reads_is_told_with_the_one_that_is_meant(self) -> None:
        environment = {"TIDEMARK_HASH_PERCNT": "5", "TIDEMARK_HASH_ROUNDS": "2", "OTHER": "x", **os.environ}
        told = [line for line in warnings(environment, catalogue(), set()) if "PERCNT" in line]
        assert told == [
            "TIDEMARK_HASH_PERCNT is no setting. Is TIDEMARK_HASH_PERCENT meant? "
            "`tidemark settings` lists them all."
        ]

    def test_what_up_decides_is_told(self) -> None:
        told = warnings({"TIDEMARK_DATABASE_URL": "x"}, catalogue(), {"TIDEMARK_DATABASE_URL"})
        assert told == ["TIDEMARK_DATABASE_URL has no effect: `tidemark up` sets it itself."]
