"""What a changed model says differently from production's, to the cell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from dbt.contracts.graph.nodes import ModelNode, SeedNode
from psycopg import sql
from psycopg.rows import dict_row

from infra.analyst.workspace import BATCH, Workspace

EXAMPLES = 3
# Of these a new column's least and greatest value say something.
ORDERED = ("bigint", "integer", "numeric", "date", "timestamp", "double", "real", "smallint")


@dataclass(frozen=True)
class Cells:
    """How many cells of a column differ, with a few: the row's key, production's value, the analyst's."""

    count: int
    examples: list[tuple[dict[str, Any], Any, Any]]


@dataclass
class Difference:
    """One model against production's.

    `only_here` and `only_there` count rows by key (whole rows when the model has none); `later` counts the rows
    that production has written since the build: they are left out on both sides. `added` tells of each new column
    how many rows have a value, and from what to what. `cells` has the columns with a difference.
    """

    model: str
    rows_here: int = 0
    rows_there: int | None = None
    only_here: int = 0
    only_there: int = 0
    later: int = 0
    added: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    cells: dict[str, Cells] = field(default_factory=dict)

    @property
    def is_none(self) -> bool:
        """Whether nothing differs."""
        return not (self.only_here or self.only_there or self.added or self.removed or self.cells)

    def lines(self) -> Iterator[str]:
        """For people."""
        if self.rows_there is None:
            yield f"{self.model}: new, {self.rows_here:,} rows"
            return
        yield f"{self.model}: {self.rows_here:,} rows, {self.rows_there:,} in production"
        if self.later:
            yield f"  {self.later:,} rows that production has written since are left out: build again to see them"
        if self.is_none:
            yield "  no difference"
        for name, values in self.added.items():
            yield f"  new column {name}: {values}"
        for name in self.removed:
            yield f"  without column {name}"
        if self.only_here or self.only_there:
            yield f"  {self.only_here:,} rows only here, {self.only_there:,} only in production"
        for name, cells in self.cells.items():
            yield f"  {name}: {cells.count:,} cells changed"
            for key, there, here in cells.examples:
                yield f"    {', '.join(str(part) for part in key.values())}: {there} → {here}"


def differences(workspace: Workspace, models: Sequence[ModelNode | SeedNode]) -> Iterator[Difference]:
    """Each of the models, which have been built, against production's; all as of one moment."""
    production = workspace.production()
    with workspace.connect() as warehouse:
        warehouse.execute("begin isolation level repeatable read read only")
        for model in models:
            here = sql.Identifier(workspace.schema, model.name)
            yield _difference(warehouse, model, here, production.get(model.name))


def _difference(
    warehouse: psycopg.Connection, model: ModelNode | SeedNode, here: sql.Identifier, relation: str | None
) -> Difference:
    found = Difference(model.name)
    columns = _columns(warehouse, here.as_string())
    known = _columns(warehouse, relation) if relation else {}
    if relation is None or not known:
        found.rows_here = _count(warehouse, here)
        return found
    there = sql.SQL(relation)
    key = [name for name in _key(model) if name in columns and name in known]
    found.removed = [name for name in known if name not in columns]
    shared = [name for name in columns if name in known and name != BATCH]
    mine, theirs = _as_of(here, there, key, BATCH in columns and BATCH in known)
    found.rows_here, found.rows_there = _count(warehouse, mine), _count(warehouse, theirs)
    if BATCH in known and BATCH in columns:
        found.later = _count(warehouse, there) - found.rows_there
    found.added = {name: _values(warehouse, mine, name, columns[name]) for name in columns if name not in known}
    if key:
        _compare_cells(warehouse, found, mine, theirs, key, [name for name in shared if name not in key])
    else:
        _compare_rows(warehouse, found, mine, theirs, shared)
    return found


def _key(model: ModelNode | SeedNode) -> list[str]:
    unique = getattr(model.config, "unique_key", None)
    return [unique] if isinstance(unique, str) else list(unique or getattr(model, "primary_key", None) or ())


def _as_of(
    here: sql.Composable, there: sql.Composable, key: Sequence[str], has_batch: bool
) -> tuple[sql.Composable, sql.Composable]:
    """Both sides as of the batch that the analyst built up to: production goes on taking in new ones."""
    if not (has_batch and key):
        return here, there
    newest = sql.SQL("(select max({}) from {})").format(sql.Identifier(BATCH), here)
    same = sql.SQL(" and ").join(
        sql.SQL("there.{name} = here.{name}").format(name=sql.Identifier(name)) for name in key
    )
    mine = sql.SQL(
        "(select * from {here} as here where not exists"
        " (select from {there} as there where {same} and there.{batch} > {newest}))"
    ).format(here=here, there=there, same=same, batch=sql.Identifier(BATCH), newest=newest)
    theirs = sql.SQL("(select * from {there} as there where there.{batch} <= {newest})").format(
        there=there, batch=sql.Identifier(BATCH), newest=newest
    )
    return mine, theirs


def _compare_cells(
    warehouse: psycopg.Connection,
    found: Difference,
    mine: sql.Composable,
    theirs: sql.Composable,
    key: Sequence[str],
    columns: Sequence[str],
) -> None:
    joined = sql.SQL("{} as here full join {} as there using ({})").format(
        mine, theirs, sql.SQL(", ").join(map(sql.Identifier, key))
    )
    first = sql.Identifier(key[0])
    in_both = sql.SQL("here.{first} is not null and there.{first} is not null").format(first=first)
    # As text: a column may have become another type.
    differs = {
        name: sql.SQL("{both} and here.{name}::text is distinct from there.{name}::text").format(
            both=in_both, name=sql.Identifier(name)
        )
        for name in columns
    }
    counts = [
        sql.SQL("count(*) filter (where {})").format(condition)
        for condition in (
            sql.SQL("there.{} is null").format(first),
            sql.SQL("here.{} is null").format(first),
            *differs.values(),
        )
    ]
    row = warehouse.execute(sql.SQL("select {} from {}").format(sql.SQL(", ").join(counts), joined)).fetchone()
    assert row is not None
    found.only_here, found.only_there, *changed = row
    for name, count in zip(columns, changed, strict=True):
        if count:
            examples = _examples(warehouse, joined, key, name, differs[name])
            found.cells[name] = Cells(count, examples)


def _examples(
    warehouse: psycopg.Connection,
    joined: sql.Composable,
    key: Sequence[str],
    name: str,
    condition: sql.Composable,
) -> list[tuple[dict[str, Any], Any, Any]]:
    keys = sql.SQL(", ").join(map(sql.Identifier, key))
    query = sql.SQL(
        "select {keys}, there.{name} as value_there, here.{name} as value_here from {joined} where {condition}"
        " order by {keys} limit {limit}"
    ).format(keys=keys, name=sql.Identifier(name), joined=joined, condition=condition, limit=sql.Literal(EXAMPLES))
    with warehouse.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query).fetchall()
    return [({part: row[part] for part in key}, row["value_there"], row["value_here"]) for row in rows]


def _compare_rows(
    warehouse: psycopg.Connection,
    found: Difference,
    mine: sql.Composable,
    theirs: sql.Composable,
    columns: Sequence[str],
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    one, other = (sql.SQL("select {} from {} as side").format(names, side) for side in (mine, theirs))
    except_all = sql.SQL("({} except all {})")
    found.only_here = _count(warehouse, except_all.format(one, other))
    found.only_there = _count(warehouse, except_all.format(other, one))


def _columns(warehouse: psycopg.Connection, relation: str) -> dict[str, str]:
    """Column → type; nothing when there is no such table."""
    return dict(
        warehouse.execute(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
            (relation,),
        ).fetchall()
    )


def _values(warehouse: psycopg.Connection, side: sql.Composable, name: str, type_: str) -> str:
    column = sql.Identifier(name)
    ends = sql.SQL("min({0})::text, max({0})::text" if type_.startswith(ORDERED) else "null, null").format(column)
    row = warehouse.execute(sql.SQL("select count({}), {} from {} as side").format(column, ends, side)).fetchone()
    assert row is not None
    count, least, greatest = row
    return f"{count:,} rows have a value" + (f", from {least} to {greatest}" if least is not None else "")


def _count(warehouse: psycopg.Connection, side: sql.Composable) -> int:
    row = warehouse.execute(sql.SQL("select count(*) from {} as side").format(side)).fetchone()
    return int(row[0]) if row else 0
