"""Ports: where parts listen, and what is said when one is taken."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.cli import main
from infra.local.errors import LocalError
from infra.local.ports import Port, Ports, check_free
from infra.local.services import SERVICES
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
            check_free({"gateway": Port("gateway", taken)})
        message = str(raised.value)
        assert f"port {taken} (gateway) is in use by " in message
        assert f"(process {os.getpid()})" in message
        assert "TIDEMARK_GATEWAY_PORT changes it" in message
        assert "--port-base" in message

    def test_up_starts_nothing(self, taken: int, tmp_path: Path) -> None:
        environment = {"TIDEMARK_HOME": str(tmp_path / "bank"), "TIDEMARK_DAGSTER_PORT": str(taken)}
        result = CliRunner().invoke(main, ["up"], env=environment)
        assert result.exit_code == 1
        assert f"port {taken} (dagster) is in use" in result.stderr
        assert not (tmp_path / "bank" / "postgres").exists()


class TestPorts:
    def test_base_moves_all(self) -> None:
        single = {"gateway": 9000, "app": 9001, "dagster": 9002, "docs": 9003, "postgres": 9004, "emulator": 9005}
        rows = {service: 9000 + 10 * number for number, service in enumerate(SERVICES, start=1)}
        assert Ports.from_base(9000) == Ports(**single, **rows)

    def test_variables_give_the_same_ports_back(self) -> None:
        ports = Ports.from_base(9000)
        assert LocalSettings.read(ports.to_environment()).ports == ports
