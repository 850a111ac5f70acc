"""What identifies a person leaves no trace in clear: not in logs, not in the database, not in DynamoDB."""

import base64
import hashlib
import io
import json
import logging
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote
from uuid import uuid4

import boto3
import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from PIL import Image

from api.shared.request_log import JsonFormatter
from api.users.app import create_app
from api.users.settings import UsersSettings
from tests.cluster import Cluster
from tests.traces import ALGORITHMS, Traces
from tests.users.accounts_double import AccountsDouble
from tests.users.people import Person, photo

pytestmark = pytest.mark.slow

MARK = uuid4().hex[:10]
EMAIL = f"canary.{MARK}@example.com"
PHONE = f"+49151{random.randrange(10_000_000, 80_000_000)}"
NAME = f"Canary Bird {MARK[:4]}x"
PASSWORD = f"sings-{MARK}-early"
CAMERA = f"camera-{MARK}"
SECRETS = {
    "mark": MARK, "email": EMAIL, "phone": PHONE, "digits": PHONE[1:], "name": NAME, "password": PASSWORD,
    "camera": CAMERA,
}  # fmt: skip


class FromTheServer(logging.Filter):
    """Leaves out what the tests' own HTTP client says: it runs in the main thread, the service in another."""

    def filter(self, record: logging.LogRecord) -> bool:
        is_client = record.name.partition(".")[0] in ("httpx", "httpcore")
        return not (is_client and record.thread == threading.main_thread().ident)


@pytest.fixture
def log(client: TestClient[Litestar]) -> Iterator[io.StringIO]:
    """Everything that any logger says, as the service writes it and as plain text with tracebacks."""
    written = io.StringIO()
    root = logging.getLogger()
    level = root.level
    handlers = [logging.StreamHandler(written), logging.StreamHandler(written)]
    handlers[0].setFormatter(JsonFormatter())
    for handler in handlers:
        handler.addFilter(FromTheServer())
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


def live(client: TestClient[Litestar], staff: Person, accounts: AccountsDouble) -> Person:
    """A user's life with all that goes well and wrong; gives them signed in."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    person = Person(client, email=EMAIL, phone=PHONE, name=NAME, password=PASSWORD).sign_up()
    body = {"name": NAME, "email": EMAIL, "phone": PHONE, "password": PASSWORD}
    for bad in ({}, {"more": EMAIL}, {"email": EMAIL + " x"}, {"phone": PHONE + "99999999"}, {"name": [NAME]}):
        client.post("/user/create", json=body | bad)
    client.post("/user/create", content=json.dumps(body)[:-1])
    client.post(f"/user/create?email={EMAIL}", json=body)
    client.get(f"/user/{EMAIL}")
    client.post("/user/login", json={"email": EMAIL, "password": PASSWORD + "x"})
    person.call("PUT", "/user/update", json={"current_password": PASSWORD, "email": EMAIL, "phone": PHONE})
    person.call("PUT", "/user/update", json={"current_password": PHONE, "email": EMAIL})
    sent = photo(exif=exif)
    assert CAMERA.encode() in sent
    person.send_photo(sent[:-50])
    assert person.send_photo(sent).status_code == 200
    staff.call("GET", "/user/review")
    staff.call("GET", f"/user/review/{person.user_id}/photo")
    accounts.refuse(503, "unavailable", times=3)
    staff.call("POST", f"/user/review/{person.user_id}", json={"decision": "approve"})
    return person


class TestCanary:
    def test_leaves_no_trace(
        self,
        client: TestClient[Litestar],
        staff: Person,
        accounts: AccountsDouble,
        settings: UsersSettings,
        database: psycopg.Connection,
        cluster: Cluster,
        log: io.StringIO,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        person = live(client, staff, accounts)
        token = person.token
        database.execute("update users.user set phone = 'junk' where id = %s", (person.user_id,))
        assert person.call("GET", "/user/me").status_code == 500
        lost = replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none")
        with TestClient(create_app(lost), raise_server_exceptions=False) as broken:
            body = {"name": NAME, "email": EMAIL, "phone": PHONE, "password": PASSWORD}
            assert broken.post("/user/create", json=body).status_code == 503
            assert broken.post("/user/login", json={"email": EMAIL, "password": PASSWORD}).status_code == 503
            assert Person(broken, token=token).call("GET", "/user/me").status_code == 503

        places = {
            "log": log.getvalue() + capsys.readouterr().out,
            "Postgres' log": cluster.log_file.read_text(),
            "database": "\n".join(self.rows(database)),
            "DynamoDB": "\n".join(self.items(settings)),
        }
        assert all(places.values())
        traces = Traces(SECRETS | {"token": token})
        found = {place: traces.within(content) for place, content in places.items()}
        assert found == {place: set() for place in places}

    def rows(self, database: psycopg.Connection) -> Iterator[str]:
        tables = database.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'users'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in database.execute(f"select t::text from {table} as t").fetchall():
                yield row
                # Bytes show as hexadecimal; text inside them counts too.
                for part in row.replace('"', "").split(","):
                    if "\\x" in part:
                        yield bytes.fromhex(part.split("\\x")[1].rstrip(")")).decode("latin-1")

    def items(self, settings: UsersSettings) -> Iterator[str]:
        client = boto3.client("dynamodb", region_name="eu-central-1")
        for table in (settings.identity_table, settings.data_key_table):
            for item in client.scan(TableName=table)["Items"]:
                for value in item.values():
                    for content in value.values():
                        yield content.decode("latin-1") if isinstance(content, bytes) else str(content)


class TestTraces:
    """The search itself can find what it looks for."""

    @pytest.mark.parametrize(
        "hide",
        [
            lambda raw: raw,
            lambda raw: raw.decode().upper(),
            bytes.hex,
            lambda raw: raw.hex().upper(),
            lambda raw: quote(raw, safe=""),
            lambda raw: json.dumps({"was": raw.decode()}),
            *(lambda raw, n=n: base64.b64encode(b"abc"[:n] + raw + b"and more") for n in range(3)),
            *(lambda raw, n=n: base64.urlsafe_b64encode(b"~~~"[:n] + raw + b"~") for n in range(3)),
            *(lambda raw, name=name: hashlib.new(name, raw).digest() for name in ALGORITHMS),
            *(lambda raw, name=name: hashlib.new(name, raw).hexdigest() for name in ALGORITHMS),
            *(lambda raw, name=name: base64.b64encode(hashlib.new(name, raw).digest()) for name in ALGORITHMS),
        ],
    )
    @pytest.mark.parametrize("secret", ["ada.lovelace+bank@example.com", "+4915112345678", "Zoë Ångström ÿ?~>"])
    def test_finds(self, hide: Callable[[bytes], bytes | str], secret: str) -> None:
        traces = Traces({"planted": secret, "other": "another-secret"})
        hidden = hide(secret.encode())
        content = b"before " + (hidden.encode() if isinstance(hidden, str) else hidden) + b" after"
        assert traces.within(content) == {"planted"}

    def test_finds_nothing_where_nothing_is(self) -> None:
        traces = Traces({"planted": "ada.lovelace@example.com"})
        assert traces.within("ada.lovelac@example.com") == set()
        assert traces.within(["ada.lovelace", "@example.com"]) == set()
