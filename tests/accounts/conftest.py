"""The accounts service against a real Postgres; users is played by a small server."""

from collections.abc import Iterator

import psycopg
import pytest
from litestar.testing import TestClient

from api.accounts.app import create_app
from api.accounts.settings import AccountsSettings
from tests.accounts.users_double import UsersDouble
from tests.accounts.world import ISSUER, Person, World, key_source
from tests.cluster import Databases

_SESSIONS = """
drop view users.live_session cascade;
create table users.live_session (session_id uuid primary key, user_id uuid not null, roles text[] not null,
    scope text not null, user_approved boolean not null, expires_at timestamptz not null,
    is_use_due boolean not null default false);
grant select on users.live_session to accounts_app, accounts_owner, accounts_ledger;
drop view users.present_user;
create table users.present_user (user_id uuid primary key, is_leaving boolean not null default false);
grant select on users.present_user to accounts_owner;
"""


@pytest.fixture(scope="module")
def users() -> Iterator[UsersDouble]:
    with UsersDouble() as double:
        yield double


@pytest.fixture(autouse=True)
def users_answer_well(users: UsersDouble) -> None:
    users.mend()


@pytest.fixture(scope="module")
def settings(module_databases: Databases, users: UsersDouble) -> AccountsSettings:
    return AccountsSettings(
        database_url=module_databases.url("accounts_app"),
        gateway_url=users.url,
        issuer=ISSUER,
        daily_limit_minor=1_000_000,
        open_accounts_max=30,
    )


@pytest.fixture(scope="module")
def world(module_databases: Databases, settings: AccountsSettings, users: UsersDouble) -> Iterator[World]:
    with psycopg.connect(module_databases.superuser_url(), autocommit=True) as root:
        root.execute(_SESSIONS)
    with TestClient(create_app(settings, key_source), raise_server_exceptions=False) as client:
        world = World(module_databases, client, users)
        yield world
        world.close()


@pytest.fixture
def ada(world: World) -> Person:
    """An approved customer."""
    return world.person()


@pytest.fixture
def bob(world: World) -> Person:
    """Another approved customer."""
    return world.person()


@pytest.fixture
def staff(world: World) -> Person:
    """A member of staff."""
    return world.person(roles=["staff"])
