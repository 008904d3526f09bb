"""Webhooks by the Standard Webhooks scheme: where they may go, and how they are signed.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Self
from urllib.parse import urlsplit

from succotash.domain.values import MessageId
from succotash.errors import SettingsError, Violation

FIELD = "webhook_url"
HTTPS_PORT = 443
LONGEST_URL = 2_000
SECRET_PREFIX = "whsec_"  # noqa: S105 - begins every secret of the scheme
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
"""Bytes, by the scheme."""

USUAL_PORTS = frozenset({HTTPS_PORT})

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_CARRIES_IPV4 = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are an IPv4 address, which decides."""
_SPECIAL_IPV6 = (
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, which carries any IPv4 address
    IPv6Network("3fff::/20"),  # documentation
    IPv6Network("5f00::/16"),  # segment routing
)
_SPECIAL_IPV4 = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, and the metadata of one cloud
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("168.63.129.16/32"),  # the metadata of another
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A call of somebody's program."""

    url: str
    message_id: MessageId
    """The same at every repetition."""
    body: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """The rules about addresses of webhooks in a deployment."""

    ports: frozenset[int] = USUAL_PORTS
    loopback: bool = False
    """Whether this machine may be called, and then by http and at any port; for local runs."""


class WebhookUrlError(ValueError):
    """A webhook may not go to an address; `violation` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.violation = Violation(FIELD, code, message)

    @classmethod
    def of_host(cls) -> Self:
        """Its host is within a private network, or cannot be reached from outside."""
        return cls("private_address", "Must not lead to a private or reserved network")


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A webhook's address, taken apart once: what was checked is what is called."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query."""

    @property
    def host_header(self) -> str:
        """The host as a request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"

    @classmethod
    def of(cls, url: str, rules: WebhookRules) -> Self:
        """The address that a text is; WebhookUrlError where none that the rules allow."""
        wrong = WebhookUrlError("webhook_url", "Must be an https address without a user")
        if len(url) > LONGEST_URL or not all("!" <= each <= "~" for each in url) or "\\" in url:
            raise wrong
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise wrong from None
        has_user = "@" in parts.netloc
        if not host or has_user or "%" in host or parts.scheme not in {"https", "http"}:
            raise wrong
        if parts.scheme == "http" and not rules.loopback:
            raise wrong
        port = port if port is not None else HTTPS_PORT if parts.scheme == "https" else 80
        if port not in rules.ports and not rules.loopback:
            allowed = ", ".join(map(str, sorted(rules.ports)))
            raise WebhookUrlError("webhook_port", f"Must use one of the ports {allowed}")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, host.rstrip("."), port, path)

    def check(self, addresses: Sequence[IPv4Address | IPv6Address], rules: WebhookRules) -> None:
        """WebhookUrlError where the host has no address, or one that may not be called.

        By http and at odd ports, only this machine itself may be.
        """
        if not addresses:
            raise WebhookUrlError("unknown_host", "Host cannot be resolved")
        is_odd = self.scheme != "https" or self.port not in rules.ports
        for each in addresses:
            is_own = rules.loopback and each.is_loopback
            if not (is_own or (is_public(each) and not is_odd)):
                raise WebhookUrlError.of_host()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the internet's, and no special one.

    Of IPv6 those are public that are allocated to networks (2000::/3), so loopback, link-local,
    unique local, multicast and mapped addresses are not; what carries an IPv4 address is judged
    by that one. https://www.iana.org/assignments/iana-ipv6-special-registry
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _CARRIES_IPV4:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        return address in _GLOBAL_UNICAST and not any(address in each for each in _SPECIAL_IPV6)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in each for each in _SPECIAL_IPV4)
    )


def signing_keys(listed: str) -> tuple[bytes, ...]:
    """The keys of secrets with commas between; SettingsError where one is none of the scheme.

    All of them sign, so that receivers can change from one to the next when they like.
    """
    return tuple(_key(each.strip()) for each in listed.split(","))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise SettingsError(
            f"a secret of webhooks must be {SECRET_PREFIX} and {SHORTEST_SECRET} to "
            f"{LONGEST_SECRET} bytes in base64"
        )
    return key


def webhook_headers(
    message_id: MessageId, timestamp: int, body: bytes, keys: Sequence[bytes]
) -> dict[str, str]:
    """The headers of the scheme, with a signature for each key.

    `timestamp`, in Unix seconds, is of the attempt; the id is the same at every attempt.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = [hmac.new(each, signed, hashlib.sha256).digest() for each in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(each).decode('ascii')}" for each in digests
        ),
    }
