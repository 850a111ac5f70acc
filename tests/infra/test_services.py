"""The table of services names all there are, and each has what the machine needs."""

from dataclasses import fields
from itertools import pairwise

from infra.local.ports import ROW, Ports
from infra.local.services import SERVICES
from infra.local.settings import LocalSettings
from tests.cluster import REPOSITORY


class TestServices:
    def test_each_folder_of_api_is_one(self) -> None:
        folders = {path.parent.name for path in (REPOSITORY / "api").glob("*/__init__.py")}
        assert set(SERVICES) == folders - {"shared"}

    def test_each_has_ports_and_instances_to_set(self) -> None:
        names = {each.name for each in fields(LocalSettings)}
        for service in SERVICES:
            assert {f"{service}_port", f"{service}_instances"} <= names

    def test_no_two_share_a_port(self) -> None:
        for ports in (LocalSettings().ports, Ports.from_base(20_000)):
            firsts = sorted(getattr(ports, service) for service in SERVICES)
            assert all(after - before >= ROW for before, after in pairwise(firsts))

    def test_none_answers_for_another(self) -> None:
        prefixes = [prefix for service in SERVICES.values() for prefix in service.prefixes]
        assert all(prefix.startswith("/") and prefix.endswith("/") for prefix in prefixes)
        assert len(set(prefixes)) == len(prefixes)
