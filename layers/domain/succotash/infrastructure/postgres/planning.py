"""Sets how statements about many rows are planned in PostgreSQL."""

from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements

_SQL = statements("planning")


def plan_for_many_keys(session: Session) -> None:
    """Let the transaction's statements look for thousands of keys by index."""
    session.run(_SQL["plan_for_many_keys"])
