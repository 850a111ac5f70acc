"""What readers have, brought beside the marts so that the two can be compared."""

from psycopg import sql

from api.shared.calendar import Period
from pipelines.database import Connection, stream
from pipelines.figures import mart_of
from pipelines.proofs import damage
from pipelines.proofs.catalogue import PUBLISHED_STATISTICS
from pipelines.proofs.damage import PERIOD
from pipelines.proofs.proof import Scope


def bring(bank: Connection, warehouse: Connection, scope: Scope) -> None:
    """Make temporary tables `published` (account_id, type, period_start, metrics) and `published_account`.

    They hold what was final at the last publication: of the rows written since, or of all when everything is
    to be proven. So the cost of the usual run follows what it touched.
    """
    warehouse.execute(
        "create temporary table published (account_id uuid, type text, period_start date, metrics jsonb)"
    )
    warehouse.execute("create temporary table published_account (account_id uuid)")
    rows: sql.Composable = sql.SQL("select s.account_id, s.type, s.period_start, s.metrics from stats.stats as s")
    accounts: sql.Composable = sql.SQL("select a.account_id from stats.account as a")
    if scope.since == 0:
        rows = rows + sql.SQL(" where s.period_end <= {}").format(sql.Literal(scope.final_date))
    else:
        _send_keys(bank, warehouse, scope)
        rows = rows + sql.SQL(" inner join proof_key using (account_id, type, period_start)")
        accounts = accounts + sql.SQL(" where a.account_id in (select k.account_id from proof_key as k)")
    stream(bank, rows, warehouse, sql.SQL("published"))
    _put_right(bank, warehouse, scope)
    stream(bank, accounts, warehouse, sql.SQL("published_account"))
    warehouse.execute("analyze published")
    warehouse.execute("analyze published_account")


def _put_right(bank: Connection, warehouse: Connection, scope: Scope) -> None:
    """Where readers' copy of a figure is known to be damaged, take what the marts said when that was found."""
    for each in damage.known(bank):
        period = PERIOD.fullmatch(each.place)
        if each.proof != PUBLISHED_STATISTICS.name or period is None:
            continue
        words = {"account": each.account, "type": period[1], "start": period[2], "said": each.expected}
        warehouse.execute(
            "delete from published where account_id = %(account)s and type = %(type)s "
            "and period_start = %(start)s::date",
            words,
        )
        warehouse.execute(
            sql.SQL(
                "insert into published select account_id, %(type)s, period_start, %(said)s::jsonb -> 'metrics' "
                "from {} where account_id = %(account)s and period_start = %(start)s::date "
                "and batch_id > %(since)s and period_end <= %(final)s and %(said)s::text is not null"
            ).format(sql.Identifier("marts", f"stats_{period[1]}")),
            {**words, "since": scope.since, "final": scope.final_date},
        )


def comparison(bank: Connection, warehouse: Connection, type_: str) -> dict[str, str]:
    """The words that finality.sql wants for a type of period: which columns to compare, which published to leave.

    A metric of a higher version may differ; one that is gone can't be compared, nor one that is new.
    """
    query = "select name, version from {} where %s = any (periods)"
    before: dict[str, int] = dict(bank.execute(query.format("stats.metric"), (type_,)).fetchall())
    now: dict[str, int] = dict(warehouse.execute(query.format("marts.metric_catalog"), (type_,)).fetchall())
    same = sorted(name for name, version in before.items() if name in now and now[name] <= version)
    columns = sql.SQL(", ").join(sql.Identifier("m", name) for name in same)
    left = bank.execute("select array_agg(name) from stats.metric where name <> all (%s)", (same,)).fetchone()
    return {
        "type": type_,
        "columns": columns.as_string(warehouse),
        "left_out": sql.Literal(left[0] if left and left[0] else []).as_string(warehouse),
    }


def _send_keys(bank: Connection, warehouse: Connection, scope: Scope) -> None:
    bank.execute("create temporary table proof_key (account_id uuid, type text, period_start date)")
    keys = sql.SQL(" union all ").join(
        sql.SQL(
            "select account_id, {type}::text, period_start from {mart} "
            "where batch_id > {since} and period_end <= {final}"
        ).format(
            type=sql.Literal(str(period)),
            mart=sql.Identifier("marts", mart_of(period)),
            since=sql.Literal(scope.since),
            final=sql.Literal(scope.final_date),
        )
        for period in Period
    )
    stream(warehouse, keys, bank, sql.SQL("proof_key"))
    bank.execute("analyze proof_key")
