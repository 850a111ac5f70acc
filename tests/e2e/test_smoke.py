"""The check of a deployed bank from outside: it passes here, and whatever is broken it names."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.cluster import REPOSITORY
from tests.e2e.cast import employee
from tests.e2e.conftest import Bank
from tests.e2e.people import PASSWORD, Person

pytestmark = pytest.mark.slow

# What the broken gateway answers to a call (method, path, token): status and body; None leaves it as it is.
Broken = Callable[[str, str, str], tuple[int, bytes] | None]


@pytest.fixture(scope="module")
def staff(bank: Bank) -> Person:
    return employee(bank, "staff")


class TestWorkingBank:
    def test_everything_holds_and_nobody_is_left(self, bank: Bank, staff: Person) -> None:
        done = smoke(bank.gateway, "--staff", staff.email, "--password-stdin", stdin=PASSWORD)
        assert done.returncode == 0, done.stdout + done.stderr
        titles = [line.removeprefix("ok      ") for line in done.stdout.splitlines()[:-1]]
        assert len(titles) == 20
        for title in (
            "money is transferred",
            "the statistics count them",
            "the user goes away, and the token with them",
        ):
            assert title in titles
        assert PASSWORD not in done.stdout + done.stderr

    def test_without_staff_it_says_that_no_money_was_moved(self, bank: Bank) -> None:
        done = smoke(bank.gateway)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "money is" not in done.stdout
        assert done.stdout.endswith("The bank works. Without --staff no money was moved.\n")

    def test_a_wrong_password_of_staff_is_a_failure(self, bank: Bank, staff: Person) -> None:
        done = smoke(bank.gateway, "--staff", staff.email, "--password-stdin", stdin="something else entirely")
        assert done.returncode == 1
        assert "FAILED  staff sign in: POST /user/login was answered 401" in done.stdout


class TestBrokenBank:
    @pytest.mark.parametrize(
        ("method", "path", "answer", "check"),
        [
            ("GET", "/stats/health", (503, b"{}"), "the services are healthy"),
            ("GET", "/.well-known/jwks.json", (200, b'{"keys": []}'), "the public keys can be read"),
            ("GET", "/account/docs", (404, b"{}"), "the documentation is there"),
            ("GET", "/stats/status", (200, b"{}"), "no service answers without a token"),
            ("POST", "/account/create", (500, b"{}"), "the user opens accounts"),
            ("PUT", "/user/photo", (413, b"{}"), "the user sends a photo"),
            ("POST", "/user/create", (201, b"<html>"), "a user is created"),
        ],
    )
    def test_the_check_that_fails_is_named(
        self, bank: Bank, method: str, path: str, answer: tuple[int, bytes], check: str
    ) -> None:
        with gateway_before(bank.gateway, lambda *asked: answer if asked[:2] == (method, path) else None) as url:
            done = smoke(url)
        assert done.returncode == 1
        assert f"FAILED  {check}: " in done.stdout
        assert check in done.stderr

    def test_money_taken_from_who_is_not_approved_is_noticed(self, bank: Bank) -> None:
        def takes_all(method: str, path: str, token: str) -> tuple[int, bytes] | None:
            return (201, b"{}") if path.endswith("/deposit") else None

        with gateway_before(bank.gateway, takes_all) as url:
            done = smoke(url)
        assert done.returncode == 1
        assert "FAILED  a deposit is refused until the user is approved" in done.stdout
        assert "is left behind" in done.stdout

    def test_nobody_there_fails_each_check_by_itself(self) -> None:
        done = smoke("http://127.0.0.1:9")
        assert done.returncode == 1
        assert done.stdout.count("FAILED") == 7


def smoke(url: str, *options: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.aws.smoke", url, *options],
        cwd=REPOSITORY,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@contextmanager
def gateway_before(gateway: str, broken: Broken) -> Iterator[str]:
    """The address of a gateway that hands all on to another, but for what is broken."""

    class Handler(BaseHTTPRequestHandler):
        def _hand_on(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = broken(self.command, self.path.partition("?")[0], self.headers.get("Authorization") or "")
            kind = "application/json"
            if answer is None:
                passed = {
                    name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers
                }
                got = httpx.request(
                    self.command, gateway + self.path, content=content, headers=passed, timeout=20, trust_env=False
                )
                answer, kind = (got.status_code, got.content), got.headers.get("Content-Type", kind)
            self.send_response(answer[0])
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        do_GET = do_POST = do_PUT = do_DELETE = _hand_on  # noqa: N815 - the server's own names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
