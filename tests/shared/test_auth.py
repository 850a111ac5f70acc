"""Who may call what: denied unless the route says otherwise."""

from collections.abc import Callable
from uuid import UUID, uuid4

import jwt
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.shared.conftest import MakeToken, sign

Ask = Callable[..., tuple[int, str]]

ROUTES = ("/thing/me", "/thing/programs", "/thing/staff", "/thing/analysts", "/thing/grace")


@pytest.fixture
def ask(client: TestClient[Litestar]) -> Ask:
    def ask(path: str, token: str | None, scheme: str = "Bearer") -> tuple[int, str]:
        headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
        answer = client.get(path, headers=headers)
        return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else ""

    return ask


class TestRequirePrincipal:
    @pytest.mark.parametrize(
        ("who", "expected"),
        [
            ({}, (200, 200, 403, 403, 200)),
            ({"roles": "{analyst}"}, (200, 200, 403, 200, 200)),
            ({"roles": "{staff}"}, (200, 200, 200, 200, 200)),
            ({"scope": "stats:read"}, (403, 200, 403, 403, 403)),
            ({"scope": "stats:read", "roles": "{staff}"}, (403, 200, 403, 403, 403)),
            ({"age_s": 1000}, (401, 401, 401, 401, 200)),
            ({"age_s": 1810}, (401, 401, 401, 401, 401)),
            ({"scope": "stats:read", "session_scope": "bank"}, (401, 401, 401, 401, 401)),
            ({"scope": "bank", "session_scope": "stats:read"}, (401, 401, 401, 401, 401)),
            ({"scope": "admin", "session_scope": "bank"}, (401, 401, 401, 401, 401)),
        ],
    )
    def test_by_role_scope_and_age(
        self, ask: Ask, make_token: MakeToken, who: dict[str, str], expected: tuple[int, ...]
    ) -> None:
        token = make_token(**who)
        assert tuple(ask(path, token)[0] for path in ROUTES) == expected

    def test_without_a_token(self, ask: Ask, client: TestClient[Litestar], make_token: MakeToken) -> None:
        for path in ROUTES:
            assert ask(path, None) == (401, "unauthenticated")
            assert ask(path, "") == (401, "unauthenticated")
            assert ask(path, make_token(roles="{staff}"), scheme="Basic") == (401, "unauthenticated")
        assert client.get("/thing/me").headers["www-authenticate"] == "Bearer"
        assert ask("/thing/me", make_token(), scheme="bearer")[0] == 200

    def test_a_token_elsewhere_than_in_the_header_counts_nothing(
        self, client: TestClient[Litestar], make_token: MakeToken
    ) -> None:
        token = make_token()
        assert client.get(f"/thing/me?access_token={token}").status_code == 401
        client.cookies.set("Authorization", f"Bearer {token}")
        try:
            assert client.get("/thing/me").status_code == 401
        finally:
            client.cookies.clear()

    def test_tells_the_handler_who_calls(self, client: TestClient[Litestar], make_token: MakeToken) -> None:
        token = make_token(roles="{staff}", approved=True)
        answer = client.get("/thing/me", headers={"Authorization": f"Bearer {token}"}).json()
        claims = jwt.decode(token, options={"verify_signature": False})
        assert answer == {"user_id": claims["sub"], "staff": True, "approved": True}

    def test_a_session_that_ended_or_never_was(
        self, ask: Ask, make_token: MakeToken, database: psycopg.Connection
    ) -> None:
        token = make_token()
        assert ask("/thing/me", token)[0] == 200
        claims = jwt.decode(token, options={"verify_signature": False})
        # The session is real, but somebody else's.
        assert ask("/thing/me", sign(uuid4(), UUID(claims["sid"]))) == (401, "unauthenticated")
        assert ask("/thing/me", sign(UUID(claims["sub"]), uuid4())) == (401, "unauthenticated")
        database.execute("delete from users.session where id = %s", (claims["sid"],))
        assert ask("/thing/me", token) == (401, "unauthenticated")

    def test_roles_are_those_of_now(self, ask: Ask, make_token: MakeToken, database: psycopg.Connection) -> None:
        token = make_token(roles="{staff}")
        assert ask("/thing/staff", token)[0] == 200
        database.execute("update users.user set roles = '{}'")
        assert ask("/thing/staff", token) == (403, "forbidden")

    def test_a_deleted_users_session_is_dead(
        self, ask: Ask, make_token: MakeToken, database: psycopg.Connection
    ) -> None:
        token = make_token()
        database.execute(
            "update users.user set deleted_at = now(), data_key_id = null, name = null, email = null, phone = null"
        )
        assert ask("/thing/me", token) == (401, "unauthenticated")

    def test_when_the_session_cannot_be_asked_nobody_passes(
        self, ask: Ask, make_token: MakeToken, database: psycopg.Connection
    ) -> None:
        token = make_token()
        database.execute("alter view users.live_session rename to hidden")
        try:
            assert ask("/thing/me", token) == (503, "unavailable")
        finally:
            database.execute("alter view users.hidden rename to live_session")
        assert ask("/thing/me", token)[0] == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/Thing/me", "/thing/me.", "/thing/me/", "/thing//me", "//thing/me", "/thing/./me", "/thing/x/../me",
            "/thing%2Fme", "/thing/m%65", "/thing/me%00", "/thing/me%20", "/thing/me;x", "/thing/me/health",
            "/thing/health/me", "/thing/health/../me", "/thing/docs/../me", "/thing/docs/%2e%2e/me",
            "/thing/open/../me",
        ],
    )  # fmt: skip
    def test_odd_spellings_open_nothing(self, ask: Ask, path: str) -> None:
        assert ask(path, None)[0] in (401, 404, 405)
