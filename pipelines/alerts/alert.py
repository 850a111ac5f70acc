"""One alert, and how it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["failure", "staleness"]


@dataclass(frozen=True)
class Alert:
    """What is wrong, or was. `subject`: one line for everybody; `path`: where to look, below Dagster's address."""

    kind: Kind
    subject: str
    run_id: str | None
    path: str
    resolved_at: datetime | None = None

    @property
    def headline(self) -> str:
        """The subject, and whether it is over."""
        return self.subject if self.resolved_at is None else f"Over: {self.subject}"

    def as_json(self, raised_at: datetime) -> dict[str, Any]:
        """The webhook's body; `text` is what chat services show."""
        return {
            "text": self.in_words(),
            "kind": self.kind,
            "subject": self.subject,
            "run_id": self.run_id,
            "path": self.path,
            "raised_at": raised_at.isoformat(),
            "resolved_at": self.resolved_at.isoformat() if self.resolved_at else None,
        }

    def in_words(self) -> str:
        """The e-mail's body."""
        lines = [
            self.headline,
            *([f"Run: {self.run_id}"] if self.run_id else []),
            f"In Dagster: {self.path}",
            "Readers keep the last good publication; GET /stats/status tells how old it is."
            if self.resolved_at is None
            else "The statistics are published again.",
        ]
        return "\n".join(lines)


def failure(job: str, run_id: str, checks: Sequence[str], steps: Sequence[str]) -> Alert:
    """A run that failed for good: the checks that did not pass, else the steps that broke, else it was killed."""
    if checks:
        subject = f"{job} was refused: {', '.join(checks)}"
    elif steps:
        subject = f"{job} failed: {', '.join(steps)}"
    else:
        subject = f"{job} failed: its process ended or its time ran out"
    return Alert("failure", subject, run_id, f"/runs/{run_id}")


def staleness(run_id: str, stale_after_s: int) -> Alert:
    """Nothing fresh was published for too long; `run_id` published last. The words stay while it lasts."""
    subject = f"The statistics are stale: nothing newer than {stale_after_s // 60} minutes has been published"
    return Alert("staleness", subject, run_id, "/assets/stats/publication")
