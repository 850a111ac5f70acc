"""A small bank in which every table has rows, and what its statistics answer."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from litestar.testing import TestClient

from api.stats.app import create_app
from api.stats.settings import StatsSettings
from pipelines.settings import PipelineSettings
from pipelines.transform.project import Project
from tests.accounts.ledger import Ledger
from tests.cluster import REPOSITORY, Databases
from tests.pipelines.steps import Steps
from tests.stats.world import ISSUER, World, key_source

KEY = "a key that is used again after the upgrade"
# Empty but within one import.
PASSING = {"accounts.import_account", "accounts.import_movement", "accounts.import_row"}
# A past of two months before the release.
OPENED = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=60)
ACCOUNTS = f"account,type,currency,overdraft_limit,opened_at\nshop,checking,EUR,5000,{OPENED.isoformat()}\n"
TRANSACTIONS = f"""time,account,amount,counterparty,memo,reference
{OPENED.isoformat()},shop,10000,external:salary,pay,1
{(OPENED + timedelta(days=31)).isoformat()},shop,-2500,external:rent,"bread, milk",2
{(OPENED + timedelta(days=33)).isoformat()},shop,-8000,external:rent,,3
"""
# Nobody's: what stands for ciphertext, digests and keys is not looked into.
USERS = """
    update users.user
    set password_hash = 'hash', roles = '{staff}', approved_at = now(), accounts_approved_at = now(),
        photo_status = 'approved', photo_version = 1, decided_by = id, decided_at = now()
    where id = %(user)s;
    insert into users.user (id, deleted_at) values (uuidv7(), now());
    insert into users.index_key (id, wrapped, master_key_id) values ('index', '\\x04', 'master');
    insert into users.email_digest values ('\\x05', 'index', %(user)s);
    insert into users.search_term values ('\\x09', 'index', %(user)s);
    insert into users.signing_key (id, public_jwk, private_key, master_key_id, active_from)
    values ('signing', '{}', '\\x06', 'master', now());
    insert into users.session (user_id, scope, label, signing_key_id, idle_expires_at, expires_at)
    values (%(user)s, 'stats:read', 'a program', 'signing', now(), now() + interval '1 day');
    insert into users.throttle values ('\\x07', 3, now(), now());
    insert into users.known_source values (%(user)s, '\\x08');
    insert into users.review_decision (user_id, reviewer_id, photo_version, decision)
    values (%(user)s, %(user)s, 1, 'approve');
    insert into users.photo_view (user_id, reviewer_id, photo_version) values (%(user)s, %(user)s, 1);
"""


def fill(databases: Databases, folder: Path) -> UUID:
    """Make the bank's past, in two publications; its user's id. `folder` is for files on the way."""
    ledger = Ledger(databases)
    with psycopg.ClientCursor(ledger.root) as cursor:
        cursor.execute(USERS, {"user": ledger.user_id})
    _import(databases, ledger.user_id, folder)
    Project(PipelineSettings.read({}).dbt_project, folder).parse(write_manifest=True)
    steps = Steps(databases, folder)
    steps.refresh()
    _post(ledger)
    steps.refresh()
    _note_runs(databases)
    ledger.close()
    return ledger.user_id


def _import(databases: Databases, owner: UUID, folder: Path) -> None:
    files = {"accounts.csv": ACCOUNTS, "transactions.csv": TRANSACTIONS}
    for name, content in files.items():
        (folder / name).write_text(content)
    subprocess.run(
        [
            *(sys.executable, "-m", "api.accounts.admin", "import", "--owner-id", str(owner)),
            *(str(folder / name) for name in files),
        ],
        cwd=REPOSITORY,
        env=os.environ | {"TIDEMARK_MIGRATION_URL": databases.url("accounts_owner")},
        capture_output=True,
        check=True,
    )


def _post(ledger: Ledger) -> None:
    """Movements of every kind, refusals among them, and an account that ends."""
    one, other, shared = ledger.open(100_000), ledger.open(), ledger.open(overdraft_limit=500)
    with ledger.connect() as connection:
        ledger.post(connection, [(one, other, 2_500)], key=KEY)
        ledger.post(connection, [(one, other, 10), (other, shared, 700), (shared, one, 10**9)])
        ledger.post(connection, [("external:cash", other, 50)])
        ledger.post(connection, [(shared, "external:rent", 1_000)])
        [moved] = ledger.post(connection, [(one, shared, 44)])
        connection.execute(
            "select accounts.reverse(%s, null, null, (select id from accounts.transaction where transfer_id = %s"
            " limit 1), 'a mistake')",
            (ledger.add_user(), moved["transfer_id"]),
        )
        connection.execute(
            "select accounts.set_overdraft_limit(%s, %s, 700, 'as agreed')", (ledger.add_user(), shared)
        )
        connection.execute("select accounts.add_owner(%s, %s)", (shared, ledger.add_user()))
        connection.execute("select accounts.invite_owner(%s, %s, uuidv7(), 14, 30)", (ledger.user_id, shared))
        connection.execute("select accounts.close_account(%s, %s)", (ledger.user_id, ledger.open()))


def _note_runs(databases: Databases) -> None:
    with psycopg.connect(databases.url("publisher")) as bank:
        bank.execute(
            "insert into pipeline.run (run_id, kind, finished_at, outcome, error) values"
            " ('published', 'refresh', now(), 'published', null), ('failed', 'close_daily', now(), 'failed', '')"
        )
        bank.execute(
            "insert into pipeline.close_claim (kind, period_end, run_id) values ('close_daily', now(), 'failed')"
        )
        bank.execute(
            "insert into pipeline.alert (kind, subject, path) values ('failure', 'A close failed', '/runs')"
        )
        bank.execute("insert into pipeline.scrub_day (day, spent_s, first_turn) values (now(), 1, 0)")
        bank.execute(
            "insert into pipeline.damage (proof, place, found_by, mended_at) values"
            " ('bank_daily', '2026-03-01 EUR', 'scrubber', now())"
        )


def empty_tables(databases: Databases) -> set[str]:
    """The tables of the bank without a row."""
    with psycopg.connect(databases.superuser_url()) as connection:
        tables = connection.execute(
            "select schemaname || '.' || quote_ident(tablename) from pg_tables"
            " where schemaname in ('users', 'accounts', 'stats', 'pipeline')"
        ).fetchall()
        return {name for (name,) in tables if not connection.execute(f"select from {name} limit 1").rowcount}


def answers(databases: Databases) -> Mapping[str, Any]:
    """What the stats service says, by path, of all accounts and of times that are over."""
    world = World(databases)
    staff = world.person("staff")
    accounts = world.owner.execute("select account_id::text from stats.account order by account_id").fetchall()
    [(first, last)] = world.owner.execute(
        "select min(period_start), max(period_end) from stats.stats where type = 'daily'"
    ).fetchall()
    settings = StatsSettings(
        database_url=databases.url("stats_app"), gateway_url=ISSUER, issuer=ISSUER, pool_size=2
    )
    paths = ["/stats/metrics", f"/stats/bank?from={first}&to={last}"]
    for (account_id,) in accounts:
        query = f"account_id={account_id}&from={first}&to={last}&limit=500"
        paths += [f"/stats/{period}?{query}" for period in ("daily", "weekly", "monthly")]
    with TestClient(create_app(settings, key_source)) as client:
        found = {path: client.get(path, headers=dict(staff.headers)) for path in paths}
    # Asking leaves no trace in the bank.
    world.owner.execute("delete from users.session where user_id = %s", (staff.user_id,))
    world.owner.execute("delete from users.user where id = %s", (staff.user_id,))
    world.close()
    for path, answer in found.items():
        assert answer.status_code == 200, (path, answer.text)
    return {path: answer.json() for path, answer in found.items()}
