"""What repositories do with the rows they get."""

from succotash.infrastructure.rows.row import only

__all__ = ["only"]
