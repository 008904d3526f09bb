"""Deliveries of messages by jobs; the statements stand next to this module."""
# Branch outside: takes the next free number where it is merged.

from pathlib import Path

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
