"""What a change may demand of the state that it replaces."""

from collections.abc import Callable

type Precondition = Callable[[object | None], None]
"""Takes what is stored as the API shows it, or None where nothing is.

PreconditionFailedError or AlreadyExistsError where that may not be replaced.
"""
