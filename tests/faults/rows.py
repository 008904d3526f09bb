"""What rows of PostgreSQL hold, for tests that compare whole results."""

from collections.abc import Sequence
from typing import Any

from succotash.infrastructure.postgres.session import Row


def values(rows: Sequence[Row], column: str) -> list[Any]:
    """What the column holds in each of the rows, in their order."""
    return [row[column] for row in rows]
