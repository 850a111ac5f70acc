"""People who use the bank through its gateway, as programs see it."""

import io
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

PASSWORD = "correct horse battery staple"
# Everything is plain HTTP here, and to read the machine's certificates takes longer than most requests.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def photo(color: str = "steelblue") -> bytes:
    """A small JPEG to send as identity document."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), color).save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass
class Person:
    """Someone with an email and password; `call` sends their token along."""

    gateway: str
    email: str = field(default_factory=lambda: f"{uuid4().hex[:12]}@example.com")
    name: str = "Ada Marsh"
    password: str = PASSWORD
    user_id: str = ""
    token: str = ""

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request through the gateway."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers.update(options.pop("headers", {}))
        return httpx.request(
            method, self.gateway + path, headers=headers, timeout=20, verify=NO_CERTIFICATES, **options
        )

    def done(self, method: str, path: str, status: int, **options: Any) -> Any:
        """The JSON of a request that must end with `status`."""
        answer = self.call(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sign_up(self) -> "Person":
        body = {"name": self.name, "email": self.email, "phone": "+12025550123", "password": self.password}
        self.user_id = self.done("POST", "/user/create", 201, json=body)["user_id"]
        return self.sign_in()

    def sign_in(self) -> "Person":
        answer = self.done("POST", "/user/login", 200, json={"email": self.email, "password": self.password})
        self.token = answer["access_token"]
        self.user_id = self.done("GET", "/user/me", 200)["user_id"]
        return self

    def send_photo(self) -> None:
        files = {"photo": ("id.jpg", photo(), "image/jpeg")}
        answer = self.call("PUT", "/user/photo", files=files)
        assert answer.status_code == 200, answer.text

    def open_account(self, kind: str = "checking", currency: str = "EUR") -> dict[str, Any]:
        return self.done("POST", "/account/create", 201, json={"type": kind, "currency": currency})

    def deposit(self, account_id: str, amount: int) -> dict[str, Any]:
        body = {"amount": amount, "source": "external:cash"}
        return self.done("POST", f"/account/{account_id}/deposit", 201, json=body)

    def transfer(self, source: str, destination: str, amount: int, memo: str = "") -> dict[str, Any]:
        body = {"from": source, "to": destination, "amount": amount, "memo": memo}
        return self.done("POST", "/account/transfer", 201, json=body)

    def balance(self, account_id: str) -> int:
        return self.done("GET", f"/account/{account_id}", 200)["total"]

    def statement(self, account_id: str) -> list[dict[str, Any]]:
        """Every transaction, oldest first, read page by page."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            parameters = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
            page = self.done("GET", f"/account/{account_id}/transactions", 200, params=parameters)
            rows += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows[::-1]

    def statistics(self, period: str, account_id: str) -> dict[str, Any]:
        return self.done("GET", f"/stats/{period}", 200, params={"account_id": account_id})


def wait_for_statistics(
    person: Person, account_id: str, transactions: int, timeout_s: float = 120
) -> dict[str, Any]:
    """The daily statistics once they count that many transactions: nobody starts the refresh."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = person.statistics("daily", account_id)
        counted = sum(item["metrics"]["transaction_count"] for item in answer["items"])
        if counted >= transactions:
            return answer
        assert time.monotonic() < deadline, f"after {timeout_s:.0f} s only {counted} of {transactions} are counted"
        time.sleep(1)
