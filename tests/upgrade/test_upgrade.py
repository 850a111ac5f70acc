"""The bank that the last release made is upgraded where it is, and goes on."""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from litestar.testing import TestClient

from api.accounts.verify.ledger import verify_ledger
from api.events.app import create_app as create_events
from api.events.settings import EventsSettings
from infra.local.postgres import BIN, server_environment
from tests.accounts.ledger import Ledger
from tests.cluster import Cluster, Databases
from tests.events.world import EventsWorld, sequences
from tests.stats.world import ISSUER, Api, key_source
from tests.upgrade.bank import KEY, PASSING, answers, empty_tables
from tests.upgrade.released import ANSWERS, BANK

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def upgraded(cluster: Cluster) -> Iterator[Databases]:
    databases = cluster.create(is_migrated=False)
    subprocess.run(
        [str(BIN / "psql"), "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", databases.superuser_url()],
        input=gzip.decompress(BANK.read_bytes()),
        env=server_environment(),
        capture_output=True,
        check=True,
    )
    with psycopg.connect(databases.superuser_url()) as connection:
        # As if every file in sql/ had changed since.
        for (schema,) in connection.execute(
            "select schemaname from pg_tables where tablename = 'applied_sql'"
        ).fetchall():
            connection.execute(f"delete from {schema}.applied_sql")
    cluster.migrate(databases)
    yield databases
    cluster.drop(databases)


@pytest.fixture
def ledger(upgraded: Databases) -> Iterator[Ledger]:
    """The ledger as its customer."""
    ledger = Ledger(upgraded)
    ledger.user_id = ledger.value("select user_id from accounts.request where key = %s", KEY)
    yield ledger
    ledger.close()


def as_far_as(known: Any, now: Any) -> Any:
    """What is answered now, without the fields that were not known."""
    if isinstance(known, dict) and isinstance(now, dict):
        return {name: as_far_as(known.get(name), value) for name, value in now.items() if name in known}
    if isinstance(known, list) and isinstance(now, list) and len(known) == len(now):
        return [as_far_as(*pair) for pair in zip(known, now, strict=True)]
    return now


class TestUpgradeFromTheLastRelease:
    def test_every_table_has_kept_rows(self, upgraded: Databases) -> None:
        released = set(
            re.findall(r"^CREATE (?:UNLOGGED )?TABLE (\S+)", gzip.decompress(BANK.read_bytes()).decode(), re.M)
        )
        assert "accounts.account" in released
        assert not empty_tables(upgraded) & released - PASSING

    def test_its_schema_equals_a_fresh_one(self, upgraded: Databases, module_databases: Databases) -> None:
        assert upgraded.dump("--schema-only") == module_databases.dump("--schema-only")

    def test_the_statistics_answer_the_same(self, upgraded: Databases) -> None:
        """New fields may stand beside what was answered then."""
        released = json.loads(gzip.decompress(ANSWERS.read_bytes()))
        assert as_far_as(released, answers(upgraded)) == released

    def test_movements_of_before_are_told_as_events(self, upgraded: Databases) -> None:
        settings = EventsSettings(database_url=upgraded.url("events_app"), gateway_url=ISSUER, issuer=ISSUER)
        with TestClient(create_events(settings, key_source)) as client:
            world = EventsWorld(upgraded, Api(client))
            customer = world.ledger.root.execute(
                "select account_id::text, last_sequence from accounts.account join accounts.user_account"
                " on account_id = id where last_sequence > 1 limit 1"
            ).fetchone()
            assert customer is not None
            account_id, last = customer
            feed = world.feed(world.people.person("analyst"))
            assert sequences(feed.read(account_id=account_id, limit=1), account_id) == [*range(1, last + 1)]
            world.close()

    def test_the_ledger_is_right(self, upgraded: Databases) -> None:
        found = verify_ledger(upgraded.url("accounts_owner"), None, lambda _: nullcontext())
        assert (found.accounts, found.transfers) == (5, 11)

    def test_a_repeated_request_gets_its_answer(self, ledger: Ledger) -> None:
        [(one, other)] = ledger.root.execute(
            "select source, destination from accounts.transfer where amount = 2500 and kind = 'transfer'"
        ).fetchall()
        before = ledger.total(one)
        with ledger.connect() as connection:
            [answer] = ledger.post(connection, [(one, other, 2_500)], key=KEY)
        assert (answer["status"], answer["balance_after"]) == ("posted", 97_500)
        assert ledger.total(one) == before

    def test_money_moves_on(self, ledger: Ledger) -> None:
        [(one, total)] = ledger.root.execute(
            "select id::text, total from accounts.account where total > 1000 and import_reference is null limit 1"
        ).fetchall()
        with ledger.connect() as connection:
            assert ledger.post(connection, [(one, "external:cash", 1)])[0]["status"] == "posted"
        assert ledger.total(one) == total - 1
        ledger.assert_books_close()
        with psycopg.connect(ledger.databases.url("accounts_app")) as connection:
            row = connection.execute(
                'select "to", time = at from accounts.transaction order by at desc limit 1'
            ).fetchone()
        assert row == ("external:cash", True)
