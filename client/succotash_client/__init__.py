"""A Python client of Succotash's API."""

from succotash_client.client import SuccotashClient
from succotash_client.errors import (
    ApiError,
    ConflictError,
    EmptyFileError,
    FileTooLargeError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
    RunFailedError,
    SuccotashClientError,
    UnauthorizedError,
    UnavailableError,
    UploadRefusedError,
    Violation,
    WaitedTooLongError,
)
from succotash_client.transport import Retries

__all__ = [
    "ApiError",
    "ConflictError",
    "EmptyFileError",
    "FileTooLargeError",
    "ForbiddenError",
    "InvalidRequestError",
    "NotFoundError",
    "PreconditionFailedError",
    "Retries",
    "RunFailedError",
    "SuccotashClient",
    "SuccotashClientError",
    "UnauthorizedError",
    "UnavailableError",
    "UploadRefusedError",
    "Violation",
    "WaitedTooLongError",
]
