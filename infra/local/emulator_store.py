"""The emulated DynamoDB's state on disk: one SQLite file that keeps nothing that was deleted."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Attributes = dict[str, Any]

SCHEMA = """
create table if not exists table_call (
    sequence integer primary key,
    region text not null,
    table_name text not null,
    operation text not null,
    body text not null
);
create table if not exists item (
    region text not null,
    table_name text not null,
    key text not null,
    attributes text not null,
    unique (region, table_name, key)
);
"""


@dataclass(frozen=True)
class Place:
    """Which table."""

    region: str
    table: str


@dataclass(frozen=True)
class TableCall:
    """A successful call that made or changed a table, as it was sent."""

    place: Place
    operation: str
    body: str


class EmulatorStore:
    """Opens or makes the file at `path`. Each method is one transaction, on disk when it returns.

    `secure_delete` overwrites what is deleted with zeros, and the rollback journal, which holds the old pages
    while a transaction runs, is removed with its end: so no byte of a deleted item stays in a file. Raises
    sqlite3.Error when the file can't be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in ("secure_delete = on", "journal_mode = delete", "synchronous = extra"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.executescript(SCHEMA)

    def table_calls(self) -> list[TableCall]:
        """Every call that shaped a table, in the order in which they came."""
        rows = self._connection.execute(
            "select region, table_name, operation, body from table_call order by sequence"
        )
        return [TableCall(Place(region, table), operation, body) for region, table, operation, body in rows]

    def items(self) -> Iterator[tuple[Place, Attributes]]:
        """Every item with all its attributes, in DynamoDB's JSON."""
        for region, table, attributes in self._connection.execute(
            "select region, table_name, attributes from item"
        ):
            yield Place(region, table), json.loads(attributes)

    def keep_table_call(self, call: TableCall) -> None:
        """Keep a table's call; one equal to an earlier one takes its place, so repeats don't pile up."""
        row = (call.place.region, call.place.table, call.operation, call.body)
        with self._connection:
            self._connection.execute("begin immediate")
            self._connection.execute(
                "delete from table_call where region = ? and table_name = ? and operation = ? and body = ?", row
            )
            self._connection.execute(
                "insert into table_call (region, table_name, operation, body) values (?, ?, ?, ?)", row
            )

    def forget_table(self, place: Place) -> None:
        """Remove a table with its items."""
        with self._connection:
            self._connection.execute("begin immediate")
            for relation in ("table_call", "item"):
                self._connection.execute(
                    f"delete from {relation} where region = ? and table_name = ?", (place.region, place.table)
                )

    def keep_items(self, changes: Iterable[tuple[Place, Attributes, str | None]]) -> None:
        """Write items through: (table, key, all attributes as JSON text or None where the item is gone)."""
        with self._connection:
            self._connection.execute("begin immediate")
            for place, key, attributes in changes:
                row = (place.region, place.table, json.dumps(key, sort_keys=True))
                self._connection.execute("delete from item where region = ? and table_name = ? and key = ?", row)
                if attributes is not None:
                    self._connection.execute(
                        "insert into item (region, table_name, key, attributes) values (?, ?, ?, ?)",
                        (*row, attributes),
                    )
