"""What is taken as a body: JSON read strictly, and nothing else."""

import gzip

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.shared.answers import problem


class TestStrictJson:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"amount"',
            b'{"amount":1}x',
            b'{"amount":"1"}',
            b'{"amount":1.0}',
            b'{"amount":1.5}',
            b'{"amount":1e2}',
            b'{"amount":true}',
            b'{"amount":null}',
            b'{"amount":NaN}',
            b'{"amount":Infinity}',
            b'{"amount":1,"flag":1}',
            b'{"amount":1,"flag":"true"}',
            b'{"amount":1,"more":1}',
            b'{"Amount":1}',
            b'{"amount":1,"amount":1}',
            b'{"amount":1,"\\u0061mount":2}',
            b'{"amount":1,"inner":{"text":"a","text":"b"}}',
            b'{"amount":1,"inner":{"text":"a\\u0000"}}',
            b'{"amount":1,"inner":{"text":"\xff"}}',
            b'{"amount":1,"inner":{"text":"\\ud800"}}',
            b"[" * 5000,
            b'{"amount":1,"inner":' + b'{"inner":' * 3000,
        ],
        ids=lambda body: repr(body[:40]),
    )
    def test_refuses(self, client: TestClient[Litestar], body: bytes) -> None:
        answer = client.post("/thing/open", content=body, headers={"Content-Type": "application/json"})
        assert problem(answer) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/json; charset=latin-1",
            "application/jsonx",
            "json",
            ";",
        ],
    )
    def test_other_content_types_are_refused(self, client: TestClient[Litestar], content_type: str) -> None:
        answer = client.post("/thing/open", content=b'{"amount":1}', headers={"Content-Type": content_type})
        assert problem(answer) == (415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "Application/JSON",
            "application/json; charset=UTF-8",
            'application/json;charset="utf-8"',
        ],
    )
    def test_json_in_utf8_is_taken(self, client: TestClient[Litestar], content_type: str) -> None:
        answer = client.post("/thing/open", content=b'{"amount":1}', headers={"Content-Type": content_type})
        assert answer.status_code == 201

    @pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x", "gzip, identity"])
    def test_compressed_bodies_are_refused(self, client: TestClient[Litestar], coding: str) -> None:
        """Whether it is compressed or only says so."""
        headers = {"Content-Type": "application/json", "Content-Encoding": coding}
        for body in (b'{"amount":1}', gzip.compress(b'{"amount":1}')):
            answer = client.post("/thing/open", content=body, headers=headers)
            assert problem(answer) == (415, "unsupported_media_type")
        answer = client.post(
            "/thing/open", content=b'{"amount":1}', headers=headers | {"Content-Encoding": "Identity"}
        )
        assert answer.status_code == 201

    def test_a_missing_body_is_said_in_words(self, client: TestClient[Litestar]) -> None:
        answer = client.post("/thing/open")
        assert problem(answer) == (400, "invalid_request")
        assert answer.json()["errors"] == [
            {"field": "", "message": "This call takes a JSON object as its body; it is missing."}
        ]

    def test_never_repeats_what_was_sent(self, client: TestClient[Litestar]) -> None:
        answer = client.post("/thing/open", json={"amount": "a secret value"})
        assert "secret" not in answer.text
        assert answer.json()["errors"] == [{"field": "amount", "message": "Expected `int`, got `str`"}]

    def test_takes_what_is_right(self, client: TestClient[Litestar]) -> None:
        body = {"amount": 10**12, "flag": True, "inner": {"text": "ä\u2028"}}
        answer = client.post("/thing/open", json=body)
        assert (answer.status_code, answer.json()) == (201, body)

    def test_bodies_are_bounded(self, client: TestClient[Litestar]) -> None:
        assert problem(client.post("/thing/open", content=b" " * 200_000)) == (413, "payload_too_large")
