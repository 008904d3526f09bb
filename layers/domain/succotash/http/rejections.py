"""Rejections of an item of a batch, or of a line of a file, that cannot be read."""

import logging
import traceback

from pydantic import ValidationError

from succotash.errors import (
    InvalidInputError,
    MalformedRequestError,
    SettingsError,
    StorageError,
    StorageUnavailableError,
    Violation,
)
from succotash.http.reading import violations_of

UNREADABLE = Violation("", "unreadable", "Unreadable")
"""The violation of an item whose reading failed in a way that nobody expected."""

logger = logging.getLogger(__name__)


class Rejections:
    """Turns failures to read items of one batch or file into reasons for their rejection.

    A failure that nobody expected is one item's, too: it costs no other item. Its class and place
    are logged, once per class; its text is not, which may quote what somebody sent.
    """

    def __init__(self) -> None:
        self._logged: set[type[Exception]] = set()

    def because_of(self, error: Exception) -> tuple[Violation, ...]:
        """The violations of the item whose reading raised this.

        A fault of ours is no item's, and is raised again: what reading needs cannot be had.
        """
        match error:
            case StorageUnavailableError() | StorageError() | SettingsError():
                raise error
            case MalformedRequestError():
                return (Violation("", "malformed", str(error)),)
            case InvalidInputError():
                return error.violations
            case ValidationError():
                return tuple(violations_of(error))
            case _:
                self._log(error)
                return (UNREADABLE,)

    def _log(self, error: Exception) -> None:
        kind = type(error)
        if kind not in self._logged:
            self._logged.add(kind)
            frame = traceback.extract_tb(error.__traceback__)[-1]
            logger.error(
                "an item could not be read: %s at %s:%s",
                kind.__name__,
                frame.filename,
                frame.lineno,
            )
