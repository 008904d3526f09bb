"""Tombstones: that somebody was erased, known only to who asks about the same person again."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Self
from urllib.parse import unquote

from succotash.domain.values import Json
from succotash.errors import ConflictError

SHA256_BLOCK = 64
"""Bytes."""
SUPPRESSION = "suppression"
"""The kind of digest that stands for an address that is not written to."""


class ErasedError(ConflictError):
    """The request is older than the erasure of its person, or repeats what was erased."""

    def __init__(self) -> None:
        super().__init__("what this repeats was erased")


@dataclass(frozen=True, slots=True)
class DigestBlocks:
    """A key and a kind as HMAC-SHA-256 takes them in, for storages that have SHA-256 alone.

    The digest of a text is sha256(outer + sha256(inner + text)); see RFC 2104.
    """

    inner: bytes = field(repr=False)
    outer: bytes = field(repr=False)

    @classmethod
    def of(cls, key: bytes, kind: str) -> Self:
        """The blocks that digest a text as `Tombstones` does for this kind."""
        short = hashlib.sha256(key).digest() if len(key) > SHA256_BLOCK else key
        padded = short.ljust(SHA256_BLOCK, b"\0")
        inner, outer = (bytes(each ^ pad for each in padded) for pad in (0x36, 0x5C))
        return cls(inner + f"{kind}\0".encode(), outer)

    def digest(self, text: str) -> str:
        """The digest of a text, in hexadecimal."""
        inside = hashlib.sha256(self.inner + text.encode()).digest()
        return hashlib.sha256(self.outer + inside).hexdigest()


@lru_cache(64)  # a few keys, and what is digested by them
def digest_blocks(key: str, kind: str) -> DigestBlocks:
    """The blocks of a key for a kind; their digest is HMAC-SHA256 of the kind, NUL and the text.

    By blocks it takes a third of the time that `hmac.digest` takes.
    """
    return DigestBlocks.of(key.encode(), kind)


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Makes tombstones: HMAC-SHA256 under a key that no storage knows.

    They are made by the first key and recognised by all of them; a key that goes takes what it made
    along. Without keys there are none, and nothing counts as erased.
    """

    keys: Callable[[], Sequence[str]] = field(default=tuple, repr=False)

    def of_person(self, canonical_email: str) -> tuple[str, ...]:
        """One for each key, the one to make first."""
        return self._of("person", canonical_email)

    def of_customer(self, customer_id: str) -> tuple[str, ...]:
        """The tombstones of an account, as `of_person` makes them."""
        return self._of("customer", customer_id)

    def of_request(self, scope: str, key: str) -> tuple[str, ...]:
        """The tombstones of a request that its sender may repeat."""
        return self._of("request", f"{scope}\0{key}")

    def of_mailbox(self, mailbox: str) -> tuple[str, ...]:
        """The digests of a mailbox whose mails are counted."""
        return self._of("mailbox", mailbox)

    def of_suppression(self, canonical_email: str) -> tuple[str, ...]:
        """The digests of an address that gets no messages."""
        return self._of(SUPPRESSION, canonical_email)

    def blocks(self, kind: str) -> tuple[DigestBlocks, ...]:
        """The blocks from which a storage makes the same digests, one for each key."""
        return tuple(digest_blocks(key, kind) for key in self.keys())

    def _of(self, kind: str, text: str) -> tuple[str, ...]:
        return tuple(digest_blocks(key, kind).digest(text) for key in self.keys())


NO_TOMBSTONES = Tombstones()


def erased_at(tombstones: Iterable[str], erased: Mapping[str, datetime]) -> datetime | None:
    """When what these stand for was last erased; None where it never was."""
    return max((erased[each] for each in tombstones if each in erased), default=None)


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """An erased person, and when: nothing older may be stored."""

    canonical_email: str
    erased_at: datetime

    def is_named_in(self, text: str) -> bool:
        """Whether the address stands in a text, in any case, also as it is in a URL."""
        if "@" not in text and "%40" not in text:
            return False
        # Another's address may begin or end with this one.
        addresses = "|".join(re.escape(_folded(each)) for each in self.spellings())
        pattern = rf"(?<![\w.+-])(?:{addresses})(?!\.?[\w-])"
        return any(re.search(pattern, _folded(each)) for each in {text, unquote(text)})

    def is_named_within(self, value: Json) -> bool:
        """Whether the address stands in any text of a document."""
        match value:
            case str():
                return self.is_named_in(value)
            case list():
                return any(map(self.is_named_within, value))
            case dict():
                return any(map(self.is_named_within, [*value, *value.values()]))
            case _:
                return False

    def spellings(self) -> set[str]:
        """The address, and as mail servers write it where its domain is not in ASCII."""
        from email_validator import validate_email  # only erasures pay for it

        in_ascii = validate_email(self.canonical_email, check_deliverability=False).ascii_email
        return {self.canonical_email, in_ascii or self.canonical_email}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request with a key and its response, in case it is repeated."""

    scope: str
    key: str
    expires_at: datetime
    answer: Mapping[str, Json] | None
