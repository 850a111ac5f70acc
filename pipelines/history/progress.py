"""Which part of history is proven next, and when each was: table pipeline.proven."""

from dataclasses import dataclass
from datetime import date, datetime

from api.shared.calendar import ONE_DAY
from pipelines.database import Connection
from pipelines.history.part import END, KINDS, Accounts, Days, Kind, Part

# What a part has to prove takes a second or so: a refresh that comes meanwhile waits no longer. An account, or a
# day, is proven as a whole, whatever it holds.
ROWS = 20_000
# Accounts that have no transactions cost something as well.
ROWS_OF_ACCOUNT = 10
MOST_ACCOUNTS = ROWS // ROWS_OF_ACCOUNT


@dataclass(frozen=True)
class Next:
    """Where what was proven longest ago begins (behind `after`), and its place in the order."""

    kind: Kind
    after: str | None
    turn: int


def next_to_prove(bank: Connection) -> Next | None:
    """What was proven longest ago; None before the first publication."""
    row = bank.execute(
        "select kind, (select max(b.last_key) from pipeline.proven as b where b.kind = p.kind "
        "and b.last_key < p.last_key), turn from pipeline.proven as p order by turn limit 1"
    ).fetchone()
    return Next(*row) if row else None


def part_after(warehouse: Connection, kind: Kind, after: str | None) -> Part:
    """The part that begins behind `after`, of about ROWS transactions. `warehouse` needs the proofs' calendar."""
    rows = ROWS
    if kind == "accounts":
        return Accounts(after, _last_account(warehouse, after, rows))
    first = date.fromisoformat(after) if after else None
    return Days(first, _last_day(warehouse, first, rows))


def _last_account(warehouse: Connection, after: str | None, rows: int) -> str:
    found = warehouse.execute(
        "select id::text, last_sequence from raw.account where %(after)s::uuid is null or id > %(after)s::uuid "
        "order by id limit %(most)s",
        {"after": after, "most": MOST_ACCOUNTS},
    ).fetchall()
    weight, last = 0, None
    for account, count in found:
        weight += count + ROWS_OF_ACCOUNT
        if last is not None and weight > rows:
            return str(last)
        last = account
    return str(last) if len(found) == MOST_ACCOUNTS else END["accounts"]


def _last_day(warehouse: Connection, after: date | None, rows: int) -> date:
    first = after + ONE_DAY if after else date.min
    row = warehouse.execute(
        "select pg_temp.day_of(at), pg_temp.day_of((select min(at) from raw.transaction where at >= {start})) "
        "from raw.transaction where at >= {start} order by at offset %(rows)s limit 1".format(
            start="(case when %(after)s::date is null then '-infinity' else pg_temp.day_start(%(first)s) end)"
        ).encode(),
        {"after": after, "first": first, "rows": rows},
    ).fetchone()
    if row is None:
        return date.max
    # Whole days: those before the one in which the last row lies, or that day where it is the first.
    day, begin = row
    return max(day - ONE_DAY, begin)


def note(bank: Connection, part: Part) -> None:
    """Note that a part is proven now."""
    kind, last_key = part.key
    after = str(part.after) if part.after else ""
    with bank.transaction():
        bank.execute(
            "delete from pipeline.proven where kind = %s and last_key > %s and last_key <= %s",
            (kind, after, last_key),
        )
        bank.execute("insert into pipeline.proven (kind, last_key) values (%s, %s)", (kind, last_key))


def note_everything(bank: Connection) -> None:
    """Note that all of history is proven now."""
    bank.execute("delete from pipeline.proven")
    for kind in KINDS:
        bank.execute("insert into pipeline.proven (kind, last_key) values (%s, %s)", (kind, END[kind]))


def oldest_proof_at(bank: Connection) -> datetime | None:
    """Since when every row has been proven at least once; None before the first publication."""
    row = bank.execute("select min(proven_at) from pipeline.proven").fetchone()
    return row[0] if row else None
