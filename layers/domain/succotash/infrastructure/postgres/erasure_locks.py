"""Locks that keep facts about people and erasures of these people apart, in PostgreSQL."""

from collections.abc import Collection

from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements

_SQL = statements("erasure_locks")
_STRIPES = 64

ALL_STRIPES = range(_STRIPES)
"""Locks are shared by stripes, so that a batch about ten thousand people takes no more of them."""


def stripes_of(tombstones: Collection[str]) -> list[int]:
    """The locks that stand for these tombstones."""
    return sorted({int(each[:8], 16) % _STRIPES for each in tombstones})


def share_stripes(session: Session, stripes: Collection[int]) -> None:
    """Keep erasures out until the transaction ends, for who records a fact."""
    session.run(_SQL["share_stripes"], stripes=[*stripes])


def take_stripes(session: Session, stripes: Collection[int]) -> None:
    """Keep everybody else out until the transaction ends, for who erases."""
    session.run(_SQL["take_stripes"], stripes=[*stripes])
