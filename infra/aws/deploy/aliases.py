"""All services move to other versions, or none does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.deploy.cloud import Alias, Tell
from infra.local.errors import LocalError

# What is written at an alias, so that a rollback knows where to.
BEFORE = re.compile(r"before it (\d+)$")


class Functions(Protocol):
    """What `Cloud` does for this."""

    def alias(self, function: str, name: str) -> Alias: ...
    def point(self, function: str, name: str, alias: Alias) -> None: ...
    def check_health(self, function: str, qualifier: str, path: str) -> None: ...


@dataclass(frozen=True)
class Move:
    """A service's alias, the version that it shall point to, and where the service tells of its health."""

    function: str
    alias: str
    version: str
    health_path: str


def move(moves: Sequence[Move], functions: Functions, tell: Tell) -> None:
    """Let every alias point to its version, and ask each for its health.

    A version is asked before a customer's call reaches it, and again by its alias. When one is not healthy, or
    anything else goes wrong, all aliases point to where they did before. Raises LocalError, which says so.
    """
    before = {each.function: functions.alias(each.function, each.alias) for each in moves}
    for each in moves:
        functions.check_health(each.function, each.version, each.health_path)
        tell(f"  {each.function}: version {each.version} is healthy")
    if all(before[each.function].version == each.version for each in moves):
        tell("  all aliases point there already")
        return
    moved: list[Move] = []
    try:
        for each in moves:
            # Before the call: its reply may be lost.
            moved.append(each)
            last = before[each.function].version
            new = Alias(each.version, f"version {each.version}, before it {last}")
            functions.point(each.function, each.alias, new)
            functions.check_health(each.function, each.alias, each.health_path)
            tell(f"  {each.function}: {each.alias} points to version {each.version}, before it {last}")
    except BaseException as error:
        _back(moved, before, functions, tell, error)
        raise


def _back(
    moved: Sequence[Move], before: dict[str, Alias], functions: Functions, tell: Tell, error: BaseException
) -> None:
    """Raises LocalError when an alias could not be brought back; the others are."""
    stuck = []
    for each in reversed(moved):
        last = before[each.function]
        try:
            functions.point(each.function, each.alias, last)
            tell(f"  {each.function}: {each.alias} points to version {last.version} again")
        except (BotoCoreError, ClientError, KeyboardInterrupt) as failed:
            tell(f"  {each.function}: {each.alias} could not be brought back: {failed!r}")
            stuck.append(
                f"aws lambda update-alias --function-name {each.function} --name {each.alias} "
                f"--function-version {last.version}"
            )
    if stuck:
        raise LocalError(
            f"{error or 'Interrupted.'} NOT EVERY ALIAS COULD BE BROUGHT BACK. Do at once: {'; '.join(stuck)}"
        ) from error


def version_before(function: str, alias: Alias) -> str:
    """The version that the alias pointed to before its present one. Raises LocalError when it is not written."""
    found = BEFORE.search(alias.description)
    if found is None:
        raise LocalError(
            f"Which version of {function} was before {alias.version} is not written at its alias. Choose one from "
            f"`aws lambda list-versions-by-function --function-name {function}` and name it with `aws lambda "
            "update-alias`. Nothing was changed."
        )
    return found.group(1)
