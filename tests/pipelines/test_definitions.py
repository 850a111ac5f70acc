"""The whole pipeline through Dagster, on a small ledger."""

from tests.pipelines.conftest import Pipeline
from tests.pipelines.ledger import later


class TestRefresh:
    def test_publishes_what_the_ledger_holds(self, pipeline: Pipeline) -> None:
        ledger = pipeline.bank.ledger
        one, two = ledger.open_account(), ledger.open_account()
        ledger.deposit(one, 10_000, at=later(hours=1))
        ledger.transfer(one, two, 2_500, at=later(days=1))

        assert pipeline.run().success

        rows = pipeline.bank.published(
            "select type, period_start::text, metrics from stats.stats order by account_id, type, period_start"
        )
        assert len(rows) == 7
        assert pipeline.bank.published("select count(*), min(batch_id) from stats.publication") == [(1, 1)]
        assert pipeline.bank.published("select kind, outcome, error from stats.run") == [
            ("refresh", "published", None)
        ]
