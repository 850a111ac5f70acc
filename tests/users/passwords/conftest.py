"""Signing in from an address of one's choice."""

from collections.abc import Callable

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.users.settings import UsersSettings

WRONG = "not my password"
Login = Callable[..., int]


@pytest.fixture
def login(client: TestClient[Litestar], settings: UsersSettings, database: psycopg.Connection) -> Login:
    """Signs in from an address, as the edge reports it; gives the status."""
    database.execute("truncate users.throttle")

    def login(email: str, password: str, address: str, **headers: str) -> int:
        edge = {"X-Tidemark-Edge": str(settings.edge_secret), "X-Forwarded-For": address}
        body = {"email": email, "password": password}
        return client.post("/user/login", json=body, headers=edge | headers).status_code

    return login
