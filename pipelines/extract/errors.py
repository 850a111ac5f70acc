"""Why an extract stops. Each message says what to do."""

from pipelines.errors import StepError


class ExtractError(StepError):
    """The extract can't go on; nothing was changed in the warehouse."""


class SourceSwitched(ExtractError):
    """The source doesn't hold the receipt of the warehouse's last batch: it is not the database we read last."""

    def __init__(self, batch_id: int) -> None:
        super().__init__(
            f"The source does not know batch {batch_id}, the last one in the warehouse: it was restored from a "
            "backup or replaced by another database, so the warehouse may hold rows that it never had. "
            "If it is the right source now, read it anew in full: tidemark warehouse reload"
        )


class StartUnknown(ExtractError):
    """A transaction writes in the source and nobody can tell since when, so completeness can't be told either."""


class CannotBeFinal(ExtractError):
    """A transaction that began in the period to be closed is still open, so its figures may still change."""
