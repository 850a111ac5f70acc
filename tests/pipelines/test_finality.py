"""What is final stays: movements that claim an earlier time reach no reader."""

from pathlib import Path

import pytest

from tests.pipelines.conftest import Bank
from tests.pipelines.ledger import later
from tests.pipelines.steps import Steps

pytestmark = pytest.mark.slow

PUBLISHED = "select * from stats.stats order by id"


class TestLateData:
    @pytest.fixture
    def steps(self, bank: Bank, dbt_target: Path) -> Steps:
        """An account with two days in a week that is long over, published."""
        steps = Steps(bank.databases, dbt_target)
        account = bank.ledger.open_account()
        for day in range(2):
            bank.ledger.deposit(account, 1_000, at=later(days=day))
        steps.refresh()
        return steps

    def test_movement_of_a_closed_period_is_refused_and_one_of_an_unknown_account_is_history(
        self, bank: Bank, steps: Steps
    ) -> None:
        before = bank.published(PUBLISHED)
        imported = bank.ledger.open_account()
        bank.ledger.deposit(imported, 7, at=later(days=1))
        steps.refresh()
        with_history = bank.published(PUBLISHED)
        assert with_history[: len(before)] == before
        assert len(with_history) == len(before) + 3

        # An earlier time than complete_through, which the ledger itself would not let pass.
        account = bank.raw("select id from raw.account where total = 2000")[0][0]
        bank.ledger.deposit(account, 5, at=later(days=1, hours=1))  # type: ignore[arg-type]
        bank.ledger.deposit(account, 5, at=later(days=40))  # type: ignore[arg-type]
        steps.extract()
        steps.build()
        for everything in (False, True):
            failed = {name for name, result in steps.prove(everything=everything).items() if not result.passed}
            assert failed == {"finality"}
        finality = steps.prove()["finality"]
        assert [(failure["account"], failure["place"]) for failure in finality.failures] == [
            (str(account), place)
            for place in (
                *("daily 2024-03-05", "daily 2024-04-13", "weekly 2024-03-04", "weekly 2024-04-08"),
                *("monthly 2024-03-01", "monthly 2024-04-01"),
            )
        ]
        assert bank.published(PUBLISHED) == with_history
