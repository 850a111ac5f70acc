"""Ports: where parts listen, and what is said when one is taken."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.cli import main
from infra.local.errors import LocalError
from infra.local.ports import Ports, check_free
from infra.local.settings import LocalSettings


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


class TestCheckFree:
    def test_names_the_part_the_port_its_holder_and_the_way_out(self, taken: int) -> None:
        with pytest.raises(LocalError) as raised:
            check_free({"API gateway": ("gateway", taken)})
        message = str(raised.value)
        assert f"port {taken} (API gateway) is in use by " in message
        assert f"(process {os.getpid()})" in message
        assert "TIDEMARK_GATEWAY_PORT changes it" in message
        assert "--port-base" in message

    def test_up_starts_nothing(self, taken: int, tmp_path: Path) -> None:
        environment = {"TIDEMARK_HOME": str(tmp_path / "bank"), "TIDEMARK_DAGSTER_PORT": str(taken)}
        result = CliRunner().invoke(main, ["up"], env=environment)
        assert result.exit_code == 1
        assert f"port {taken} (Dagster) is in use" in result.stderr
        assert not (tmp_path / "bank" / "postgres").exists()


class TestPorts:
    def test_defaults(self) -> None:
        ports = Ports.from_environment({})
        assert (ports.gateway, ports.app, ports.dagster, ports.docs) == (8080, 8501, 3000, 8580)

    def test_one_setting_for_each(self) -> None:
        assert Ports.from_environment({"TIDEMARK_APP_PORT": "9000"}) == Ports(app=9000)

    @pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "80.5"])
    def test_what_is_no_port_is_refused_by_name(self, text: str) -> None:
        with pytest.raises(LocalError, match="TIDEMARK_APP_PORT"):
            Ports.from_environment({"TIDEMARK_APP_PORT": text})

    def test_base_moves_all(self) -> None:
        assert Ports.from_base(9000) == Ports(
            gateway=9000,
            app=9001,
            dagster=9002,
            docs=9003,
            postgres=9004,
            emulator=9005,
            envoy_admin=9006,
            code_server=9007,
            users=9010,
            accounts=9020,
            stats=9030,
        )


class TestSettings:
    def test_defaults(self, tmp_path: Path) -> None:
        settings = LocalSettings.read(environment={"TIDEMARK_HOME": str(tmp_path)})
        assert dict(settings.instances) == {"users": 1, "accounts": 2, "stats": 1}
        assert settings.needs_postgres
        assert settings.aws is None

    @pytest.mark.parametrize("text", ["0", "11", "two", "-1"])
    def test_what_is_no_number_of_instances_is_refused_by_name(self, text: str) -> None:
        with pytest.raises(LocalError, match="TIDEMARK_STATS_INSTANCES"):
            LocalSettings.read(environment={"TIDEMARK_STATS_INSTANCES": text})

    def test_servers_of_ones_own(self) -> None:
        settings = LocalSettings.read(
            environment={
                "TIDEMARK_BANK_URL": "postgresql://a:secret@one/x",
                "TIDEMARK_WAREHOUSE_URL": "postgresql://a:secret@two/x",
                "AWS_ENDPOINT_URL": "https://aws.example",
                "AWS_REGION": "eu-west-1",
            }
        )
        assert not settings.needs_postgres
        assert settings.aws == {"AWS_ENDPOINT_URL": "https://aws.example", "AWS_REGION": "eu-west-1"}
        assert "secret" not in repr(settings)

    def test_record_gives_the_same_settings_back(self, tmp_path: Path) -> None:
        settings = LocalSettings.read(
            9000, {"TIDEMARK_HOME": str(tmp_path), "TIDEMARK_BANK_URL": "postgresql://x"}
        )
        assert LocalSettings.of_record(tmp_path, settings.to_record()) == settings
