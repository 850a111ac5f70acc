"""No disguise of its address opens a private route to somebody without a token."""

from collections.abc import Iterator

import pytest

from infra.local.services import SERVICES
from tests.e2e.cast import Things, things_of
from tests.e2e.conftest import Bank
from tests.e2e.people import Person
from tests.e2e.test_authorisation import EXPECTED, PAYEE
from tests.e2e.tricks import RawClient, Trick, tricks

pytestmark = pytest.mark.slow

PRIVATE = [route for route, statuses in EXPECTED.items() if statuses["anonymous"] == 401]
INSTANCES = {service.prefixes[0].strip("/"): f"{service.name}-1" for service in SERVICES.values()}
REFUSED = {400, 401, 403, 404, 405}


@pytest.fixture(scope="module")
def doors(bank: Bank) -> Iterator[dict[str, RawClient]]:
    """The gateway, and an instance of each service."""
    addresses = {part["name"]: part["address"] for part in bank.status()["parts"]}
    clients = {name: RawClient(addresses[name]) for name in ("gateway", *INSTANCES.values())}
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(scope="module")
def things(bank: Bank) -> Things:
    """What somebody could be after."""
    person, friend = (Person(bank.gateway).sign_up() for _ in range(2))
    return things_of(person, friend, is_approved=False)


@pytest.mark.parametrize("route", PRIVATE)
class TestWithoutToken:
    def test_the_gateway_opens_nothing(self, doors: dict[str, RawClient], things: Things, route: str) -> None:
        opened, unclear = [], []
        for trick in disguises(things, route):
            status, body = doors["gateway"].send(trick)
            if is_opened(trick, status, body):
                opened.append((status, trick))
            elif trick.method != "HEAD" and status != 204 and b'"urn:tidemark:error:' not in body:
                unclear.append((status, trick))
        assert (opened, unclear) == ([], [])

    def test_the_service_itself_opens_nothing(
        self, doors: dict[str, RawClient], things: Things, route: str
    ) -> None:
        service = INSTANCES[route.split("/")[1]]
        answers = [(trick, *doors[service].send(trick)) for trick in disguises(things, route)]
        assert [answer for answer in answers if is_opened(*answer)] == []


def is_opened(trick: Trick, status: int, body: bytes) -> bool:
    """Whether it is more than a refusal. OPTIONS only tells a route's methods, as the documentation does."""
    if trick.method == "OPTIONS" and status == 204:
        return bool(body)
    return status not in REFUSED


def disguises(things: Things, route: str) -> Iterator[Trick]:
    """All tricks on a route, with the address of something that does exist."""
    method, path = route.split()
    return tricks(method, path.format(**vars(things), period="daily", number=PAYEE))
