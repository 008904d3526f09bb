"""Consent and suppressions; the statements stand next to this module."""
# Branch consent: takes the next free number where it is merged.

from pathlib import Path

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the tables, and the digest that they and campaigns go by."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
