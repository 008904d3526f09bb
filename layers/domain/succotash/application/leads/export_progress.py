"""How far the writing of an export came."""

from dataclasses import dataclass

PAGE = 1_000
"""Rows read at a time."""


@dataclass(slots=True)
class Progress:
    """How far the writing of an export came; `cursor` is None once every row is written."""

    rows: int = 0
    cursor: str | None = None
