"""The figures that are published: which columns of the marts they are."""

from api.shared.calendar import Period
from pipelines.database import Connection

BANK_DAILY = "bank_daily"
BANK_DAILY_KEYS = ("date", "currency", "batch_id")


def mart_of(period: Period) -> str:
    """The mart with the accounts' statistics by this period."""
    return f"stats_{period}"


def figures(warehouse: Connection, mart: str) -> dict[str, str]:
    """A mart's published figures, column → type, in their order.

    Of the accounts' statistics those in the catalogue, of the bank's days every column that is no key.
    """
    if mart == BANK_DAILY:
        return {name: type_ for name, type_ in _columns(warehouse, mart).items() if name not in BANK_DAILY_KEYS}
    types = _columns(warehouse, mart)
    (period,) = (period for period in Period if mart_of(period) == mart)
    names = warehouse.execute(
        "select name from marts.metric_catalog where %s = any (periods) order by position", (period,)
    ).fetchall()
    return {name: types[name] for (name,) in names}


def _columns(warehouse: Connection, mart: str) -> dict[str, str]:
    return dict(
        warehouse.execute(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
            (f"marts.{mart}",),
        ).fetchall()
    )
