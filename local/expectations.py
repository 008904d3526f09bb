"""What a check says where a storage gives something else than it was given."""


class RoundTripError(Exception):
    """A repository gave something else back than was saved."""


def expect(*, that: bool) -> None:
    """RoundTripError unless it is so."""
    if not that:
        raise RoundTripError("it gave something else than was saved")
