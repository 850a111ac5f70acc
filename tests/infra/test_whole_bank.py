"""The whole bank: killed part by part, killed as a whole, ended and started again."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from infra.local.ports import Ports
from tests.e2e.people import PASSWORD, Person
from tests.running_bank import RunningBank

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MEMORY_MAX_BYTES = 2_560 << 20


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    bank = RunningBank(tmp_path_factory.mktemp("whole") / "bank")
    bank.start()
    yield bank
    bank.kill()


def wait_for(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def sign_up(bank: RunningBank, email: str) -> Person:
    person = Person(bank.gateway, email=email).sign_up()
    person.send_photo()
    person.open_account()
    return person


class TestWholeBank:
    """In this order: each test goes on with the bank as the one before left it."""

    def test_everything_answers_within_its_memory(self, bank: RunningBank) -> None:
        status = bank.status()
        assert status["is_healthy"], status
        assert status["memory_bytes"] < MEMORY_MAX_BYTES
        assert httpx.get(f"{bank.app}/_stcore/health").status_code == 200
        assert httpx.get(f"{bank.dagster}/server_info").status_code == 200

    def test_only_loopback_is_listened_on(self, bank: RunningBank) -> None:
        assert bank.process is not None
        ours = {process.pid for process in psutil.Process(bank.process.pid).children(recursive=True)}
        addresses = {
            connection.laddr.ip.removeprefix("::ffff:")
            for connection in psutil.net_connections("tcp")
            if connection.pid in ours and connection.status == psutil.CONN_LISTEN
        }
        assert addresses == {"127.0.0.1"}

    def test_no_other_page_drives_dagster(self, bank: RunningBank) -> None:
        mutation = {"query": "mutation { reloadWorkspace { __typename } }"}
        own = {"Origin": bank.dagster}
        assert httpx.post(f"{bank.dagster}/graphql", json=mutation, headers=own).status_code == 200
        for foreign in ({"Origin": "http://evil.example"}, {"Origin": bank.app}, {"Host": "evil.example"}):
            answer = httpx.post(f"{bank.dagster}/graphql", json=mutation, headers=foreign)
            assert (answer.status_code, answer.text.count("data")) == (403, 0)
        assert httpx.get(f"{bank.dagster}/graphql", params=mutation).status_code == 405
        port = bank.base + Ports.from_base(0).docs
        assert httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": "evil.example"}).status_code == 403

    @pytest.mark.parametrize(
        "part",
        [
            "users-1",
            "accounts-1",
            "stats-1",
            "events-1",
            "gateway",
            "aws",
            "pipelines",
            "dagster-daemon",
            "postgres",
        ],
    )
    def test_a_killed_part_comes_back(self, bank: RunningBank, part: str) -> None:
        pid = bank.pid(part)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: bank.pid(part) not in (pid, None) and bank.status()["is_healthy"])
        assert f"{part} ended (signal 9); starting it again" in bank.output.read_text()

    def test_all_is_there_after_kill_9_of_everything(self, bank: RunningBank) -> None:
        person = sign_up(bank, "ada@example.com")
        accounts = person.done("GET", f"/account/user/{person.user_id}", 200)
        bank.kill()
        bank.start()
        again = Person(bank.gateway, email="ada@example.com").sign_in()
        assert again.done("GET", "/user/me", 200)["photo_status"] == "pending"
        assert again.done("GET", f"/account/user/{person.user_id}", 200) == accounts

    def test_all_is_there_after_an_orderly_end(self, bank: RunningBank) -> None:
        bank.stop()
        began = time.monotonic()
        bank.start()
        assert time.monotonic() - began < 45
        again = Person(bank.gateway, email="ada@example.com").sign_in()
        assert again.done("GET", "/user/me", 200)["photo_status"] == "pending"

    def test_ctrl_c_during_the_start_leaves_nothing(self, bank: RunningBank, tmp_path: Path) -> None:
        bank.stop()
        other = RunningBank(tmp_path / "bank")
        other.launch()
        wait_for(lambda: "postgres" in other.output.read_text())
        other.stop(signal.SIGINT)

    def test_no_secret_is_in_a_log(self, bank: RunningBank) -> None:
        logs = b"".join(path.read_bytes() for path in (bank.home / "logs").iterdir())
        assert PASSWORD.encode() not in logs
        assert b"ada@example.com" not in logs
        for path in (bank.home / "secrets").iterdir():
            for secret in path.read_text().split('"')[3::4]:
                assert len(secret) < 16 or secret.encode() not in logs
