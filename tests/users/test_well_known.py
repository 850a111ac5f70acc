"""The public documents."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import psycopg
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from litestar import Litestar
from litestar.testing import TestClient

from api.users.app import create_app
from api.users.settings import UsersSettings
from tests.cluster import Databases
from tests.users.people import Person


class TestGetKeys:
    def test_are_public_keys_only_and_cacheable(self, client: TestClient[Litestar]) -> None:
        answer = client.get("/.well-known/jwks.json")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=300"
        (key,) = answer.json()["keys"]
        assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
        public = PyJWK(key).key
        assert isinstance(public, RSAPublicKey)
        assert public.key_size == 3072

    def test_the_first_one_is_made_once(self, settings: UsersSettings, databases: Databases) -> None:
        own = replace(settings, database_url=databases.url("users_app"))
        with ExitStack() as stack:
            clients = [
                stack.enter_context(TestClient(create_app(own), raise_server_exceptions=False)) for _ in range(3)
            ]
            with ThreadPoolExecutor(9) as pool:
                answers = list(pool.map(lambda n: clients[n % 3].get("/.well-known/jwks.json"), range(9)))
                people = list(pool.map(lambda n: Person(clients[n % 3]).sign_up(), range(9)))
        assert len({answer.text for answer in answers}) == 1
        assert len({person.user_id for person in people}) == 9
        with psycopg.connect(databases.superuser_url()) as connection:
            for table in ("signing_key", "index_key"):
                assert connection.execute(f"select count(*) from users.{table}").fetchone() == (1,)


class TestGetIssuer:
    def test_says_where_the_keys_are(self, client: TestClient[Litestar]) -> None:
        answer = client.get("/.well-known/openid-configuration")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.json() == {
            "issuer": "http://bank.test",
            "jwks_uri": "http://bank.test/.well-known/jwks.json",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
