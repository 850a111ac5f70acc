"""The dbt project as a document: no warnings, everything described, the catalogue as designed."""

import re

import psycopg
import pytest
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode, Macro, ModelNode

from tests.oracle import METRICS
from tests.warehouse.dbt import Dbt
from tests.warehouse.marts import rows

pytestmark = pytest.mark.slow

IDLE_RULES = {
    **dict.fromkeys(("opening_balance", "closing_balance", "min_balance", "max_balance"), "carry"),
    **dict.fromkeys(("inflow", "outflow", "net_change", "active_days", "counterparty_count"), "zero"),
    **dict.fromkeys(("transaction_count", "inflow_count", "outflow_count"), "zero"),
    **dict.fromkeys(("largest_transaction", "largest_inflow", "largest_outflow"), "none"),
    "average_balance": "time_average",
    "average_daily_balance": "day_average",
}
COUNTS = {"transaction_count", "inflow_count", "outflow_count", "counterparty_count"}


@pytest.fixture(scope="module")
def manifest(dbt: Dbt) -> Manifest:
    """The project, parsed with every warning an error."""
    return dbt.manifest


@pytest.fixture(scope="module")
def built(warehouse: psycopg.Connection, dbt: Dbt) -> None:
    dbt("run")


def models(manifest: Manifest) -> list[ModelNode]:
    return [node for node in manifest.nodes.values() if isinstance(node, ModelNode)]


class TestDocuments:
    def test_it_parses_without_a_warning(self, manifest: Manifest) -> None:
        assert len(models(manifest)) == 11

    def test_every_model_and_column_is_described(self, manifest: Manifest) -> None:
        empty = [model.name for model in models(manifest) if not model.description]
        empty += [f"{m.name}.{c.name}" for m in models(manifest) for c in m.columns.values() if not c.description]
        empty += [
            f"{s.name}.{c.name}"
            for s in manifest.sources.values()
            for c in s.columns.values()
            if not c.description
        ]
        assert empty == []

    @pytest.mark.usefixtures("built")
    def test_the_described_columns_are_those_there(
        self, manifest: Manifest, warehouse: psycopg.Connection
    ) -> None:
        found = warehouse.execute(
            "select table_name, array_agg(column_name::text) from information_schema.columns"
            " where table_schema in ('staging', 'intermediate', 'marts') group by table_name"
        ).fetchall()
        assert {name: set(columns) for name, columns in found} == {
            m.name: set(m.columns) for m in models(manifest)
        }

    def test_every_column_of_the_sources_is_described(
        self, manifest: Manifest, warehouse: psycopg.Connection
    ) -> None:
        described = {s.identifier: set(s.columns) for s in manifest.sources.values()}
        found = warehouse.execute(
            "select table_name, array_agg(column_name::text) from information_schema.columns"
            " where table_schema = 'raw' group by table_name"
        ).fetchall()
        assert set(described) == {name for name, _ in found}
        assert [(name, c) for name, columns in found for c in columns if c not in described[name]] == []

    def test_every_model_has_an_owner_and_only_marts_are_public(self, manifest: Manifest) -> None:
        assert manifest.groups["group.tidemark.statistics"].owner.email
        assert {model.group for model in models(manifest)} == {"statistics"}
        public = {model.name for model in models(manifest) if model.access == "public"}
        assert public == {model.name for model in models(manifest) if model.fqn[1] == "marts"}

    def test_every_mart_has_an_enforced_contract_and_a_data_test(self, manifest: Manifest) -> None:
        marts = [model for model in models(manifest) if model.fqn[1] == "marts"]
        assert len(marts) == 6
        assert [mart.name for mart in marts if not mart.contract.enforced] == []
        tested = {node.attached_node for node in manifest.nodes.values() if isinstance(node, GenericTestNode)}
        assert {mart.unique_id for mart in marts} <= tested

    def test_what_has_a_window_or_a_case_has_a_unit_test(self, manifest: Manifest) -> None:
        def sql(node: ModelNode | Macro) -> str:
            own = node.raw_code if isinstance(node, ModelNode) else node.macro_sql
            macros = [manifest.macros[used] for used in node.depends_on.macros]
            return own + "".join(sql(macro) for macro in macros if macro.package_name == "tidemark")

        intricate = {m.name for m in models(manifest) if re.search(r"\bcase\b|\bover \w", sql(m))}
        assert {"int_accounts_dated", "stats_daily"} <= intricate
        assert intricate <= {test.model for test in manifest.unit_tests.values()}

    def test_the_exposures_name_every_mart(self, manifest: Manifest) -> None:
        marts = {model.unique_id for model in models(manifest) if model.fqn[1] == "marts"}
        assert {name: set(e.depends_on.nodes) for name, e in manifest.exposures.items()} == {
            "exposure.tidemark.stats_api": marts,
            "exposure.tidemark.customer_app": marts,
        }


@pytest.mark.usefixtures("built")
class TestBuiltProject:
    def test_the_catalogue_is_the_designs_list(self, warehouse: psycopg.Connection) -> None:
        catalogue = sorted(rows(warehouse, "metric_catalog"), key=lambda row: row["position"])
        assert tuple(row["name"] for row in catalogue) == METRICS
        assert [row["position"] for row in catalogue] == list(range(1, 18))
        assert {row["name"]: row["idle_rule"] for row in catalogue} == IDLE_RULES
        for row in catalogue:
            unit = "count" if row["name"] in COUNTS else "days" if row["name"] == "active_days" else "minor_units"
            assert (row["unit"], row["version"]) == (unit, 1)
            assert row["periods"] == ["daily", "weekly", "monthly"]
            assert row["label"]
            assert row["definition"].endswith(".")
            assert row["plain"].endswith(".")
            assert row["plain"] != row["definition"]

    def test_the_catalogue_is_tested_column_by_column(self, warehouse: psycopg.Connection, dbt: Dbt) -> None:
        test = dbt.compiled("says_what_is_described_metric_catalog_", "UTC")
        assert warehouse.execute(test).fetchall() == []
        columns = rows(warehouse, "metric_catalog")[0]
        for column, value in columns.items():
            more = "+ 1" if isinstance(value, int) else "|| array['x']" if isinstance(value, list) else "|| 'x'"
            with warehouse.transaction(force_rollback=True):
                warehouse.execute(f"update marts.metric_catalog set {column} = {column} {more} where position = 7")
                assert len(warehouse.execute(test).fetchall()) == 2, column
            with warehouse.transaction(force_rollback=True):
                warehouse.execute("delete from marts.metric_catalog where position = 7")
                assert len(warehouse.execute(test).fetchall()) == 1

    def test_its_unit_tests_pass(self, dbt: Dbt) -> None:
        outcome = dbt("test", "--select", "test_type:unit")
        assert len(outcome) == 9
        assert set(outcome.values()) == {"pass"}

    def test_the_sources_are_fresh_after_an_extract(self, warehouse: psycopg.Connection, dbt: Dbt) -> None:
        warehouse.execute(
            "insert into raw.batch (snapshot, receipt, complete_through, extracted_at, transaction_rows,"
            " account_rows, source_totals, source_accounts, source_transactions)"
            " values ('1:1:', gen_random_uuid(), now(), now(), 0, 0, '{}', 0, 0)"
        )
        outcome = getattr(dbt.attempt("source freshness").result, "results", [])
        assert [str(result.status) for result in outcome if result.node.resource_type == "source"] == ["pass"]
