"""Tokens that only this deployment can have made: what they are about, and when they were made."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from succotash.errors import SuccotashError

SHORTEST_KEY = 16
"""Characters; a key is meant to be random."""
LONGEST_TOKEN = 1_000
CLOCKS_APART = timedelta(minutes=2)
"""The time by which the clock of the machine that signed may be ahead of ours."""


class InvalidTokenError(SuccotashError):
    """A token that was not made here, or for something else."""

    def __init__(self) -> None:
        super().__init__("the token is not valid")


class ExpiredTokenError(InvalidTokenError):
    """A token that was made here, too long ago."""


@dataclass(frozen=True, slots=True)
class SignedToken:
    """The contents of a token."""

    subject: str
    issued_at: datetime
    """To the second."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the first of its keys and recognises what any of them signed (HMAC-SHA256).

    A new key is put before the old ones, which go once everything they signed has expired.
    """

    purpose: str
    """Tokens of two purposes are never taken for each other."""
    keys: Sequence[str] = field(repr=False)

    def sign(self, subject: str, at: datetime) -> str:
        """A token of letters, digits, `-`, `_` and `.`, fit for an address."""
        content = f"{int(at.timestamp())}:{subject}".encode()
        return f"{_text(content)}.{_text(self._signature(self.keys[0], content))}"

    def read(self, token: str, now: datetime, lifetime: timedelta) -> SignedToken:
        """Read a token; InvalidTokenError, or ExpiredTokenError after its lifetime."""
        if len(token) > LONGEST_TOKEN:
            raise InvalidTokenError
        encoded, _, signature = token.partition(".")
        content, given = _bytes(encoded), _bytes(signature)
        # Every key is tried, so that the time it takes says nothing.
        matches = [hmac.compare_digest(given, self._signature(key, content)) for key in self.keys]
        if not any(matches):
            raise InvalidTokenError
        seconds, _, subject = content.decode().partition(":")
        issued_at = datetime.fromtimestamp(int(seconds), UTC)
        if issued_at > now + CLOCKS_APART:
            raise InvalidTokenError
        if now - issued_at > lifetime:
            raise ExpiredTokenError
        return SignedToken(subject, issued_at)

    def _signature(self, key: str, content: bytes) -> bytes:
        return hmac.digest(key.encode(), self.purpose.encode() + b"\0" + content, hashlib.sha256)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """The bytes; only the one way of writing them that `_text` has is taken."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidTokenError from None
    if _text(content) != text:
        raise InvalidTokenError
    return content
