"""Keyed hashes of texts, in a form that a storage can compute for many rows at once."""

import hashlib
from dataclasses import dataclass, field
from typing import Self

_BLOCK = 64
"""Bytes that SHA-256 takes at a time."""
_INNER, _OUTER = 0x36, 0x5C
"""What HMAC pads a key with (RFC 2104)."""


@dataclass(frozen=True, slots=True)
class KeyedHash:
    """HMAC-SHA-256 of texts behind a fixed prefix, as the two hashes that it consists of.

    sha256(outer ‖ sha256(inner ‖ text)) equals HMAC(key, prefix ‖ text). Neither part gives the
    key away to who sees a statement's text, but both together are as good as the key: they go
    into a statement as parameters and nowhere else.
    """

    inner: bytes = field(repr=False)
    outer: bytes = field(repr=False)

    @classmethod
    def under(cls, key: str, prefix: str) -> Self:
        """The hash under a key, of texts that follow this prefix."""
        secret = key.encode()
        if len(secret) > _BLOCK:
            secret = hashlib.sha256(secret).digest()
        block = secret.ljust(_BLOCK, b"\0")
        return cls(
            bytes(each ^ _INNER for each in block) + prefix.encode(),
            bytes(each ^ _OUTER for each in block),
        )

    def of(self, text: str) -> str:
        """The hash of one text, in hexadecimal digits."""
        inner = hashlib.sha256(self.inner + text.encode()).digest()
        return hashlib.sha256(self.outer + inner).hexdigest()
