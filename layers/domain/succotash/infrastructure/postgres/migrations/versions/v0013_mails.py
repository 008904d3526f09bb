"""Limits on mails, digests of quarantines; the statements stand next to this module."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Count mails by recipient, and remember what owners were told of."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
