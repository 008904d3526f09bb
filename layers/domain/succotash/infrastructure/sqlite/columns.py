"""Writes values into columns: instants in microseconds, money in ten-thousandths, JSON as text.

Sums of money, which may pass 64 bits, are whole ten-thousandths as text.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address

from succotash.domain.values import MONEY_PLACES, Currency, Money
from succotash.errors import CurrencyMismatchError, StorageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """An aware instant as microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def optional_micros(moment: datetime | None) -> int | None:
    """An instant in microseconds; None stays None."""
    return None if moment is None else micros(moment)


def instant(microseconds: int) -> datetime:
    """The instant so many microseconds after 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def optional_instant(microseconds: int | None) -> datetime | None:
    """An instant from microseconds; None stays None."""
    return None if microseconds is None else instant(microseconds)


def instant_text(microseconds: int) -> str:
    """The instant as ISO 8601 text with offset, in UTC."""
    return instant(microseconds).isoformat()


def micros_of_text(text: str) -> int:
    """The microseconds of an instant in ISO 8601 text with offset."""
    return micros(datetime.fromisoformat(text))


def micros_span(span: timedelta) -> int:
    """A length of time in microseconds."""
    return span // _MICROSECOND


def money(units: int | str | None, currency: str | None) -> Money | None:
    """Money of two columns; None where either is empty."""
    if units is None or currency is None:
        return None
    return Money.of_units(int(units), Currency(currency))


def currency_of(first: Money, *others: Money) -> Currency:
    """The one currency of amounts that share a column for it; CurrencyMismatchError."""
    for other in others:
        if other.currency != first.currency:
            raise CurrencyMismatchError(first.currency, other.currency)
    return first.currency


def amount(units: int | str) -> Decimal:
    """An amount from ten-thousandths."""
    return Decimal(int(units)).scaleb(-MONEY_PLACES)


def json_text(value: object) -> str:
    """A value as JSON text; StorageError where JSON has no such value (NaN, infinity)."""
    document = dict(value) if isinstance(value, Mapping) else value
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise StorageError("a value cannot be written as JSON") from None


def address_text(address: str | None) -> str | None:
    """An IP address in its canonical notation, so that equal addresses are equal text."""
    if address is None:
        return None
    try:
        return str(ip_address(address))
    except ValueError:
        raise StorageError("an address is not an IP address") from None
