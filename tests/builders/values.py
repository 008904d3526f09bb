"""Instants, money and names."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from succotash.domain.people.identities import Pseudonyms
from succotash.domain.values import (
    Currency,
    Money,
)

USD = Currency("USD")
NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
"""A Monday, when nothing else is said."""

PSEUDONYMS = Pseudonyms(lambda: ("a key of these tests",))
name_customer = PSEUDONYMS.name


def at(text: str) -> datetime:
    """An instant; in UTC unless the text says otherwise."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def usd(amount: str | int | Decimal) -> Money:
    return Money(Decimal(amount), USD)
