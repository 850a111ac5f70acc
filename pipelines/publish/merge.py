"""Bring one mart's rows into the table that readers read, within the publication's transaction.

`sql/<table>.sql` says how, in four statements: the rows above a batch are read from the mart into a temporary
table `incoming` and merged; where all were read, what the mart no longer has is removed. Rows that say the same as
before are left alone. Into an empty table rows are read as they are: a merge costs twice as much.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from psycopg import sql

from pipelines.database import Connection, stream

FOLDER = Path(__file__).parent / "sql"


def merge(
    table: str, warehouse: Connection, bank: Connection, mart: str, since: int, **words: sql.Composable | str | int
) -> int:
    """Merge the rows of `mart` above batch `since` (0: all, and nothing else stays); how many were changed.

    `words` are put in for {…}: names and lists as composed SQL, values as they are.
    """
    statements = _composed(table, mart, since, words)
    # An idle bank publishes twice a minute: it should make no tables for it.
    has_rows = sql.SQL("select exists ({})").format(statements["read"])
    if since and warehouse.execute(has_rows).fetchone() == (False,):
        return 0
    bank.execute("drop table if exists pg_temp.incoming")
    bank.execute(statements["incoming"])
    stream(warehouse, statements["read"], bank, sql.SQL("incoming"), as_text=True)
    bank.execute("analyze incoming")
    changed = bank.execute(statements["merge"]).rowcount
    if since == 0:
        changed += bank.execute(statements["remove"]).rowcount
    return changed


def load(
    table: str, warehouse: Connection, bank: Connection, mart: str, since: int, **words: sql.Composable | str | int
) -> int:
    """The same for a table that is empty: it says itself, by the statement `table`, which columns are read."""
    statements = _composed(table, mart, since, words)
    return stream(warehouse, statements["read"], bank, statements["table"], as_text=True)


def _composed(
    table: str, mart: str, since: int, words: Mapping[str, sql.Composable | str | int]
) -> dict[str, sql.Composed]:
    values = {"mart": sql.Identifier("marts", mart), "since": since, **words}
    composed = {k: v if isinstance(v, sql.Composable) else sql.Literal(v) for k, v in values.items()}
    return {name: sql.SQL(text).format(**composed) for name, text in _statements(table).items()}


@cache
def _statements(table: str) -> dict[str, str]:
    """The statements of a file by the name before each."""
    _, *parts = re.split(r"^-- name: (\w+)\n", (FOLDER / f"{table}.sql").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))
