"""What is asked of a build, and what it gives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What to build: up to `batch_id`; tests look at rows written after `published_batch_id`."""

    batch_id: int
    published_batch_id: int
    time_zone: str


@dataclass(frozen=True)
class NodeResult:
    """How one model or test came out. `rows`: written by a model, or in the way of a test; None when unknown."""

    unique_id: str
    name: str
    is_test: bool
    is_rebuilt: bool
    status: str
    is_good: bool
    message: str
    rows: int | None
    seconds: float
