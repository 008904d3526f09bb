"""Conditions that a change sets for the state that it replaces."""

from collections.abc import Callable

type Precondition = Callable[[object | None], None]
"""Takes the stored state as the API shows it, or None without one.

PreconditionFailedError or AlreadyExistsError where that may not be replaced.
"""
