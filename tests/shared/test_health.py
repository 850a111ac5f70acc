"""Health."""

from litestar import Litestar
from litestar.testing import TestClient


class TestHealth:
    def test_health(self, client: TestClient[Litestar]) -> None:
        answer = client.get("/thing/health")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "service": "things"})
