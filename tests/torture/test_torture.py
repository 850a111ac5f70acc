"""A small torture on each run of the tests, and that its verdict can be a bad one."""

from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import msgspec
import pytest

from infra.local.bank import Bank
from tests.running_bank import RunningBank, running_bank
from tests.torture.evidence import Discrepancy, Evidence
from tests.torture.kills import kinds
from tests.torture.run import Outcome, Plan, torture

pytestmark = pytest.mark.slow
PLAN = Plan(operations=2_500, seconds=120, seed=1, kills=6, customers=3, clients=6)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("torture") / "bank", "--no-ui", "--no-pipeline") as bank:
        yield bank


@pytest.fixture(scope="module")
def outcome(bank: RunningBank) -> Outcome:
    return torture(bank, PLAN, lambda _: None)


class TestTorture:
    def test_everything_is_accounted_for(self, outcome: Outcome) -> None:
        assert outcome.evidence.operations == PLAN.operations
        assert outcome.evidence.posted
        assert outcome.evidence.refused
        killed = Counter(kill.kind for kill in outcome.kills)
        assert min(killed["service"], killed["postgres"]) >= 2

    def test_no_service_saw_an_unexpected_error(self, bank: RunningBank, outcome: Outcome) -> None:
        logs = "".join(log.read_text() for log in (bank.home / "logs").glob("accounts-*.log"))
        assert '"status":201' in logs
        assert '"status":500' not in logs


class TestVerdict:
    """Evidence that differs from the ledger in one place is found out."""

    @pytest.fixture
    def url(self, bank: RunningBank) -> str:
        return Bank.running(bank.home).database_url("accounts_owner")

    @pytest.fixture
    def evidence(self, outcome: Outcome) -> Evidence:
        forged = Evidence()
        forged.posted = dict(outcome.evidence.posted)
        forged.refused = dict(outcome.evidence.refused)
        return forged

    def test_something_acknowledged_is_missing(self, evidence: Evidence, url: str) -> None:
        evidence.posted["forged"] = next(iter(evidence.posted.values()))
        with pytest.raises(Discrepancy, match="forged was acknowledged, but is not in the ledger"):
            evidence.check(url)

    def test_something_refused_is_there(self, evidence: Evidence, url: str) -> None:
        evidence.refused[next(iter(evidence.posted))] = "insufficient_funds"
        with pytest.raises(Discrepancy, match="is in the ledger, but was refused"):
            evidence.check(url)

    def test_something_unexplained_is_there(self, evidence: Evidence, url: str) -> None:
        del evidence.posted[next(iter(evidence.posted))]
        with pytest.raises(Discrepancy, match="nobody was told"):
            evidence.check(url)

    @pytest.mark.parametrize("change", [{"amount": 1_000_000}, {"transfer_id": uuid4()}, {"balance_after": -1}])
    def test_something_is_there_otherwise(self, evidence: Evidence, url: str, change: dict[str, object]) -> None:
        memo, (user_id, posted) = next(iter(evidence.posted.items()))
        evidence.posted[memo] = (user_id, msgspec.structs.replace(posted, **change))
        with pytest.raises(Discrepancy, match="was acknowledged as"):
            evidence.check(url)


def test_kills_are_the_same_for_the_same_seed_and_of_every_kind() -> None:
    assert list(kinds(60, 1)) == list(kinds(60, 1)) != list(kinds(60, 2))
    assert Counter(kinds(60, 1))["postgres"] == Counter(kinds(60, 1))["service"] == 20
