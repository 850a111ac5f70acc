"""Property: built batch by batch, the marts say what the oracle and DuckDB say; a full rebuild says the same."""

import psycopg
import pytest
from hypothesis import given, settings

from tests.warehouse.batch_by_batch import built_batch_by_batch_is_right, few
from tests.warehouse.dbt import Dbt
from tests.warehouse.histories import History, histories

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class TestRandomHistories:
    @settings(few, max_examples=5)
    @given(history=histories())
    def test_batch_by_batch_and_rebuilt(self, history: History, warehouse: psycopg.Connection, dbt: Dbt) -> None:
        built_batch_by_batch_is_right(history, warehouse, dbt)
