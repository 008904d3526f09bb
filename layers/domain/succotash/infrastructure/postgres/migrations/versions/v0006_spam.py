"""How forms tell people from robots, how long they keep submissions, and texts sent again."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Give forms their settings, and submissions the digest of their long text."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
