"""People who call the users service, and photos that they send."""

import io
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import uuid4

import httpx
from litestar import Litestar
from litestar.testing import TestClient
from PIL import Image

PASSWORD = "correct horse battery staple"


def photo(kind: str = "JPEG", size: tuple[int, int] = (320, 200), **options: Any) -> bytes:
    """A picture file."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(buffer, kind, **options)
    return buffer.getvalue()


@dataclass
class Person:
    """Someone with an email and password; `call` sends their token along."""

    client: TestClient[Litestar]
    email: str = field(default_factory=lambda: f"{uuid4().hex[:12]}@example.com")
    name: str = "Ada Marsh"
    phone: str = "+12025550123"
    password: str = PASSWORD
    user_id: str = ""
    token: str = ""

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers.update(options.pop("headers", {}))
        return self.client.request(method, path, headers=headers, **options)

    def sign_up(self) -> Self:
        body = {"name": self.name, "email": self.email, "phone": self.phone, "password": self.password}
        answer = self.client.post("/user/create", json=body)
        assert answer.status_code == 201, answer.text
        self.user_id = answer.json()["user_id"]
        return self.sign_in()

    def sign_in(self) -> Self:
        answer = self.client.post("/user/login", json={"email": self.email, "password": self.password})
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    def again(self) -> "Person":
        """The same person, signed in elsewhere."""
        return replace(self, token="").sign_in()

    def send_photo(self, content: bytes | None = None, media_type: str = "image/jpeg") -> httpx.Response:
        files = {"photo": ("id.jpg", photo() if content is None else content, media_type)}
        return self.call("PUT", "/user/photo", files=files)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
