"""Requests to the API: with a token, and again where that is safe."""

import io
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast, override

import httpx

from succotash_client.errors import (
    UnauthorizedError,
    UnavailableError,
    UploadRefusedError,
    error_of,
)

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
CONDITIONS = frozenset({"If-Match", "If-None-Match"})
PASSING = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Statuses of what may pass."""


class TokenSource(Protocol):
    """A source of tokens for requests."""

    def token(self) -> str:
        """A token that is valid now."""

    def renew(self) -> bool:
        """Get another token in place of one that was refused; whether there is one."""


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that somebody gave."""

    value: str

    def token(self) -> str:
        """The token that was given."""
        return self.value

    def renew(self) -> bool:
        """There is no other."""
        return False


@dataclass(frozen=True, slots=True)
class Retries:
    """The number of attempts of a request, and the time between them."""

    times: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 20.0

    def seconds(self, attempt: int, response: httpx.Response | None) -> float:
        """Before the next attempt: as the answer asks, or longer each time, and at random."""
        asked = "" if response is None else response.headers.get("retry-after", "")
        if asked.isdecimal():
            return min(float(asked), self.longest_seconds)
        longest: float = min(self.first_seconds * 2**attempt, self.longest_seconds)
        return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads requests, guards nothing


class Transport:
    """Sends requests to one API."""

    def __init__(
        self,
        http: httpx.Client,
        tokens: TokenSource,
        retries: Retries,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.http = http
        self._tokens = tokens
        self._retries = retries
        self._sleep = sleep

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """The API's answer; ApiError for a refusal, UnavailableError where none comes.

        What is `repeatable` changes nothing when it arrives twice, and is sent again after a
        failure that may pass. Everything else is only where no connection came about, and so is a
        change on a condition, which the second time would meet what the first saved. `timeout` is
        in seconds, in place of the client's own.
        """
        is_safe = method in IDEMPOTENT if repeatable is None else repeatable
        is_safe = is_safe and CONDITIONS.isdisjoint(headers or ())
        given = {name: value for name, value in (params or {}).items() if value is not None}
        attempt, has_renewed = 0, False
        while True:
            response: httpx.Response | None = None
            failure: Exception | None = None
            try:
                response = self.http.request(
                    method,
                    path,
                    json=json,
                    params=given,  # type: ignore[arg-type]  # httpx writes any value as text
                    headers={**self._authorization(), **(headers or {})},
                    timeout=httpx.USE_CLIENT_DEFAULT if timeout is None else timeout,
                )
            except httpx.ConnectError as error:
                failure = error
                may_repeat = True
            except httpx.TransportError as error:
                failure = error
                may_repeat = is_safe
            else:
                if response.status_code == HTTPStatus.UNAUTHORIZED and not has_renewed:
                    has_renewed = True
                    if self._tokens.renew():
                        continue
                if response.status_code not in PASSING:
                    return checked(response)
                may_repeat = is_safe
            if not may_repeat or attempt >= self._retries.times:
                raise self._unavailable(response, failure) from failure
            self._sleep(self._retries.seconds(attempt, response))
            attempt += 1

    def fetch(self, address: str) -> bytes:
        """Fetch the content of an address that the API answered with, and that needs no token."""
        if address.startswith("file:"):
            return Path(address.removeprefix("file://").removeprefix("file:")).read_bytes()
        try:
            return checked(self.http.get(address)).content
        except httpx.TransportError as error:
            raise self._unavailable(None, error) from error

    def upload(
        self, address: str, fields: Mapping[str, str], file: BinaryIO, sent: Callable[[int], None]
    ) -> None:
        """Send a file by a form that needs no token, from its beginning; again after an outage."""
        attempt = 0
        while True:
            file.seek(0)
            failure: Exception | None = None
            response: httpx.Response | None = None
            try:
                response = self.http.post(
                    address,
                    data=dict(fields),
                    files={"file": ("orders", cast("BinaryIO", _Watched(file, sent)))},
                )
            except httpx.TransportError as error:
                failure = error
            if response is not None and response.is_success:
                return
            may_pass = response is None or response.status_code in PASSING
            if not may_pass or attempt >= self._retries.times:
                if response is None:
                    raise self._unavailable(None, failure) from failure
                raise UploadRefusedError(f"The file was not taken ({response.status_code})")
            self._sleep(self._retries.seconds(attempt, response))
            attempt += 1

    def _authorization(self) -> dict[str, str]:
        token = self._tokens.token()
        if not token:
            raise UnauthorizedError(HTTPStatus.UNAUTHORIZED, "Unauthorized", "No token is known")
        return {"Authorization": f"Bearer {token}"}

    def _unavailable(
        self, response: httpx.Response | None, failure: Exception | None
    ) -> UnavailableError:
        place = str(self.http.base_url).rstrip("/")
        if response is not None:
            return UnavailableError(
                f"{place} answered {response.status_code}: {error_of(response)}"
            )
        reason = "no connection" if isinstance(failure, httpx.ConnectError) else "no answer"
        return UnavailableError(f"{place} cannot be reached ({reason})")


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, told: Callable[[int], None]) -> None:
        self._file = file
        self._told = told

    @override
    def read(self, size: int = -1, /) -> bytes:
        found = self._file.read(size)
        self._told(self._file.tell())
        return found

    @override
    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    @override
    def tell(self) -> int:
        return self._file.tell()

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True


def checked(response: httpx.Response) -> httpx.Response:
    """The answer; ApiError for a refusal, UnavailableError for a failure of the server."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        place = str(response.request.url.copy_with(path="", query=None)).rstrip("/")
        raise UnavailableError(f"{place} answered {response.status_code}: {error_of(response)}")
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise error_of(response)
    return response


def body(response: httpx.Response) -> Any:  # noqa: ANN401 - parsed JSON of many shapes
    """The parsed object; UnavailableError where a server answers that is no Succotash."""
    try:
        found = response.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    place = response.request.url.copy_with(path="", query=None)
    raise UnavailableError(f"{place} did not answer with a JSON object: is it Succotash?")
