"""Errors as HTTP speaks them: one table, and RFC 9457 bodies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from succotash.application.batches import ViolationView, violation_views
from succotash.errors import (
    AlreadyExistsError,
    ConflictError,
    CurrencyMismatchError,
    Flaw,
    IdempotencyKeyReusedError,
    IllegalTransitionError,
    InvalidInputError,
    InvalidSignatureError,
    MalformedRequestError,
    MissingScopeError,
    MissingTokenError,
    NotFoundError,
    PreconditionFailedError,
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


UNEXPECTED = ProblemKind(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", "Internal server error")

KINDS: Mapping[type[SuccotashError], ProblemKind] = {
    SuccotashError: UNEXPECTED,
    SettingsError: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, "misconfigured", "Service misconfigured"
    ),
    MalformedRequestError: ProblemKind(
        HTTPStatus.BAD_REQUEST, "malformed-request", "Malformed request"
    ),
    UnsupportedMediaTypeError: ProblemKind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "Unsupported media type",
    ),
    TooLargeError: ProblemKind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "Request body too large"
    ),
    InvalidInputError: ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", "Validation failed"
    ),
    CurrencyMismatchError: ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR, "currency-mismatch", "Currency mismatch"
    ),
    MissingTokenError: ProblemKind(
        HTTPStatus.UNAUTHORIZED, "missing-token", "Access token required"
    ),
    InvalidSignatureError: ProblemKind(
        HTTPStatus.UNAUTHORIZED, "invalid-signature", "Invalid signature"
    ),
    MissingScopeError: ProblemKind(HTTPStatus.FORBIDDEN, "missing-scope", "Insufficient scope"),
    NotFoundError: ProblemKind(HTTPStatus.NOT_FOUND, "not-found", "Not found"),
    ConflictError: ProblemKind(HTTPStatus.CONFLICT, "conflict", "Conflict"),
    IllegalTransitionError: ProblemKind(
        HTTPStatus.CONFLICT, "illegal-transition", "Invalid status change"
    ),
    RunInProgressError: ProblemKind(
        HTTPStatus.CONFLICT, "run-in-progress", "Scoring run in progress"
    ),
    PreconditionFailedError: ProblemKind(
        HTTPStatus.PRECONDITION_FAILED, "precondition-failed", "Changed since it was read"
    ),
    AlreadyExistsError: ProblemKind(
        HTTPStatus.PRECONDITION_FAILED, "already-exists", "Already exists"
    ),
    SubmissionInProgressError: ProblemKind(
        HTTPStatus.CONFLICT, "submission-in-progress", "Submission in progress"
    ),
    IdempotencyKeyReusedError: ProblemKind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        "Idempotency key reused",
    ),
    StorageError: ProblemKind(HTTPStatus.INTERNAL_SERVER_ERROR, "storage", "Storage error"),
    StorageUnavailableError: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, "storage-unavailable", "Service unavailable"
    ),
}
"""Every class of `succotash.errors`, and how HTTP says it."""


FLAWS: Mapping[Flaw, str] = {
    Flaw.SYNTAX: KINDS[MalformedRequestError].title,
    Flaw.NOT_UTF8: "Invalid UTF-8",
    Flaw.NUL: "NUL character not allowed",
    Flaw.SURROGATE: "Unpaired surrogate not allowed",
    Flaw.REPEATED_NAME: "Duplicate field name",
    Flaw.NUMBER: "Invalid number",
    Flaw.TOO_DEEP: "Nesting too deep",
    Flaw.TOO_MANY_FIELDS: "Too many fields",
    Flaw.CONTROL_CHARACTER: "Control character not allowed",
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


def run_address(run_id: str) -> str:
    """The address of a scoring run's progress."""
    return f"/scoring/runs/{quote(run_id, safe='')}"


def kind_of(error: type[SuccotashError]) -> ProblemKind:
    """The row of the table for an error; an adapter's own class counts as its nearest parent."""
    return next(KINDS[each] for each in error.__mro__ if each in KINDS)


def sentence(error: SuccotashError) -> str:
    """Write an error as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def problem_of(error: SuccotashError) -> Problem:
    """The problem that stands for an error of ours."""
    kind = kind_of(type(error))
    match error:
        case InvalidInputError():
            return Problem(
                kind, "See errors for each field.", tuple(violation_views(error.violations))
            )
        case MalformedRequestError():
            return Problem(ProblemKind(kind.status, error.flaw, FLAWS[error.flaw]), sentence(error))
        case MissingTokenError():
            return Problem(kind, sentence(error), headers={"WWW-Authenticate": "Bearer"})
        case MissingScopeError():
            challenge = f'Bearer error="insufficient_scope", scope="{error.scope}"'
            return Problem(kind, sentence(error), headers={"WWW-Authenticate": challenge})
        case StorageUnavailableError():
            after = {"Retry-After": str(error.retry_after_seconds)}
            return Problem(kind, "Please try again later.", headers=after)
        case SubmissionInProgressError():
            after = {"Retry-After": str(error.retry_after_seconds)}
            return Problem(kind, f"{sentence(error)} Retry for its answer.", headers=after)
        case RunInProgressError(run_id=str(run_id)):
            return Problem(kind, sentence(error), headers={"Location": run_address(run_id)})
        case SettingsError():
            after = {"Retry-After": str(SETTINGS_RETRY_SECONDS)}
            return Problem(kind, sentence(error), headers=after)
        case _ if kind.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            return Problem(kind)
        case _:
            return Problem(kind, sentence(error))
