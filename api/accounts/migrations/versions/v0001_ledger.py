"""The ledger: tables, guards, entries, posting and the rest. Each subject is a .sql file beside this one.

Revision ID: 0001
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SUBJECTS = (
    "tables",
    "guards",
    "entries",
    "posting",
    "bulk",
    "calls",
    "lifecycle",
    "reading",
    "import",
    "import_history",
    "grants",
)


def upgrade() -> None:
    # Straight to the driver: SQLAlchemy would read `:name` and `%` in the functions' text as parameters.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    for subject in _SUBJECTS:
        driver.execute((Path(__file__).with_suffix("") / f"{subject}.sql").read_text())
