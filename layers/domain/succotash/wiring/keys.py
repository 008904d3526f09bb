"""Keys as settings list them."""

from collections.abc import Callable, Sequence


def keys_of(listed: str) -> Callable[[], Sequence[str]]:
    """Gives each key once, in the order in which they are listed with commas between."""
    keys = tuple(dict.fromkeys(listed.split(",")))
    return lambda: keys
