"""A request to a function: its route, what API Gateway tells of it, and how it is answered."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Concatenate, Protocol, Self

from succotash.domain.values import ID_LIMIT, is_printable
from succotash.errors import MissingScopeError, MissingTokenError
from succotash.http.reading import JSON_TYPE, KILOBYTE, media_type, read_bytes
from succotash.settings import Settings

type Event = Mapping[str, Any]

BODY_LIMIT = 64 * KILOBYTE
USER_AGENT_LIMIT = 400


class Parts(Protocol):
    """The parts that handlers need: the settings, and the use cases made of them."""

    @property
    def settings(self) -> Settings:
        """The settings of this deployment."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that says more than its value: status, headers, another content type.

    A text or bytes go out as they are, everything else as JSON; None is an empty body. Bytes
    that a Content-Encoding compresses reach API Gateway in base64.
    """

    body: object
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    """Not sent with an empty body."""


@dataclass(frozen=True, slots=True)
class Route[P: Parts]:
    """One method of one address, and what its handler's signature says."""

    method: str
    path: str
    """With its ids in braces, as API Gateway writes it."""
    endpoint: Callable[Concatenate[P, ...], object]
    scope: str | None
    """None where anyone may call."""
    status: HTTPStatus
    takes: Mapping[str, object]
    """The models of the body, by content type; empty without one."""
    answers: Mapping[str, object]
    """The models of a success, by content type."""
    limit: int
    """The most bytes in a body."""
    origins: Callable[[P, Mapping[str, str]], Sequence[str]] | None
    """The origins whose pages may call, by the ids of the path; None where no page may."""
    headers: Mapping[str, str]
    """Headers the handler reads, and what each is for."""
    gives: Mapping[str, str]
    """Headers of a success, and what each is for."""
    also: Mapping[HTTPStatus, str]
    """Statuses without a body that the handler may answer with, and when."""

    @property
    def key(self) -> str:
        """API Gateway's key of the route, such as `GET /leads/{lead_id}`."""
        return f"{self.method} {self.path}"

    @property
    def name(self) -> str:
        """The handler's name."""
        return self.endpoint.__name__

    @property
    def query(self) -> object:
        """The model of the query string; None where there are no parameters."""
        return self.endpoint.__annotations__.get("query")

    def id_model(self, name: str) -> object:
        """The model of an id in the path."""
        return self.endpoint.__annotations__[name]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as API Gateway tells it."""

    event: Event
    request_id: str
    route: Route[Any]
    ids: Mapping[str, str]
    named_origins: list[Sequence[str]] = field(default_factory=list)
    """Whose pages may call, once the handler has come to know it."""

    @classmethod
    def of(cls, event: Event, route: Route[Any]) -> Self:
        """The request of an event for this route."""
        return cls(event, http_request_id(event), route, event.get("pathParameters") or {})

    def name_origins(self, origins: Sequence[str]) -> None:
        """Say whose pages may call, so that it need not be found out again."""
        self.named_origins.append(origins)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by lower-case name."""
        return {name.lower(): value for name, value in (self.event.get("headers") or {}).items()}

    @property
    def ip_address(self) -> str | None:
        """The sender's IP address, if it is one; without a zone, which means nothing elsewhere."""
        given = self.event["requestContext"]["http"].get("sourceIp", "").partition("%")[0]
        with suppress(ValueError):
            return str(ipaddress.ip_address(given))
        return None

    @property
    def has_possible_ids(self) -> bool:
        """Whether there can be anything with the ids of the path."""
        return all(map(is_possible_id, self.ids.values()))

    @property
    def user_agent(self) -> str | None:
        """The name of the sender's program, shortened."""
        given = self.headers.get("user-agent", "")
        return "".join(filter(is_printable, given))[:USER_AGENT_LIMIT] or None

    def read_body(self) -> bytes:
        """The body as it was sent."""
        return read_bytes(self.event, self.route.limit)

    def read_media_type(self) -> str:
        """The body's content type, one that the route takes."""
        return media_type(self.headers, tuple(self.route.takes))

    def require_scope(self, scope: str, prefix: str) -> None:
        """MissingTokenError without a verified token, MissingScopeError without the scope."""
        authorizer = self.event["requestContext"].get("authorizer") or {}
        token = authorizer.get("jwt")
        if token is None:
            raise MissingTokenError("a valid access token is required")
        if prefix + scope not in set(_scopes_of(token)):
            raise MissingScopeError(prefix + scope)


def http_request_id(event: Event) -> str:
    """API Gateway's id of the request; the access log has it too."""
    return str(event["requestContext"].get("requestId", ""))


def is_possible_id(given_id: str) -> bool:
    """Whether there can be anything with this id."""
    return len(given_id) <= ID_LIMIT and is_printable(given_id)


def _scopes_of(token: Mapping[str, Any]) -> Iterator[str]:
    """The token's scopes: API Gateway lists them; otherwise they stand in a claim."""
    yield from token.get("scopes") or ()
    claims = token.get("claims") or {}
    for name in ("scope", "scp"):
        yield from str(claims.get(name, "")).strip("[]").split()
