"""The one error tree: what can go wrong, in the words of the business.

No message carries personal data or a row's contents; the edge may show every one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

UNKNOWN_FIELD = "unknown_field"
"""The code of a violation whose message names a field that the sender made up."""
NAME_SHOWN = 100
"""Characters shown of a field's name, which the sender chose."""


class SuccotashError(Exception):
    """The base class of every error that this project raises on purpose."""


class SettingsError(SuccotashError):
    """A setting is missing, malformed or contradicts another; the sentence names it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with one field: where, a stable code, and a sentence for a person."""

    field: str
    code: str
    message: str

    @classmethod
    def unknown_field(cls, field: str, name: str | None = None) -> "Violation":
        """The violation for an unknown name of a field or, as a value, in another field."""
        shown = (field if name is None else name)[:NAME_SHOWN]
        return cls(field, UNKNOWN_FIELD, f"Unknown field: {shown}")


class Flaw(StrEnum):
    """Why a request cannot be read as one thing only, as the type of its problem says."""

    SYNTAX = "malformed-request"
    NOT_UTF8 = "not-utf-8"
    NUL = "nul-character"
    SURROGATE = "lone-surrogate"
    REPEATED_NAME = "repeated-name"
    NUMBER = "unreadable-number"
    TOO_DEEP = "too-deep"
    TOO_MANY_FIELDS = "too-many-fields"
    CONTROL_CHARACTER = "control-character"


class MalformedRequestError(SuccotashError):
    """The request cannot be read at all."""

    def __init__(self, message: str, flaw: Flaw = Flaw.SYNTAX) -> None:
        super().__init__(message)
        self.flaw = flaw


class UnsupportedMediaTypeError(SuccotashError):
    """The body's content type is none that this address takes."""


class TooLargeError(SuccotashError):
    """The body is larger than this address takes."""


class InvalidInputError(SuccotashError):
    """The request can be read, but what it says is not acceptable; every field at once."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in violations))
        self.violations = tuple(violations)

    @classmethod
    def of(cls, field: str, code: str, message: str) -> "InvalidInputError":
        """The error of a single field."""
        return cls([Violation(field, code, message)])


class CurrencyMismatchError(SuccotashError):
    """Amounts of two currencies met: nobody outside can bring that about."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected an amount in {expected}, found one in {found}")


class MissingTokenError(SuccotashError):
    """The request carries no verified token."""


class MissingScopeError(SuccotashError):
    """The token does not carry the scope this address asks for."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"the scope {scope} is required")
        self.scope = scope


class InvalidSignatureError(SuccotashError):
    """The request is not signed by who it claims to be from."""


class NotFoundError(SuccotashError):
    """Nothing of this kind has this id."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} not found")
        self.kind = kind


class ConflictError(SuccotashError):
    """The request contradicts what is already there."""


class PreconditionFailedError(SuccotashError):
    """The state that a change is meant for is not the stored one."""

    def __init__(self) -> None:
        super().__init__("what is stored was changed since it was read")


class AlreadyExistsError(SuccotashError):
    """The state exists that a change was to make, replacing nothing."""

    def __init__(self) -> None:
        super().__init__("there is one already")


class IllegalTransitionError(ConflictError):
    """A status may not follow the one it would replace."""

    def __init__(self, current: str, wanted: str) -> None:
        super().__init__(f"status cannot change from {current} to {wanted}")


class IdempotencyKeyReusedError(SuccotashError):
    """An Idempotency-Key came back with another body."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used with another body")


class SubmissionInProgressError(ConflictError):
    """The same submission, under the same Idempotency-Key, is still being dealt with."""

    def __init__(self) -> None:
        super().__init__("a submission with this Idempotency-Key is still being processed")
        self.retry_after_seconds = 2


class RunInProgressError(ConflictError):
    """Another scoring run stands in the way of one."""

    def __init__(self, message: str, run_id: str | None = None) -> None:
        super().__init__(message)
        self.run_id = run_id


class StorageError(SuccotashError):
    """The storage refused for a reason that trying again does not change."""


class StorageUnavailableError(SuccotashError):
    """The storage cannot be reached, or stayed busy until the deadline; a later try may succeed."""

    def __init__(self, reason: str, retry_after_seconds: int = 5) -> None:
        super().__init__(f"the storage is not available: {reason}")
        self.retry_after_seconds = retry_after_seconds
