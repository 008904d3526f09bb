"""Instants and assertions of round trips."""

from datetime import UTC, datetime, timedelta

LONG_AGO = datetime(1997, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DAY = timedelta(days=1)


class RoundTripError(Exception):
    """A repository gave something else back than was saved."""


def expect(*, that: bool) -> None:
    """RoundTripError unless it is so."""
    if not that:
        raise RoundTripError("it gave something else than was saved")
