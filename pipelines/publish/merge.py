"""Bring one mart's rows into the table that readers read, within the publication's transaction.

Each function streams the rows above a batch into a temporary table and merges them; with `is_whole` (every row was
streamed) it also removes what the mart no longer has. Rows that say the same as before are left alone. They give
the number of rows written or removed.
"""

from psycopg import sql

from pipelines.database import Connection, stream

TYPES = {"daily": "stats_daily", "weekly": "stats_weekly", "monthly": "stats_monthly"}


def merge_statistics(
    warehouse: Connection,
    bank: Connection,
    type_: str,
    metrics: list[str],
    since: int,
    publication_id: int,
    *,
    is_whole: bool,
) -> int:
    """The rows of one period type; `metrics` are the mart's columns that are statistics."""
    _make_incoming(
        bank, "account_id uuid, type text, period_start date, period_end date, metrics jsonb, basis jsonb"
    )
    query = sql.SQL(
        "select m.account_id, {type}::text, m.period_start, m.period_end, "
        "to_jsonb((select c from (select {metrics}) as c)), "
        "jsonb_build_object('last_transaction_at', m.last_transaction_at, "
        "'balance_integral', m.balance_integral::text, 'daily_balance_sum', m.daily_balance_sum::text) "
        "from {mart} as m where m.batch_id > {since}"
    ).format(
        type=sql.Literal(type_),
        metrics=sql.SQL(", ").join(sql.Identifier("m", name) for name in metrics),
        mart=sql.Identifier("marts", TYPES[type_]),
        since=sql.Literal(since),
    )
    stream(warehouse, query, bank, sql.SQL("incoming"))
    bank.execute("analyze incoming")
    written = bank.execute(
        "insert into stats.stats as s "
        "(account_id, type, period_start, period_end, metrics, basis, publication_id) "
        "select account_id, type, period_start, period_end, metrics, basis, %s from incoming "
        "on conflict (account_id, type, period_start) do update set period_end = excluded.period_end, "
        "metrics = excluded.metrics, basis = excluded.basis, publication_id = excluded.publication_id "
        "where (s.period_end, s.metrics, s.basis) is distinct from "
        "(excluded.period_end, excluded.metrics, excluded.basis)",
        (publication_id,),
    ).rowcount
    if is_whole:
        written += bank.execute(
            "delete from stats.stats as s where s.type = %s and not exists (select from incoming as i "
            "where i.account_id = s.account_id and i.period_start = s.period_start)",
            (type_,),
        ).rowcount
    return written


def merge_accounts(
    warehouse: Connection, bank: Connection, since: int, publication_id: int, *, is_whole: bool
) -> int:
    """The accounts that statistics exist for."""
    _make_incoming(bank, "account_id uuid, type text, currency text, opened_at timestamptz, closed_at timestamptz")
    query = sql.SQL(
        "select account_id, type, currency, opened_at, closed_at from marts.accounts where batch_id > {}"
    ).format(sql.Literal(since))
    stream(warehouse, query, bank, sql.SQL("incoming"))
    written = bank.execute(
        "insert into stats.account as a (account_id, type, currency, opened_at, closed_at, publication_id) "
        "select account_id, type, currency, opened_at, closed_at, %s from incoming "
        "on conflict (account_id) do update set type = excluded.type, currency = excluded.currency, "
        "opened_at = excluded.opened_at, closed_at = excluded.closed_at, publication_id = excluded.publication_id "
        "where (a.type, a.currency, a.opened_at, a.closed_at) is distinct from "
        "(excluded.type, excluded.currency, excluded.opened_at, excluded.closed_at)",
        (publication_id,),
    ).rowcount
    if is_whole:
        written += bank.execute(
            "delete from stats.account as a where not exists "
            "(select from incoming as i where i.account_id = a.account_id)"
        ).rowcount
    return written


def merge_metrics(warehouse: Connection, bank: Connection) -> int:
    """The catalogue, always as a whole."""
    columns = ("name", "label", "definition", "unit", "idle_rule", "version", "position", "periods")
    _make_incoming(
        bank,
        "name text, label text, definition text, unit text, idle_rule text, version int, "
        "position int, periods text[]",
    )
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    stream(warehouse, sql.SQL("select {} from marts.metric_catalog").format(names), bank, sql.SQL("incoming"))
    changed = "(m.*) is distinct from (excluded.*)"
    written = bank.execute(
        sql.SQL(
            "insert into stats.metric as m ({names}) select {names} from incoming "
            "on conflict (name) do update set ({names}) = row({excluded}) where " + changed
        ).format(
            names=names,
            excluded=sql.SQL(", ").join(sql.Identifier("excluded", column) for column in columns),
        )
    ).rowcount
    return (
        written + bank.execute("delete from stats.metric where name not in (select name from incoming)").rowcount
    )


def merge_bank_daily(warehouse: Connection, bank: Connection, since: int, *, is_whole: bool) -> int:
    """The bank as a whole by day and currency: every column of the mart that is no key is a figure."""
    _make_incoming(bank, "date date, currency text, metrics jsonb")
    query = sql.SQL(
        "select date, currency, to_jsonb(m) - array['date', 'currency', 'batch_id'] "
        "from marts.bank_daily as m where batch_id > {}"
    ).format(sql.Literal(since))
    stream(warehouse, query, bank, sql.SQL("incoming"))
    written = bank.execute(
        "insert into stats.bank_daily as b (date, currency, metrics) select date, currency, metrics from incoming "
        "on conflict (date, currency) do update set metrics = excluded.metrics "
        "where b.metrics is distinct from excluded.metrics"
    ).rowcount
    if is_whole:
        written += bank.execute(
            "delete from stats.bank_daily as b where not exists "
            "(select from incoming as i where i.date = b.date and i.currency = b.currency)"
        ).rowcount
    return written


def _make_incoming(bank: Connection, columns: str) -> None:
    bank.execute("drop table if exists pg_temp.incoming")
    bank.execute(f"create temporary table incoming ({columns}) on commit drop")
