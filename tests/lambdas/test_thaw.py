"""Instances that were frozen, or whose database went: the first call is answered, and nothing is posted twice."""

from typing import Any

import psycopg
import pytest

from tests.cluster import Databases
from tests.e2e.people import Person
from tests.lambdas.conftest import Start
from tests.lambdas.gateway import Gateway, make_event
from tests.stalling import StallingProxy

pytestmark = pytest.mark.slow
ENDED = (
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
    " where datname = current_database() and application_name = 'tidemark'"
)
CONNECTIONS = (
    "select usename, count(*) from pg_stat_activity where datname = current_database()"
    " and application_name = 'tidemark' group by usename"
)
HEALTH = {
    "users": "/user/health",
    "accounts": "/account/health",
    "stats": "/stats/health",
    "events": "/events/health",
}


def get(path: str) -> dict[str, Any]:
    return make_event("GET", path, {"host": "bank.test"})


class TestThaw:
    def test_after_its_connections_were_ended_while_it_was_frozen(
        self, bank: Gateway, customer: Person, database: psycopg.Connection
    ) -> None:
        account = customer.done("POST", "/account/create", 201, json={"type": "checking", "currency": "EUR"})
        path = f"/account/{account['account_id']}"
        customer.done("POST", f"{path}/deposit", 201, json={"amount": 1})
        customer.done("GET", "/stats/status", 200)
        for fleet in bank.fleets.values():
            for instance in fleet.instances:
                with instance.frozen():
                    database.execute(ENDED)
        customer.done("POST", f"{path}/deposit", 201, json={"amount": 1})
        database.execute(ENDED)
        customer.done("GET", "/user/me", 200)
        customer.done("GET", "/stats/status", 200)
        assert customer.done("GET", path, 200)["total"] == 2

    def test_each_instance_holds_one_connection(
        self, bank: Gateway, customer: Person, database: psycopg.Connection
    ) -> None:
        customer.done("GET", f"/account/user/{customer.user_id}", 200)
        customer.done("GET", "/stats/status", 200)
        customer.done("GET", "/events", 200)
        held: dict[str, int] = dict(database.execute(CONNECTIONS).fetchall())
        for service, fleet in bank.fleets.items():
            assert held[f"{service}_app"] <= len(fleet.instances)

    @pytest.mark.parametrize("service", HEALTH)
    def test_a_black_hole_is_503_within_the_functions_time(
        self, start: Start, module_databases: Databases, proxy: StallingProxy, service: str
    ) -> None:
        url = module_databases.url(f"{service}_app")
        through = url.replace(f":{url.rpartition(':')[2].partition('/')[0]}/", f":{proxy.port}/")
        function = start(service, DATABASE_URL=through, ANSWER_TIMEOUT_S="2")
        try:
            assert function.invoke(get(HEALTH[service]))["statusCode"] == 200
            proxy.stall()
            assert function.invoke(get(HEALTH[service]))["statusCode"] == 503
            assert function.invoke(get(HEALTH[service]))["statusCode"] == 503
        finally:
            function.close()

    @pytest.mark.parametrize("service", HEALTH)
    def test_a_warmer_is_answered(self, bank: Gateway, service: str) -> None:
        assert bank.fleets[service].invoke({"source": "aws.scheduler"}) == {"is_warm": True}
