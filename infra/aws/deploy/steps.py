"""Steps one after the other; whoever's step fails learns what was done, what was not, and what to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.deploy.cloud import Tell
from infra.local.errors import LocalError


@dataclass(frozen=True)
class Step:
    """What is done, and what a person does when it fails."""

    title: str
    run: Callable[[], None]
    when_it_fails: str


def carry_out(steps: Sequence[Step], tell: Tell) -> None:
    """Raises LocalError at the first step that fails, or when somebody interrupts it."""
    for place, step in enumerate(steps):
        tell(f"[{place + 1}/{len(steps)}] {step.title}")
        try:
            step.run()
        except (LocalError, BotoCoreError, ClientError, KeyboardInterrupt) as error:
            reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
            raise LocalError(
                f"{step.title}: {reason}\n"
                f"  Done: {_titles(steps[:place])}.\n"
                f"  Not done: {_titles(steps[place:])}.\n"
                f"  Next: {step.when_it_fails}"
            ) from error


def _titles(steps: Sequence[Step]) -> str:
    return ", ".join(step.title for step in steps) or "nothing"
