"""Nothing is stored yet: events are read from the facts of the other services."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The schema alone, for what comes."""
