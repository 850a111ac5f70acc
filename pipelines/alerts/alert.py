"""One alert, and how it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["failure", "staleness", "damage", "overdue"]
# Where Dagster shows the proofs.
CHECK = "/assets/marts/stats_daily?view=checks"
READERS_KEEP = "Readers keep the last good publication; GET /stats/status tells how old it is."


@dataclass(frozen=True)
class Alert:
    """What is wrong, or was. `subject`: one line for everybody; `path`: where to look, below Dagster's address;
    `detail`: more for operators."""

    kind: Kind
    subject: str
    run_id: str | None
    path: str
    resolved_at: datetime | None = None
    detail: str | None = None

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
            "detail": self.detail,
            "run_id": self.run_id,
            "path": self.path,
            "raised_at": raised_at.isoformat(),
            "resolved_at": self.resolved_at.isoformat() if self.resolved_at else None,
        }

    def in_words(self) -> str:
        """The e-mail's body."""
        lines = [
            self.headline,
            *([self.detail] if self.detail else []),
            *([f"Run: {self.run_id}"] if self.run_id else []),
            f"In Dagster: {self.path}",
        ]
        if self.kind != "overdue":
            lines.append(READERS_KEEP if self.resolved_at is None else "The statistics are published again.")
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


def staleness(run_id: str, stale_after_s: int, holder: str | None = None) -> Alert:
    """Nothing fresh was published for too long; `run_id` published last. The words stay while it lasts.

    `holder`: the transaction that holds `complete_through` back.
    """
    subject = f"The statistics are stale: nothing newer than {stale_after_s // 60} minutes has been published"
    return Alert("staleness", subject, run_id, "/assets/stats/publication", detail=holder)


def damage(remedy: str) -> Alert:
    """Rows of history are damaged. What they are, the damaged run or `tidemark warehouse prove` says."""
    return Alert(
        "damage",
        "Published history is damaged; nothing is published until it is mended",
        None,
        CHECK,
        detail=remedy,
    )


def overdue(days: int, oldest: datetime) -> Alert:
    """History was not proven again in time."""
    detail = (
        f"The oldest proof is of {oldest:%Y-%m-%d %H:%M} UTC. TIDEMARK_SCRUB_BUDGET_S says how much is done a day."
    )
    return Alert("overdue", f"History was not proven again within {days} days", None, CHECK, detail=detail)
