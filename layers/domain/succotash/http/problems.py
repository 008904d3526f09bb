"""Errors as HTTP speaks them: one table, and RFC 9457 bodies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from succotash.application.batches import ViolationView, violation_views
from succotash.errors import (
    ConflictError,
    CurrencyMismatchError,
    Flaw,
    IdempotencyKeyReusedError,
    IllegalTransitionError,
    InvalidInputError,
    MalformedRequestError,
    MissingScopeError,
    MissingTokenError,
    NotFoundError,
    RunInProgressError,
    SettingsError,
    StorageError,
    StorageUnavailableError,
    SubmissionInProgressError,
    SuccotashError,
    TooLargeError,
    UnsupportedMediaTypeError,
)

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:succotash:problem:"
INSTANCE_PREFIX = "urn:succotash:request:"
SETTINGS_RETRY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem: its status, the last part of its `type`, and a title."""

    status: HTTPStatus
    name: str
    title: str


UNEXPECTED = ProblemKind(
    HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", "Something went wrong on our side"
)

KINDS: Mapping[type[SuccotashError], ProblemKind] = {
    SuccotashError: UNEXPECTED,
    SettingsError: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, "misconfigured", "A setting of this deployment is wrong"
    ),
    MalformedRequestError: ProblemKind(
        HTTPStatus.BAD_REQUEST, "malformed-request", "The request cannot be read"
    ),
    UnsupportedMediaTypeError: ProblemKind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body's content type is not taken here",
    ),
    TooLargeError: ProblemKind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "The body is too large"
    ),
    InvalidInputError: ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", "The request is not acceptable"
    ),
    CurrencyMismatchError: ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR, "currency-mismatch", "Amounts of two currencies met"
    ),
    MissingTokenError: ProblemKind(
        HTTPStatus.UNAUTHORIZED, "missing-token", "A verified token is needed"
    ),
    MissingScopeError: ProblemKind(
        HTTPStatus.FORBIDDEN, "missing-scope", "The token lacks a scope"
    ),
    NotFoundError: ProblemKind(HTTPStatus.NOT_FOUND, "not-found", "There is nothing with this id"),
    ConflictError: ProblemKind(
        HTTPStatus.CONFLICT, "conflict", "The request contradicts what is there"
    ),
    IllegalTransitionError: ProblemKind(
        HTTPStatus.CONFLICT, "illegal-transition", "This status cannot follow the present one"
    ),
    RunInProgressError: ProblemKind(
        HTTPStatus.CONFLICT, "run-in-progress", "Another scoring run is under way"
    ),
    SubmissionInProgressError: ProblemKind(
        HTTPStatus.CONFLICT, "submission-in-progress", "This submission is still being dealt with"
    ),
    IdempotencyKeyReusedError: ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        "The Idempotency-Key was used before with another body",
    ),
    StorageError: ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR, "storage", "The storage refused the request"
    ),
    StorageUnavailableError: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, "storage-unavailable", "The storage cannot be reached"
    ),
}
"""Every class of `succotash.errors`, and how HTTP says it."""


FLAWS: Mapping[Flaw, str] = {
    Flaw.SYNTAX: KINDS[MalformedRequestError].title,
    Flaw.NOT_UTF8: "The request is not valid UTF-8",
    Flaw.NUL: "A text contains the character NUL",
    Flaw.SURROGATE: "A text contains half of a surrogate pair",
    Flaw.REPEATED_NAME: "An object names a field more than once",
    Flaw.NUMBER: "A number cannot be read",
    Flaw.TOO_DEEP: "The body is nested too deep",
    Flaw.TOO_MANY_FIELDS: "The request has too many fields",
    Flaw.CONTROL_CHARACTER: "An address contains a control character",
}
"""The title of each flaw's problem."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that says what went wrong."""

    kind: ProblemKind
    detail: str | None = None
    errors: tuple[ViolationView, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, object]:
        """The members of RFC 9457, with `errors` where there are any."""
        members: dict[str, object] = {
            "type": TYPE_PREFIX + self.kind.name,
            "title": self.kind.title,
            "status": self.kind.status.value,
            "instance": INSTANCE_PREFIX + request_id,
        }
        if self.detail:
            members["detail"] = self.detail
        if self.errors:
            members["errors"] = list(self.errors)
        return members


def kind_of(error: type[SuccotashError]) -> ProblemKind:
    """As in the table; an adapter's own kind of error speaks as the nearest one it is."""
    return next(KINDS[each] for each in error.__mro__ if each in KINDS)


def problem_of(error: SuccotashError) -> Problem:
    """How HTTP says an error of ours."""
    kind = kind_of(type(error))
    match error:
        case InvalidInputError():
            return Problem(
                kind, "See the errors, one per field.", tuple(violation_views(error.violations))
            )
        case MalformedRequestError():
            return Problem(ProblemKind(kind.status, error.flaw, FLAWS[error.flaw]), str(error))
        case MissingTokenError():
            return Problem(kind, str(error), headers={"WWW-Authenticate": "Bearer"})
        case MissingScopeError():
            challenge = f'Bearer error="insufficient_scope", scope="{error.scope}"'
            return Problem(kind, str(error), headers={"WWW-Authenticate": challenge})
        case StorageUnavailableError():
            after = {"Retry-After": str(error.retry_after_seconds)}
            return Problem(kind, "Try again a little later.", headers=after)
        case SubmissionInProgressError():
            after = {"Retry-After": str(error.retry_after_seconds)}
            return Problem(kind, f"{error}; ask again for its answer.", headers=after)
        case SettingsError():
            after = {"Retry-After": str(SETTINGS_RETRY_SECONDS)}
            return Problem(kind, str(error), headers=after)
        case _ if kind.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            return Problem(kind)
        case _:
            return Problem(kind, str(error))
