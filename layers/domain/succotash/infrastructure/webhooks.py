"""Webhooks over HTTP: nothing but the address that was checked is ever connected to."""

import io
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPException, parse_headers
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import override

from succotash.domain.messages.webhooks import (
    Webhook,
    WebhookRules,
    WebhookTarget,
    WebhookUrlError,
    signing_keys,
    webhook_headers,
)
from succotash.domain.repositories.delivery import (
    WebhookAddresses,
    WebhookFailedError,
    Webhooks,
)
from succotash.domain.values import Clock, system_clock
from succotash.errors import SettingsError, StorageUnavailableError, Violation

TIMEOUT = 10.0
"""Seconds that a call takes at most, from connecting to the end of the answer's headers."""
HEAD_LIMIT = 16 * 1024
"""Bytes of an answer's status and headers; its body is not read."""
REST = timedelta(seconds=30)
"""The time for which a receiver that failed, or asked for less, is left alone."""
LONGEST_PAUSE = timedelta(days=1)
"""The most that a receiver may ask for."""
GONE = 410
OVERLOADED = frozenset({429, 502, 503, 504})
USER_AGENT = "Succotash-Webhooks/1"

type Address = IPv4Address | IPv6Address
type Resolve = Callable[[str, int], Sequence[Address]]


def resolved(host: str, port: int) -> list[Address]:
    """All addresses of a host, in the order in which to try them; OSError without any."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)
    return [ip_address(each.partition("%")[0]) for each in texts]


@cache
def usual_tls() -> ssl.SSLContext:
    """Verifies receivers by the authorities of the system."""
    return ssl.create_default_context()


class CheckedAddresses(WebhookAddresses):
    """Checks the addresses of webhooks when they are saved."""

    def __init__(self, rules: WebhookRules, resolve: Resolve = resolved) -> None:
        self._rules = rules
        self._resolve = resolve

    @override
    def violation(self, url: str) -> Violation | None:
        try:
            _checked(url, self._rules, self._resolve)
        except WebhookUrlError as error:
            return error.violation
        return None


class HttpWebhooks(Webhooks):
    """Signs and calls."""

    def __init__(
        self,
        secrets: Callable[[], str],
        rules: WebhookRules,
        *,
        resolve: Resolve = resolved,
        tls: Callable[[], ssl.SSLContext] = usual_tls,
        clock: Clock = system_clock,
        timeout: float = TIMEOUT,
    ) -> None:
        """`secrets` gives those that sign, with commas between; it raises as SecretReader does."""
        self._secrets = secrets
        self._rules = rules
        self._resolve = resolve
        self._tls = tls
        self._clock = clock
        self._timeout = timeout
        self._resting: dict[tuple[str, int], datetime] = {}

    @override
    def call(self, webhook: Webhook) -> None:
        now = self._clock()
        try:
            keys = signing_keys(self._secrets())
            target, addresses = _checked(webhook.url, self._rules, self._resolve)
        except (StorageUnavailableError, SettingsError):
            raise WebhookFailedError("no secret to sign with") from None
        except WebhookUrlError as error:
            raise WebhookFailedError(f"the webhook's address: {error}") from None
        receiver = target.host, target.port
        rests_until = self._resting.get(receiver, now)
        if rests_until > now:
            raise WebhookFailedError("calls to the receiver are paused", retry_at=rests_until)
        body = webhook.body.encode()
        request = _request(
            target, body, webhook_headers(webhook.message_id, int(now.timestamp()), body, keys)
        )
        try:
            status, retry_after = self._exchange(target, addresses, request)
        except (OSError, HTTPException, ValueError) as error:
            self._resting[receiver] = now + REST
            raise WebhookFailedError(f"the receiver: {type(error).__name__}") from None
        retry_at = _retry_at(retry_after, now)
        if status in OVERLOADED:
            self._resting[receiver] = retry_at or now + REST
        if not 200 <= status < 300:  # noqa: PLR2004 - success, as HTTP counts
            reason = f"the receiver answered {status}"
            raise WebhookFailedError(reason, retry_at=retry_at, is_gone=status == GONE)

    def _exchange(
        self, target: WebhookTarget, addresses: Sequence[Address], request: bytes
    ) -> tuple[int, str | None]:
        """The answer's status and its Retry-After; the first address that takes a connection."""
        deadline = time.monotonic() + self._timeout
        with _connected(addresses, target.port, deadline) as plain:
            if target.scheme != "https":
                return _answer(plain, request, deadline)
            plain.settimeout(_left(deadline))
            with self._tls().wrap_socket(plain, server_hostname=target.host) as encrypted:
                return _answer(encrypted, request, deadline)


def _checked(
    url: str, rules: WebhookRules, resolve: Resolve
) -> tuple[WebhookTarget, Sequence[Address]]:
    target = WebhookTarget.of(url, rules)
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError, ValueError):
        addresses = []
    target.check(addresses, rules)
    return target, addresses


def _connected(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    failure: OSError = TimeoutError()
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), _left(deadline))
        except OSError as error:
            failure = error
    raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(target: WebhookTarget, body: bytes, signed: dict[str, str]) -> bytes:
    headers = {
        "Host": target.host_header,
        "User-Agent": USER_AGENT,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **signed,
    }
    lines = (f"POST {target.path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items()))
    return "\r\n".join((*lines, "", "")).encode("ascii") + body


def _answer(channel: socket.socket, request: bytes, deadline: float) -> tuple[int, str | None]:
    channel.settimeout(_left(deadline))
    channel.sendall(request)
    received = b""
    while True:
        head, end, rest = received.partition(b"\r\n\r\n")
        if end:
            status, retry_after = _read_head(head)
            if status >= 200:  # noqa: PLR2004 - what comes before is not the answer yet
                return status, retry_after
            received = rest
            continue
        if len(received) > HEAD_LIMIT:
            raise HTTPException("headers are too long")
        channel.settimeout(_left(deadline))
        more = channel.recv(4096)
        if not more:
            raise HTTPException("no answer")
        received += more


def _read_head(head: bytes) -> tuple[int, str | None]:
    first, _, headers = head.partition(b"\r\n")
    version, _, rest = first.partition(b" ")
    status = rest[:3]
    if not version.startswith(b"HTTP/1.") or not status.isdigit():
        raise HTTPException("not an answer of HTTP/1.1")
    return int(status), parse_headers(io.BytesIO(headers + b"\r\n\r\n")).get("Retry-After")


def _retry_at(text: str | None, now: datetime) -> datetime | None:
    """When a receiver wants to be called again, within reason; None where it does not say."""
    if text is None:
        return None
    try:
        at = now + timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(at, now), now + LONGEST_PAUSE)
