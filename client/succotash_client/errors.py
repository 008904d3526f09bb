"""Errors between a program and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx


class SuccotashClientError(Exception):
    """Whatever the client raises by itself."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A fault of one field."""

    field: str
    code: str
    message: str


class ApiError(SuccotashClientError):
    """The API refused a request; the text is that of its problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str | None = None,
        *,
        type: str = "about:blank",  # noqa: A002 - the problem's own word
        errors: tuple[Violation, ...] = (),
        location: str | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.type = type
        self.errors = errors
        self.location = location
        """The address that the answer refers to, such as the scoring run that stands in the way."""

    @property
    def lines(self) -> list[str]:
        """The problem's own words: its detail, and one line for each field."""
        fields = [f"{each.field}: {each.message}" for each in self.errors]
        return [self.detail or self.title, *fields]


class UnauthorizedError(ApiError):
    """The token is missing or not valid (401)."""


class ForbiddenError(ApiError):
    """The token lacks the operation's scope (403)."""


class NotFoundError(ApiError):
    """The API knows nothing by this id (404)."""


class ConflictError(ApiError):
    """The request contradicts what is already there (409)."""


class PreconditionFailedError(ApiError):
    """The stored state is not the one that the request may replace (412)."""


class InvalidRequestError(ApiError):
    """The request is not acceptable (400, 413, 415, 422)."""


class UnavailableError(SuccotashClientError):
    """The API did not answer, or not with an answer of its own, also when asked again."""


class RunFailedError(SuccotashClientError):
    """A scoring run failed, or was not published."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        reason = run.get("failure") or (
            "the run did worse than the simple rule and was not published"
            if run["state"] == "withheld"
            else "the run failed"
        )
        super().__init__(reason)
        self.run = run


class FileTooLargeError(SuccotashClientError):
    """A file has more bytes than can be sent."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The file has {size:,} bytes, and {limit:,} can be sent")


class EmptyFileError(SuccotashClientError):
    """There is nothing in a file."""

    def __init__(self) -> None:
        super().__init__("The file is empty")


class WaitedTooLongError(SuccotashClientError):
    """The job is not finished yet, and goes on."""


KINDS: Mapping[int, type[ApiError]] = {
    HTTPStatus.BAD_REQUEST: InvalidRequestError,
    HTTPStatus.UNAUTHORIZED: UnauthorizedError,
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.PRECONDITION_FAILED: PreconditionFailedError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: InvalidRequestError,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: InvalidRequestError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidRequestError,
}


class UploadRefusedError(SuccotashClientError):
    """The place for files did not take one."""


def error_of(response: httpx.Response) -> ApiError:
    """The error that a refusal stands for; API Gateway's own refusals have a message alone."""
    try:
        found = response.json()
    except ValueError:
        found = None
    problem: Mapping[str, Any] = found if isinstance(found, dict) else {}
    title = problem.get("title") or problem.get("message") or response.reason_phrase
    return KINDS.get(response.status_code, ApiError)(
        response.status_code,
        str(title),
        problem.get("detail"),
        type=problem.get("type", "about:blank"),
        errors=tuple(
            Violation(
                str(each.get("field", "")), str(each.get("code", "")), str(each.get("message", ""))
            )
            for each in problem.get("errors") or ()
            if isinstance(each, dict)
        ),
        location=response.headers.get("location"),
    )
