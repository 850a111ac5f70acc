"""Input that no client sends by mistake: always 4xx, and the ledger stays as it was."""

import pytest

from tests.accounts.world import Person, World, problem

AMOUNTS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-0",
    "0",
    "-5",
    "true",
    "null",
    '"100"',
    "1.005",
    "100.0",
    "1e2",
    "0x10",
    "010",
    "+5",
    "١٠٠",
    '"١٠٠"',
    "1_000",
    "9223372036854775808",
    "18446744073709551616",
    "1000000000001",
    "[100]",
    '{"value": 100}',
    "",
]
BODIES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"100",
    b"\xff\xfe",
    b'{"amount": 1',
    b'{"amount": 1, "amount": 1}',
    b'{"amount": 1, "to": "external:cash"}',
    b'{"amount": 1, "memo": "a\\u0000b"}',
    b'{"amount": 1, "memo": "a\x00b"}',
    b'{"amount": 1, "memo": "\\ud800"}',
    b'{"amount": 1, "memo": 5}',
    b'{"amount": 1, "source": ["external:cash"]}',
    b'{"am\\u0000ount": 1}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
]
INSIDE = ['1, "amount": 1', '1, "memo": "a\\u0000b"', '1, "memo": "a", "memo": "b"']
JSON = {"Content-Type": "application/json"}


class TestPoison:
    @pytest.fixture(autouse=True)
    def ledger_stays(self, world: World, ada: Person) -> object:
        self.source, self.destination = ada.open(deposit=1_000)["account_id"], ada.open()["account_id"]
        self.path = f"/account/{self.source}/deposit"
        before = world.ledger_hash()
        yield
        assert world.ledger_hash() == before

    @pytest.mark.parametrize("amount", AMOUNTS)
    def test_amounts(self, ada: Person, amount: str) -> None:
        body = f'{{"amount": {amount}}}'.encode()
        assert problem(ada.call("POST", self.path, content=body, headers=JSON)) == (400, "invalid_request")

    @pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:40]))
    def test_bodies(self, ada: Person, body: bytes) -> None:
        assert problem(ada.call("POST", self.path, content=body, headers=JSON)) == (400, "invalid_request")

    @pytest.mark.parametrize("amount", ["NaN", "1e400", "true", '"100"', "1.005", "9223372036854775808", *INSIDE])
    def test_one_of_several_transfers(self, ada: Person, amount: str) -> None:
        sides = f'"from": "{self.source}", "to": "{self.destination}"'
        transfers = f'{{{sides}, "amount": 1}}, {{{sides}, "amount": {amount}}}'
        body = f'{{"mode": "one_by_one", "transfers": [{transfers}]}}'.encode()
        answer = ada.call("POST", "/account/transfers", content=body, headers=JSON)
        assert problem(answer) == (400, "invalid_request")

    def test_ten_megabytes(self, ada: Person) -> None:
        body = b'{"amount": 1, "memo": "' + b"x" * (10 << 20) + b'"}'
        answer = ada.call("POST", self.path, content=body, headers=JSON)
        assert problem(answer) == (413, "payload_too_large")

    @pytest.mark.parametrize(
        "side", ["", "x", "12345678901", "external:cash", "１２３４５６７８９０", "0000000000", "a" * 36]
    )
    def test_sides(self, ada: Person, side: str) -> None:
        body = {"from": side, "to": side, "amount": 1}
        assert ada.refused("POST", "/account/transfer", json=body) == (400, "invalid_request")

    @pytest.mark.parametrize("path", ["/account/x/deposit", "/account/0/deposit", "/account/%00/deposit"])
    def test_paths(self, ada: Person, path: str) -> None:
        assert ada.call("POST", path, json={"amount": 1}).status_code == 404
