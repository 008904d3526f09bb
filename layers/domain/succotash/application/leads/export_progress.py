"""The progress of an export."""

from dataclasses import dataclass

PAGE = 1_000
"""Rows read at a time."""


@dataclass(slots=True)
class Progress:
    """The progress of an export; `cursor` is None once every row is written."""

    rows: int = 0
    cursor: str | None = None
