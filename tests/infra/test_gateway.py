"""The gateway: a real Envoy in front of small services that tell what they were asked."""

import os
import stat
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import httpx
import psutil
import pytest
import yaml

from infra.local.envoy import BODY_MAX_BYTES, EDGE_HEADER, Gateway
from infra.local.ports import free_port
from tests.infra.gateway_double import Setup, running_gateway, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with running_gateway(tmp_path) as setup:
        yield setup


class TestRoute:
    @pytest.mark.parametrize(
        ("path", "service"),
        [
            ("/user/me", "users"),
            ("/.well-known/jwks.json", "users"),
            ("/account/search?number=1", "accounts"),
            ("/stats/daily", "stats"),
            ("/events", "events"),
            ("/events?limit=1", "events"),
            ("/events/health?x=1", "events"),
        ],
    )
    def test_to_the_service_of_the_path(self, setup: Setup, path: str, service: str) -> None:
        told = setup.ask("GET", path).json()
        assert (told["service"], told["path"]) == (service, path)

    @pytest.mark.parametrize(
        "path", ["/", "/user", "/users/me", "/User/me", "/metrics", "/stats.json", "/eventsx", "/x/user/me"]
    )
    def test_other_paths_are_a_problem_404(self, setup: Setup, path: str) -> None:
        answer = setup.ask("GET", path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "urn:tidemark:error:not_found",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing at this address.",
            "code": "not_found",
        }

    @pytest.mark.parametrize("path", ["/account%2Fsearch", "/user/%2e%2e%2faccount/search", "/user%5Cme"])
    def test_escaped_slashes_are_refused(self, setup: Setup, path: str) -> None:
        answer = setup.ask("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")

    def test_dots_and_double_slashes_are_resolved_before_routing(self, setup: Setup) -> None:
        url = httpx.URL(f"http://127.0.0.1:{setup.gateway.port}", raw_path=b"/user/../account/./a//b")
        told = httpx.get(url).json()
        assert (told["service"], told["path"]) == ("accounts", "/account/a/b")


class TestClientAddress:
    def test_what_the_client_claims_is_only_in_front(self, setup: Setup) -> None:
        claimed = {"X-Forwarded-For": "10.1.2.3", EDGE_HEADER: "guessed", "X-Envoy-External-Address": "10.1.2.3"}
        headers = setup.ask("GET", "/user/me", headers=claimed).json()["headers"]
        told = {name.lower(): value for name, value in headers.items()}
        seen = told["x-forwarded-for"].rpartition(",")[2].strip()
        # Of a connection over loopback Envoy tells the machine's own address.
        assert seen != "10.1.2.3"
        assert ip_address(seen)
        assert told[EDGE_HEADER] == "the-edge-secret"
        assert told.get("x-envoy-external-address") != "10.1.2.3"

    def test_the_secret_is_in_no_answer(self, setup: Setup) -> None:
        answer = setup.ask("GET", "/nothing")
        assert "the-edge-secret" not in str(answer.headers) + answer.text


class TestSize:
    def test_a_body_up_to_the_limit_passes(self, setup: Setup) -> None:
        assert setup.ask("POST", "/user/photo", content=b"x" * BODY_MAX_BYTES).status_code == 200

    def test_a_larger_body_is_refused_and_never_arrives(self, setup: Setup) -> None:
        answer = setup.ask("POST", "/user/photo", content=b"x" * (BODY_MAX_BYTES + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
        assert setup.services["users"].requests == 0

    def test_a_larger_body_without_a_length_is_refused(self, setup: Setup) -> None:
        chunks = (b"x" * 65_536 for _ in range(BODY_MAX_BYTES // 65_536 + 2))
        answer = setup.ask("POST", "/user/photo", content=chunks)
        assert answer.status_code == 413

    def test_headers_with_underscores_are_refused(self, setup: Setup) -> None:
        assert setup.ask("GET", "/user/me", headers={"X_Forwarded_For": "10.1.2.3"}).status_code == 400


class TestInstances:
    def test_come_and_go_by_file_without_a_lost_request(self, setup: Setup) -> None:
        first, second = setup.services["accounts"], setup.another("accounts")
        setup.gateway.write_endpoints("accounts", [first.port, second.port])
        seen: set[int] = set()

        def both_answer() -> bool:
            answer = setup.ask("GET", "/account/x")
            assert answer.status_code == 200
            seen.add(answer.json()["port"])
            return len(seen) == 2

        wait_for(both_answer)
        setup.gateway.write_endpoints("accounts", [second.port])

        def only_second() -> bool:
            answers = [setup.ask("GET", "/account/x") for _ in range(20)]
            assert {answer.status_code for answer in answers} == {200}
            return {answer.json()["port"] for answer in answers} == {second.port}

        wait_for(only_second)

    def test_a_connection_that_fails_is_tried_elsewhere(self, setup: Setup) -> None:
        # Nothing listens on the second port: what was never sent may be tried again.
        setup.gateway.write_endpoints("accounts", [setup.services["accounts"].port, free_port()])
        assert {setup.ask("POST", "/account/transfer").status_code for _ in range(30)} == {200}

    def test_a_request_that_was_sent_is_never_sent_again(self, setup: Setup) -> None:
        for name in ("accounts", "stats"):
            setup.services[name].is_hanging_up = True
        other = setup.another("accounts")
        other.is_hanging_up = True
        setup.gateway.write_endpoints("accounts", [setup.services["accounts"].port, other.port])
        wish = {"X-Envoy-Retry-On": "5xx,reset", "X-Envoy-Max-Retries": "5"}
        answer = setup.ask("POST", "/account/transfer", content=b"{}", headers=wish)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert setup.services["accounts"].requests + other.requests == 1

    def test_no_instance_is_a_problem_503(self, setup: Setup) -> None:
        setup.gateway.write_endpoints("stats", [])
        wait_for(lambda: setup.ask("GET", "/stats/daily").status_code == 503)
        answer = setup.ask("GET", "/stats/daily")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "unavailable"


class TestAdministration:
    def test_is_behind_a_socket_of_its_owner_alone(self, setup: Setup) -> None:
        assert stat.S_IMODE(setup.gateway.admin_socket.stat().st_mode) == 0o600
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(setup.gateway.admin_socket))) as client:
            assert client.get("http://envoy/ready").text == "LIVE\n"
        listening = {
            connection.laddr.port
            for connection in psutil.Process(setup.process.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {setup.gateway.port}


class TestFiles:
    @pytest.mark.parametrize("secret", ['quoted"', "br{ace}: #", "line\nbreak", "{{ port }}", "'"])
    def test_values_stay_values(self, tmp_path: Path, secret: str) -> None:
        folder = tmp_path / 'a "strange": folder'
        made = yaml.safe_load(Gateway(folder, 1, folder / "admin", secret).configuration())
        assert made["admin"]["address"]["pipe"]["path"] == str(folder / "admin")
        routes = made["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"][
            "route_config"
        ]["virtual_hosts"][0]["routes"]
        assert routes[0]["request_headers_to_add"][0]["header"] == {"key": EDGE_HEADER, "value": secret}

    def test_configuration_is_for_its_owner_only(self, tmp_path: Path) -> None:
        gateway = Gateway(tmp_path / "envoy", 1, tmp_path / "admin", "the-edge-secret")
        gateway.write()
        assert os.stat(gateway.config_file).st_mode & 0o077 == 0

    def test_everything_listens_on_loopback(self, tmp_path: Path) -> None:
        configuration = Gateway(tmp_path / "envoy", 1, tmp_path / "admin", "the-edge-secret").configuration()
        assert configuration.count("address: 127.0.0.1") == configuration.count("socket_address") == 1
