"""`python -m infra.aws.smoke URL`: checks a deployed bank from outside, with the calls that its customers make.

A customer who is made for it signs up, opens accounts and goes away again. With a staff sign-in one euro is paid
in, moved, counted by the statistics and paid out. Works for every form of the bank, also for that of one machine.
"""

import io
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
import httpx
import jwt
from PIL import Image

# The gateway gives up after 30 s.
TIMEOUT_S = 35.0
PAUSE_S = 2.0
NO_TOKEN = "not.a.token"  # noqa: S105 - it opens nothing
AMOUNT = 100
SAVED = 40
DOCS = ("/user/docs", "/account/docs", "/stats/docs", "/events/docs")
HEALTH = ("/user/health", "/account/health", "/stats/health", "/events/health")
# One for each service, below what the gateway asks a token for.
PRIVATE = ("/user/me", "/account/search", "/stats/status", "/events")

Check = tuple[str, Callable[[], None]]


class CheckFailed(Exception):
    """The bank answered otherwise than it should; the text says what was asked and what came."""


@dataclass(frozen=True)
class SignIn:
    """Of a member of staff, who may approve customers."""

    email: str
    password: str


@dataclass
class Caller:
    """Somebody who calls the bank; `token` goes along once they have signed in."""

    client: httpx.Client
    token: str = ""

    def ask(self, method: str, path: str, status: int, **options: Any) -> httpx.Response:
        """One call, whose answer must have this status. Raises CheckFailed."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.client.request(method, path, headers=headers, **options)
        if answer.status_code != status:
            raise CheckFailed(
                f"{method} {path} was answered {answer.status_code}, not {status}: {answer.text[:300]}"
            )
        return answer

    def sign_in(self, email: str, password: str) -> None:
        """Raises CheckFailed."""
        answer = self.ask("POST", "/user/login", 200, json={"email": email, "password": password})
        self.token = answer.json()["access_token"]


class Outside:
    """What anybody may see, and what nobody may without a token."""

    def __init__(self, client: httpx.Client) -> None:
        self._anybody = Caller(client)
        self._stranger = Caller(client, NO_TOKEN)

    def checks(self) -> list[Check]:
        """None needs another."""
        return [
            ("the services are healthy", self._health),
            ("the public keys can be read", self._keys),
            ("the issuer's document names these keys", self._issuer),
            ("the documentation is there", self._docs),
            ("no service answers without a token", lambda: self._refused(self._anybody)),
            ("no service takes a made-up token", lambda: self._refused(self._stranger)),
        ]

    def _health(self) -> None:
        for path in HEALTH:
            require(self._anybody.ask("GET", path, 200).json()["status"] == "ok", f"{path} is not ok")

    def _keys(self) -> None:
        keys = self._anybody.ask("GET", "/.well-known/jwks.json", 200).json()["keys"]
        require(bool(keys), "there is no key")
        require(not any("d" in key for key in keys), "a private key is shown")

    def _issuer(self) -> None:
        told = self._anybody.ask("GET", "/.well-known/openid-configuration", 200).json()
        require(told["jwks_uri"] == f"{told['issuer']}/.well-known/jwks.json", f"jwks_uri is {told['jwks_uri']}")

    def _docs(self) -> None:
        for path in DOCS:
            page = self._anybody.ask("GET", path, 200)
            require("text/html" in page.headers.get("content-type", ""), f"{path} is no page")
            require(
                bool(self._anybody.ask("GET", f"{path}/openapi.json", 200).json()["paths"]), f"{path} is empty"
            )

    def _refused(self, caller: Caller) -> None:
        for path in PRIVATE:
            caller.ask("GET", path, 401)


@dataclass
class Journey:
    """A new customer's way through the bank, and with a member of staff the money's too."""

    client: httpx.Client
    staff: SignIn | None
    statistics_wait_s: float
    email: str = field(default_factory=lambda: f"smoke-{secrets.token_hex(8)}@example.com")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    user_id: str = ""
    accounts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._customer = Caller(self.client)
        self._reviewer = Caller(self.client)

    def checks(self) -> list[Check]:
        """Each needs those before it."""
        with_staff: list[Check] = [
            ("staff sign in", self._staff_signs_in),
            ("staff see the photo and approve", self._approve),
            ("money is paid in", self._deposit),
            ("money is transferred", self._transfer),
            ("the statement shows both movements", self._statement),
            ("the statistics count them", self._statistics),
            ("money is paid out", self._pay_out),
        ]
        return [
            ("a user is created", self._create),
            ("the user signs in", self._sign_in),
            ("the user sends a photo", self._send_photo),
            ("the user opens accounts", self._open_accounts),
            ("a deposit is refused until the user is approved", self._refused_deposit),
            ("the statistics tell how far they are", self._statistics_status),
            *(with_staff if self.staff else []),
            ("the user goes away, and the token with them", self._leave),
        ]

    def _create(self) -> None:
        body = {"name": "Smoke Test", "email": self.email, "phone": "+12025550123", "password": self.password}
        self.user_id = self._customer.ask("POST", "/user/create", 201, json=body).json()["user_id"]

    def _sign_in(self) -> None:
        self._customer.sign_in(self.email, self.password)
        keys = self._customer.ask("GET", "/.well-known/jwks.json", 200).json()["keys"]
        signed_by = jwt.get_unverified_header(self._customer.token)["kid"]
        require(signed_by in [key["kid"] for key in keys], "the token is signed by a key that is not public")
        require(self._customer.ask("GET", "/user/me", 200).json()["user_id"] == self.user_id, "it is another user")

    def _send_photo(self) -> None:
        photo = io.BytesIO()
        Image.new("RGB", (320, 200), "steelblue").save(photo, "JPEG")
        files = {"photo": ("id.jpg", photo.getvalue(), "image/jpeg")}
        self._customer.ask("PUT", "/user/photo", 200, files=files)

    def _open_accounts(self) -> None:
        for kind in ("checking", "savings"):
            body = {"type": kind, "currency": "EUR"}
            self.accounts.append(
                self._customer.ask("POST", "/account/create", 201, json=body).json()["account_id"]
            )

    def _refused_deposit(self) -> None:
        code = self._deposited(409).json()["code"]
        require(code == "user_not_approved", f"it was refused as {code}")

    def _statistics_status(self) -> None:
        require("complete_through" in self._customer.ask("GET", "/stats/status", 200).json(), "it does not")

    def _staff_signs_in(self) -> None:
        assert self.staff is not None
        self._reviewer.sign_in(self.staff.email, self.staff.password)

    def _approve(self) -> None:
        shown = self._reviewer.ask("GET", f"/user/review/{self.user_id}/photo", 200)
        require(shown.headers.get("content-type", "").startswith("image/"), "the photo is no picture")
        body = {"decision": "approve", "reason": "smoke test"}
        self._reviewer.ask("POST", f"/user/review/{self.user_id}", 200, json=body)
        self._reviewer.ask("POST", "/user/logout", 204)

    def _deposit(self) -> None:
        self._deposited(201)

    def _deposited(self, status: int) -> httpx.Response:
        body = {"amount": AMOUNT, "source": "external:cash"}
        return self._customer.ask("POST", f"/account/{self.accounts[0]}/deposit", status, json=body)

    def _transfer(self) -> None:
        checking, savings = self.accounts
        body = {"from": checking, "to": savings, "amount": SAVED, "memo": "smoke test"}
        self._customer.ask("POST", "/account/transfer", 201, json=body)
        totals = [self._customer.ask("GET", f"/account/{each}", 200).json()["total"] for each in self.accounts]
        require(totals == [AMOUNT - SAVED, SAVED], f"the balances are {totals}")

    def _statement(self) -> None:
        rows = self._customer.ask("GET", f"/account/{self.accounts[0]}/transactions", 200).json()["items"]
        amounts = sorted(row["amount"] for row in rows)
        require(amounts == [-SAVED, AMOUNT], f"it shows {amounts}")

    def _statistics(self) -> None:
        deadline = time.monotonic() + self.statistics_wait_s
        query = {"account_id": self.accounts[0]}
        while True:
            items = self._customer.ask("GET", "/stats/daily", 200, params=query).json()["items"]
            counted = sum(item["metrics"]["transaction_count"] for item in items)
            if counted == 2:
                return
            require(time.monotonic() < deadline, f"after {self.statistics_wait_s:.0f} s they count {counted} of 2")
            time.sleep(PAUSE_S)

    def _pay_out(self) -> None:
        for account, amount in zip(self.accounts, (AMOUNT - SAVED, SAVED), strict=True):
            self._customer.ask("POST", f"/account/{account}/withdraw", 201, json={"amount": amount})

    def _leave(self) -> None:
        # By POST: what stands between may drop the body of a DELETE.
        self._customer.ask("POST", "/user/delete", 204, json={"current_password": self.password})
        for path in PRIVATE:
            self._customer.ask("GET", path, 401)


def require(is_so: bool, otherwise: str) -> None:
    """Raises CheckFailed with what is wrong."""
    if not is_so:
        raise CheckFailed(otherwise)


def failures(checks: Iterable[Check], tell: Callable[[str], object]) -> Iterable[str]:
    """Carry out one check after the other, and give the titles of those that fail."""
    for title, check in checks:
        try:
            check()
        except (CheckFailed, httpx.HTTPError) as error:
            tell(f"FAILED  {title}: {error or type(error).__name__}")
        except (LookupError, TypeError, ValueError, jwt.PyJWTError) as error:
            tell(f"FAILED  {title}: the answer is not of the bank's form ({type(error).__name__}: {error})")
        else:
            tell(f"ok      {title}")
            continue
        yield title


def smoke(
    url: str, staff: SignIn | None, statistics_wait_s: float, tell: Callable[[str], object]
) -> Sequence[str]:
    """The titles of the checks that failed; of the customer's way the first, for the others need it."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_S) as client:
        failed = list(failures(Outside(client).checks(), tell))
        journey = Journey(client, staff, statistics_wait_s)
        stuck = next(iter(failures(journey.checks(), tell)), None)
    if stuck is None:
        return failed
    if journey.user_id:
        tell(f"What came after was not tried, and the user {journey.email} is left behind.")
    return [*failed, stuck]


@click.command()
@click.argument("url")
@click.option("--staff", metavar="EMAIL", help="A member of staff: money is moved too, one euro in and out.")
@click.option("--password-stdin", is_flag=True, help="Read their password from standard input instead of asking.")
@click.option(
    "--statistics-wait-s", type=float, default=300, show_default=True, help="For how long statistics may lag."
)
def main(url: str, staff: str | None, password_stdin: bool, statistics_wait_s: float) -> None:
    """Check the bank whose API is at URL from outside. Exit code 0 only when all is as it should be."""
    sign_in = None
    if staff:
        password = (
            sys.stdin.readline().rstrip("\n") if password_stdin else click.prompt("Password", hide_input=True)
        )
        sign_in = SignIn(staff, password)
    if failed := smoke(url.rstrip("/"), sign_in, statistics_wait_s, click.echo):
        click.echo(f"Not as it should be: {'; '.join(failed)}.", err=True)
        sys.exit(1)
    click.echo("The bank works." if sign_in else "The bank works. Without --staff no money was moved.")


if __name__ == "__main__":
    main(prog_name="python -m infra.aws.smoke")
