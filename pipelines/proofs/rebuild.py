"""Which figures only the models count, and how their rows are made anew to be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from psycopg import sql

from api.shared.calendar import Period
from pipelines.database import Connection
from pipelines.figures import BANK_DAILY, figures, mart_of
from pipelines.proofs.catalogue import COUNTED_TWICE, LEFT_WHEN_RESTATED, REBUILD
from pipelines.proofs.proof import ProofResult, Scope
from pipelines.transform.project import Project
from pipelines.transform.results import Target

KEYS = {**{mart_of(period): ("account_id", "period_start") for period in Period}, BANK_DAILY: ("date", "currency")}


def prove(warehouse: Connection, warehouse_url: str, project: Project, scope: Scope) -> ProofResult:
    """Make the rows of the scope anew, by the models as they are, and compare what nothing else proves.

    Without such figures it costs nothing.
    """
    words = variants(warehouse, warehouse_url, project, scope, above=scope.since or None)
    return replace(REBUILD, variants=words).prove(warehouse, asdict(scope))


def variants(
    warehouse: Connection, warehouse_url: str, project: Project, scope: Scope, above: int | None
) -> list[Mapping[str, str]]:
    """The words of rebuild.sql for each mart with such figures; `above` as in `rebuilding`."""
    columns = {mart: names for mart in KEYS if (names := _not_counted_twice(warehouse, mart))}
    if not columns:
        return []
    # dbt takes a second to import.
    from pipelines.transform.service import rebuilding

    target = Target(scope.batch_id, scope.since, scope.time_zone)
    queries = rebuilding(project, warehouse_url, target, columns, above=above)
    return [_words(warehouse, mart, names, queries[mart]) for mart, names in columns.items()]


def is_of_these_models(warehouse_url: str, project: Project, scope: Scope) -> bool:
    """Whether the marts' rows were made by the models as they are now."""
    from pipelines.transform.service import changed_models

    return not changed_models(project, warehouse_url, Target(scope.batch_id, scope.since, scope.time_zone))


def _not_counted_twice(warehouse: Connection, mart: str) -> list[str]:
    rows = warehouse.execute(
        "select name from marts.metric_catalog where version > 1 and name = any (%s)", (list(LEFT_WHEN_RESTATED),)
    )
    known = COUNTED_TWICE[mart] - {name for (name,) in rows}
    return [name for name in figures(warehouse, mart) if name not in known]


def _words(warehouse: Connection, mart: str, columns: Sequence[str], rebuilt: str) -> Mapping[str, str]:
    keys = KEYS[mart]
    return {
        "mart": mart,
        "account_id": "null::uuid" if mart == BANK_DAILY else "account_id",
        "keys": ", ".join(keys),
        "place": ", ".join(key for key in keys if key != "account_id"),
        "columns": sql.SQL(", ").join(sql.Identifier("m", name) for name in columns).as_string(warehouse),
        # The proof's own parameters are written %(…)s.
        "rebuilt": rebuilt.replace("%", "%%"),
    }
