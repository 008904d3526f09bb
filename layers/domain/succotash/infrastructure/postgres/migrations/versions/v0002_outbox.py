"""Messages that wait to be delivered, and submissions that wait to be confirmed."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the outbox, and let a submission be unconfirmed."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
