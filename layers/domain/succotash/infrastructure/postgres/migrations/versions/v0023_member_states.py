"""How far the messages of campaigns came; the statements stand beside this module."""

from pathlib import Path

from alembic import op

# Branch: sending.
revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Allow further states."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
