"""Whoever's step fails learns what was done, what was not, and what to do."""

import pytest
from botocore.exceptions import ClientError

from infra.aws.deploy.steps import Step, carry_out
from infra.local.errors import LocalError


def failing(error: BaseException) -> Step:
    def fail() -> None:
        raise error

    return Step("second", fail, "Mend it.")


class TestCarryOut:
    def test_each_is_told_and_done_in_order(self) -> None:
        told: list[str] = []
        carry_out([Step(name, lambda: None, "") for name in ("first", "second")], told.append)
        assert told == ["[1/2] first", "[2/2] second"]

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (LocalError("no luck"), "no luck"),
            (KeyboardInterrupt(), "interrupted"),
            (ClientError({"Error": {"Code": "AccessDenied", "Message": "You may not"}}, "RunTask"), "You may not"),
        ],
    )
    def test_a_failure_says_what_was_done_and_what_was_not(self, error: BaseException, reason: str) -> None:
        done: list[str] = []
        steps = [
            Step("first", lambda: done.append("first"), ""),
            failing(error),
            Step("third", lambda: done.append("third"), ""),
        ]
        with pytest.raises(LocalError) as refused:
            carry_out(steps, lambda _: None)
        first, *lines = str(refused.value).splitlines()
        assert first.startswith("second: ")
        assert reason in first
        assert lines == ["  Done: first.", "  Not done: second, third.", "  Next: Mend it."]
        assert done == ["first"]
