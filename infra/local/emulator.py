"""The emulated AWS of one machine: moto's server on loopback, with a DynamoDB that survives a kill.

moto keeps everything in memory. Each DynamoDB call that changes something is written through to a SQLite file
before its answer goes out, and the file is loaded at start. Calls that this file doesn't know how to keep are
refused, so nothing is ever acknowledged that a restart would lose. Other services (S3, KMS …) stay in memory.

Run as `python -m infra.local.emulator --port N --file PATH`. With AWS_ACCESS_KEY_ID set, requests signed with
another key id are refused, which keeps other users of the machine out.
"""

import io
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.utilities import dynamo_json_dump
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.test import Client

from api.shared.settings import AwsSettings
from infra.local.emulator_store import Attributes, EmulatorStore, Place, TableCall
from infra.local.ports import LOOPBACK

HEALTH_PATH = "/_tidemark/health"
API = "DynamoDB_20120810."
TABLE_CALLS = frozenset(
    {"CreateTable", "UpdateTable", "UpdateTimeToLive", "UpdateContinuousBackups", "TagResource", "UntagResource"}
)
ITEM_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
READS = re.compile(r"^(Describe|List|Get|BatchGet|TransactGet)|^(Query|Scan)$")
CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/([^/]+)/([^/]+)/")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class PersistentEmulator:
    """A WSGI application around moto's; `store` is loaded when it is made.

    DynamoDB calls run one at a time: moto's tables are not made for concurrent changes, and the order in memory
    must be the order on disk.
    """

    def __init__(self, store: EmulatorStore, access_key_id: str | None = None) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._store = store
        self._access_key_id = access_key_id
        self._lock = threading.Lock()
        self._load()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == HEALTH_PATH:
            return _answer(start_response, "200 OK", {"status": "ok"})
        credential = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if path.startswith("/moto-api") or (
            self._access_key_id and (credential is None or credential[1] != self._access_key_id)
        ):
            return _answer(start_response, "403 Forbidden", {"__type": "AccessDeniedException"})
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if not target.startswith("DynamoDB") or credential is None:
            answer: Iterable[bytes] = self._moto(environ, start_response)
            return answer
        return self._dynamodb(environ, start_response, credential[2], target.removeprefix(API))

    def _dynamodb(
        self, environ: Environ, start_response: StartResponse, region: str, operation: str
    ) -> Iterable[bytes]:
        if operation not in TABLE_CALLS | ITEM_WRITES | {"DeleteTable"} and not READS.match(operation):
            message = f"The emulator keeps no trace of {operation} over a restart, so it refuses it."
            return _answer(
                start_response, "400 Bad Request", {"__type": "UnknownOperationException", "message": message}
            )
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        started: list[Any] = []
        with self._lock:
            answer = list(self._moto(environ, lambda *arguments: started.append(arguments)))
            if started[-1][0].startswith("200"):
                self._keep(region, operation, body)
        start_response(*started[-1])
        return answer

    def _keep(self, region: str, operation: str, body: bytes) -> None:
        try:
            if operation in ITEM_WRITES:
                self._keep_items(region, operation, json.loads(body))
            elif operation in TABLE_CALLS:
                place = Place(region, _table_name(json.loads(body)))
                self._store.keep_table_call(TableCall(place, operation, body.decode()))
            elif operation == "DeleteTable":
                self._store.forget_table(Place(region, _table_name(json.loads(body))))
        except Exception as error:
            # Memory is ahead of the file now: only a new start, from the file, is right. Nobody was answered.
            print(f"{operation} could not be written to disk: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)

    def _keep_items(self, region: str, operation: str, request: dict[str, Any]) -> None:
        backend = _backend(region)
        changes: list[tuple[Place, Attributes, str | None]] = []
        for table_name, attributes in _touched(operation, request):
            table = backend.get_table(table_name)
            names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
            key = {name: attributes[name] for name in names}
            item = backend.get_item(table.name, key)
            stored = dynamo_json_dump(item.attrs) if item is not None else None
            changes.append((Place(region, table.name), key, stored))
        self._store.keep_items(changes)

    def _load(self) -> None:
        client = Client(self._moto)
        for call in self._store.table_calls():
            region = call.place.region
            answer = client.post(
                "/",
                data=call.body,
                content_type="application/x-amz-json-1.0",
                headers={
                    "X-Amz-Target": API + call.operation,
                    "Authorization": f"AWS4-HMAC-SHA256 Credential=load/20260101/{region}/dynamodb/aws4_request",
                },
            )
            if answer.status_code != 200:
                raise RuntimeError(f"{call.operation} of table {call.place.table} could not be repeated")
        for place, attributes in self._store.items():
            _backend(place.region).put_item(place.table, attributes, overwrite=True)


def _backend(region: str) -> DynamoDBBackend:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][region]


def _table_name(request: dict[str, Any]) -> str:
    """The name in a request that names its table by name or by ARN."""
    name: str = request.get("TableName") or request["ResourceArn"]
    return name.rpartition("table/")[2]


def _touched(operation: str, request: dict[str, Any]) -> Iterator[tuple[str, Attributes]]:
    """(table, attributes with the key) of every item that a call may have changed."""
    if operation == "BatchWriteItem":
        for table, writes in request["RequestItems"].items():
            for write in writes:
                put, delete = write.get("PutRequest"), write.get("DeleteRequest")
                yield table, put["Item"] if put else delete["Key"]
    elif operation == "TransactWriteItems":
        for action in request["TransactItems"]:
            for part in action.values():
                yield part["TableName"], part.get("Key") or part["Item"]
    else:
        yield request["TableName"], request.get("Key") or request["Item"]


def _answer(start_response: StartResponse, status: str, body: dict[str, str]) -> list[bytes]:
    content = json.dumps(body).encode()
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("Content-Length", str(len(content)))]
    start_response(status, headers)
    return [content]


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--file", "path", type=click.Path(path_type=Path), required=True)
def main(port: int, path: Path) -> None:
    """Serve the emulated AWS on 127.0.0.1:PORT, keeping DynamoDB in PATH."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    emulator = PersistentEmulator(EmulatorStore(path), AwsSettings.read().access_key_id)
    server = make_server(LOOPBACK, port, emulator, threaded=True, request_handler=MotoRequestHandler)
    print(f"serving on {LOOPBACK}:{port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
