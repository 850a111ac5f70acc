"""The whole bank for end-to-end tests: started once, in a folder of its own on free ports; ends after the last."""

import os
from collections.abc import Iterator

import pytest

from tests.running_bank import RunningBank, running_bank

Bank = RunningBank
# `make test-cloud` sends the same calls to the archives for AWS Lambda.
REFUSED_BY_API_GATEWAY = {"message": "Unauthorized"}
FORM = ("--cloud",) if os.environ.get("TIDEMARK_TEST_GATEWAY_FORM") == "cloud" else ()


@pytest.fixture(scope="package")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    """A running bank: `.gateway`, `.app`, `.dagster`, `.home`, and `.tidemark(*arguments, stdin=…)`.

    When the tests are through it is asked to end, and must leave no process behind.
    """
    with running_bank(tmp_path_factory.mktemp("e2e") / "bank", *FORM) as bank:
        yield bank
