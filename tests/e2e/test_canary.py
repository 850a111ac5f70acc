"""What identifies a person passes through a whole bank, its faults included, and leaves no trace in clear."""

import io
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from PIL import Image
from psycopg import sql

from infra.local.bank import Bank as LocalBank
from infra.local.ports import free_port
from tests.cluster import REPOSITORY
from tests.e2e.conftest import Bank
from tests.e2e.people import PASSWORD as STAFF_PASSWORD
from tests.e2e.people import Person
from tests.traces import Traces

pytestmark = pytest.mark.slow

MARK = uuid4().hex[:10]
EMAIL = f"canary.{MARK}@example.com"
PHONE = f"+49151{random.randrange(10_000_000, 80_000_000)}"
NAME = f"Canary Bird {MARK[:5]}x"
PASSWORD = f"sings-{MARK}-early"
CAMERA = f"camera-{MARK}"
MEMO = f"for the cage {uuid4().hex[:10]}"
PERSONAL = {
    "mark": MARK, "email": EMAIL, "phone": PHONE, "digits": PHONE[1:], "name": NAME, "password": PASSWORD,
    "camera": CAMERA,
}  # fmt: skip
PAGE_BYTES, PAGE_HEADER_BYTES, SEGMENT_HEADER_BYTES = 8192, 24, 40
PLANTED = f"planted {uuid4()}"
BODY = {"name": NAME, "email": EMAIL, "phone": PHONE, "password": PASSWORD}
WRONG = f"wrong-{MARK}-password"


@pytest.fixture(scope="module")
def local(bank: Bank) -> LocalBank:
    """Where the parts of the running bank are, and their passwords."""
    return LocalBank.running(bank.home)


@pytest.fixture(scope="module")
def wal(local: LocalBank) -> Iterator["Wal"]:
    """What Postgres writes from now on."""
    with psycopg.connect(local.postgres_url, autocommit=True) as connection:
        yield Wal(connection)


class Wal:
    """The write-ahead log from the making of this object on, which is held back for as long as the connection."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        connection.execute("select pg_create_physical_replication_slot('canary', true, temporary => true)")
        self._first = self._segment()

    def read(self) -> bytes:
        """Its records as they lie in the files; the last ones say PLANTED, to prove that they are it."""
        self._connection.execute("select pg_logical_emit_message(false, 'canary', %s, true)", (PLANTED,))
        last = self._segment()
        row = self._connection.execute("show data_directory").fetchone()
        assert row is not None
        # A segment has 24 hexadecimal digits for a name; their order is that of time.
        segments = sorted(path for path in (Path(row[0]) / "pg_wal").iterdir() if len(path.name) == 24)
        return b"".join(_records(path.read_bytes()) for path in segments if self._first <= path.name <= last)

    def _segment(self) -> str:
        row = self._connection.execute("select pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
        assert row is not None
        return str(row[0])


def _records(segment: bytes) -> bytes:
    """A segment without the headers of its pages, which cut what is written across two of them."""
    headers = {0: SEGMENT_HEADER_BYTES}
    return b"".join(
        segment[at + headers.get(at, PAGE_HEADER_BYTES) : at + PAGE_BYTES]
        for at in range(0, len(segment), PAGE_BYTES)
    )


def photo() -> bytes:
    """A JPEG whose metadata names the camera."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), "steelblue").save(buffer, "JPEG", exif=exif)
    assert CAMERA.encode() in buffer.getvalue()
    return buffer.getvalue()


def put_photo(person: Person, content: bytes) -> int:
    return person.call("PUT", "/user/photo", files={"photo": (f"{CAMERA}.jpg", content, "image/jpeg")}).status_code


def go_wrong(person: Person) -> None:
    """Everything in which a caller can be mistaken, with what identifies them in it."""
    anybody = Person(person.gateway)
    for bad in ({}, {"more": EMAIL}, {"email": f"{EMAIL} x"}, {"phone": f"{PHONE}99999999"}, {"name": [NAME]}):
        assert anybody.call("POST", "/user/create", json=BODY | bad).status_code in (400, 409)
    for path in (
        f"/user/{EMAIL}",
        f"/user/create?email={EMAIL}",
        f"/account/{PHONE}",
        f"/stats/daily?account_id={EMAIL}",
    ):
        assert anybody.call("POST", path, content=json.dumps(BODY)[:-1]).status_code in (400, 401, 404, 405)
        assert person.call("GET", path).status_code in (400, 404, 405)
    assert anybody.call("POST", "/user/login", json={"email": EMAIL, "password": WRONG}).status_code == 401
    change = {"current_password": WRONG, "email": f"new-{EMAIL}", "phone": PHONE, "new_password": PASSWORD}
    assert person.call("PUT", "/user/update", json=change).status_code == 403
    assert put_photo(person, photo()[:-50]) == 409
    assert put_photo(person, photo() + bytes(5 << 20)) == 413


def staff_of(bank: Bank) -> Person:
    email = f"review-{uuid4().hex[:8]}@example.com"
    options = ("--email", email, "--name", "Rita Review", "--password-stdin")
    bank.tidemark("staff", "add", *options, stdin=STAFF_PASSWORD)
    return Person(bank.gateway, email=email).sign_in()


def live(bank: Bank) -> tuple[Person, str]:
    """A customer's life with all that goes well and wrong: the customer, and an account with movements."""
    person = Person(bank.gateway, email=EMAIL, name=NAME, password=PASSWORD)
    person.user_id = person.done("POST", "/user/create", 201, json=BODY)["user_id"]
    person.sign_in()
    go_wrong(person)
    assert put_photo(person, photo()) == 200
    staff = staff_of(bank)
    assert EMAIL in {item["email"] for item in staff.done("GET", "/user/review", 200)["items"]}
    assert staff.call("GET", f"/user/review/{person.user_id}/photo").status_code == 200
    staff.done("POST", f"/user/review/{person.user_id}", 200, json={"decision": "approve"})
    change = {"current_password": PASSWORD, "email": EMAIL.upper(), "phone": PHONE, "name": NAME}
    assert person.done("PUT", "/user/update", 200, json=change)["email"] == EMAIL
    checking, savings = (person.open_account(kind)["account_id"] for kind in ("checking", "savings"))
    person.deposit(checking, 5_000)
    person.transfer(checking, savings, 2_000, MEMO)
    return person, checking


def meet_damage(person: Person, local: LocalBank) -> None:
    """The service finds the person's row damaged: an error of its own."""
    with psycopg.connect(local.postgres_url, dbname="bank") as bank:
        row = bank.execute("select phone from users.user where id = %s", (person.user_id,)).fetchone()
        assert row is not None
        set_phone = "update users.user set phone = %s where id = %s"
        bank.execute(set_phone, (row[0][::-1], person.user_id))
        bank.commit()
        assert person.call("GET", "/user/me").status_code == 500
        bank.execute(set_phone, (row[0], person.user_id))
    assert person.call("GET", "/user/me").status_code == 200


def lose_the_database(token: str, local: LocalBank) -> None:
    """Another instance of the service, whose database is not there."""
    port = free_port()
    environment = local.service_environment("users") | {
        "TIDEMARK_DATABASE_URL": "postgresql://users_app:x@127.0.0.1:1/bank"
    }
    serve = ("-m", "granian", "--interface", "asgi", "--port", str(port), "--factory", "api.users.app:create_app")
    with local.state.log_file("users-without-database").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *serve], cwd=REPOSITORY, env=environment, stdout=log, stderr=log
        )
    try:
        lost = Person(f"http://127.0.0.1:{port}", token=token)
        deadline = time.monotonic() + 30
        while True:
            try:
                lost.call("GET", "/user/docs/openapi.json")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        for method, path, body in (
            ("POST", "/user/create", BODY),
            ("POST", "/user/login", {"email": EMAIL, "password": PASSWORD}),
            ("GET", "/user/me", None),
        ):
            assert lost.call(method, path, json=body).status_code == 503
    finally:
        process.terminate()
        process.wait()


@contextmanager
def failing_pipeline(local: LocalBank) -> Iterator[None]:
    """dbt can make none of its staging views."""
    with psycopg.connect(local.postgres_url, dbname="warehouse", autocommit=True) as warehouse:
        warehouse.execute(
            """
            create function public.refuse() returns event_trigger language plpgsql as
            $$ begin raise exception 'the canary refuses'; end $$;
            create event trigger refuse on ddl_command_start when tag in ('CREATE VIEW')
            execute function public.refuse();
            """
        )
        try:
            yield
        finally:
            warehouse.execute("drop event trigger refuse; drop function public.refuse()")


def tables(local: LocalBank, database: str) -> bytes:
    """Every row of every table, as the server keeps text and bytes."""
    found = bytearray()
    with psycopg.connect(local.postgres_url, dbname=database) as connection:
        names = connection.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for name in names:
            with connection.cursor().copy(
                sql.SQL("copy {} to stdout (format binary)").format(sql.Identifier(*name))
            ) as rows:
                for row in rows:
                    found += row
    return bytes(found)


def files(home: Path) -> dict[str, bytes]:
    """What lies in the state folder beside Postgres' own files: logs, artefacts, temporary files, documents."""
    found = {}
    for folder, folders, names in os.walk(home):
        if Path(folder) == home:
            folders.remove("postgres")
        for name in names:
            # Temporary files come and go.
            with suppress(FileNotFoundError):
                path = Path(folder, name)
                if path.is_file():
                    found[str(path.relative_to(home))] = path.read_bytes()
    return found


class TestCanary:
    def test_leaves_no_trace(self, bank: Bank, local: LocalBank, wal: Wal) -> None:
        person, account_id = live(bank)
        meet_damage(person, local)
        lose_the_database(person.token, local)
        with failing_pipeline(local):
            assert bank.tidemark("stats", "run", check=False).returncode == 1
        bank.tidemark("stats", "run")
        assert person.statistics("daily", account_id)["items"]

        lying = files(bank.home) | {"output": bank.output.read_bytes()}
        shared = {name: tables(local, name) for name in ("warehouse", "dagster")}
        kept = {"bank": tables(local, "bank"), "wal": wal.read()}
        # What is looked through is what it should be.
        assert person.user_id.encode() in lying["logs/users-1.log"]
        assert b"OperationalError" in lying["logs/users-without-database.log"]
        assert b"the canary refuses" in shared["dagster"]
        assert UUID(account_id).bytes in shared["warehouse"]
        assert MEMO.encode() in kept["bank"]
        assert PLANTED.encode() in kept["wal"]

        personal = Traces(PERSONAL | {"token": person.token})
        memo = Traces({"memo": MEMO})
        found = {place: personal.within(content) for place, content in (lying | shared | kept).items()}
        found |= {f"{place}, memo": memo.within(content) for place, content in (lying | shared).items()}
        assert {place: names for place, names in found.items() if names} == {}
