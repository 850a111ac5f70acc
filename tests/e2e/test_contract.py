"""The services keep to their OpenAPI documents: whatever is sent, the answer is one that is written there."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Bank
from tests.fuzz.contract import CALLERS, Contract
from tests.fuzz.operations import PATHS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def contract(bank: Bank) -> Contract:
    return Contract.prepare(bank)


@pytest.mark.parametrize("service", PATHS)
@pytest.mark.parametrize("caller", CALLERS)
class TestEveryAnswerIsDocumented:
    def test_to(self, contract: Contract, tmp_path: Path, service: str, caller: str) -> None:
        result = contract.follow(service, caller, tmp_path, examples=5, seed=1)
        assert result.requests
        assert result.is_kept, result.report
        if caller != "anonymous":
            contract.caller(caller).done("GET", "/user/me", 200)
