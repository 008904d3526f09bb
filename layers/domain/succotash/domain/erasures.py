"""Tombstones: that somebody was erased, known only to who asks about the same person again."""

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from succotash.domain.values import Json
from succotash.errors import ConflictError

KEY_LENGTH = 16
"""The least characters of a key; it is meant to be random."""


class ErasedError(ConflictError):
    """What was sent is older than the erasure of its person, or repeats what was erased."""

    def __init__(self) -> None:
        super().__init__("what this repeats was erased")


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
        """As `of_person`, for an account."""
        return self._of("customer", customer_id)

    def of_request(self, scope: str, key: str) -> tuple[str, ...]:
        """As `of_person`, for a request that its sender may repeat."""
        return self._of("request", f"{scope}\0{key}")

    def of_mailbox(self, mailbox: str) -> tuple[str, ...]:
        """As `of_person`, for a mailbox whose mails are counted."""
        return self._of("mailbox", mailbox)

    def _of(self, kind: str, text: str) -> tuple[str, ...]:
        content = f"{kind}\0{text}".encode()
        return tuple(hmac.digest(key.encode(), content, "sha256").hex() for key in self.keys())


NO_TOMBSTONES = Tombstones()


def erased_at(tombstones: Iterable[str], erased: Mapping[str, datetime]) -> datetime | None:
    """When what these stand for was last erased; None where it never was."""
    return max((erased[each] for each in tombstones if each in erased), default=None)


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """What is remembered of a request with a key, in case it is repeated."""

    scope: str
    key: str
    expires_at: datetime
    answer: Mapping[str, Json] | None
