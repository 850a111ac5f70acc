"""dbt's connections are kept while a build lasts, and no longer."""

import pytest
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt_common.behavior_flags import BehaviorFlag, BehaviorFlagRendered

from pipelines.transform.connections import KeptConnections, kept
from tests.pipelines.conftest import Bank
from tests.pipelines.ledger import later
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow


class TestKept:
    def test_a_build_opens_a_few_for_all_models_and_tests(
        self, bank: Bank, steps: Steps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank.ledger.deposit(bank.ledger.open_account(), 5, at=later(hours=1))
        steps.extract()
        opened: list[str] = []
        original = PostgresConnectionManager.retry_connection.__func__  # type: ignore[attr-defined]

        def counted(cls: type, connection: object, *arguments: object, **options: object) -> object:
            opened.append(str(connection))
            return original(cls, connection, *arguments, **options)

        monkeypatch.setattr(PostgresConnectionManager, "retry_connection", classmethod(counted))
        results = steps.build()
        assert len(results) > 20
        assert 0 < len(opened) < 10
        assert KeptConnections.idle == []
        assert PostgresAdapter.ConnectionManager is PostgresConnectionManager

    def test_a_flag_does_not_look_for_who_asks(self) -> None:
        flag = BehaviorFlag(name="new", default=False, docs_url="https://example.com")
        with kept():
            assert BehaviorFlagRendered(flag, {})._behavior_change_event.flag_source == "dbt"
        assert BehaviorFlagRendered(flag, {})._behavior_change_event.flag_source != "dbt"
