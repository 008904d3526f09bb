"""Building blocks of bodies and query strings: closed models, exact types.

Bodies are parsed before they are validated, so every type here reads plain Python values.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from succotash.application.paging import MAX_PAGE
from succotash.domain.people.identities import is_personal
from succotash.domain.values import ID_LIMIT, PAGE, Json, is_printable
from succotash.errors import InvalidInputError
from succotash.http.reading import Parsed

CLOSED = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
"""Unknown fields are refused and nothing is coerced."""
LAX = Field(strict=False)
"""For closed sets and tuples: JSON has only texts and lists to say them with."""

FIRST_YEAR, LAST_YEAR = 1900, 2999
OUT_OF_RANGE = "Must lie between 1901 and 2998"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


class Closed(BaseModel):
    """A body or query string that takes the fields it names and no others."""

    model_config = CLOSED


def _one_line(text: str) -> str:
    # Nearly every text is printable in Python's narrower sense too, which is quick to find out.
    if not (text.isprintable() or is_printable(text)):
        raise PydanticCustomError("control_character", "Control characters are not allowed")
    return text


def _impersonal(text: str) -> str:
    if is_personal(text):
        raise PydanticCustomError(
            "personal_id",
            "E-mail addresses and phone numbers are not allowed in a path; use the customer_id "
            "of an API response",
        )
    return text


def parse_instant(value: object) -> datetime:
    """An instant of RFC 3339 with its zone, in UTC; raises PydanticCustomError with a code.

    Storages take fewer offsets than the 24 hours that can be written: PostgreSQL less than 16.
    """
    if isinstance(value, datetime):
        moment = value
    elif not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("instant", "Must be a time such as 2026-01-31T09:30:00Z")
    else:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("instant", "Invalid time") from None
    if moment.tzinfo is None:
        raise PydanticCustomError("timezone_missing", "Requires a time zone, such as Z or +01:00")
    # The written year comes first: at the ends of the calendar the conversion would overflow.
    if FIRST_YEAR < moment.year < LAST_YEAR:
        in_utc = moment.astimezone(UTC)
        if FIRST_YEAR < in_utc.year < LAST_YEAR:
            return in_utc
    raise PydanticCustomError("instant_out_of_range", OUT_OF_RANGE)


def require_instant(field: str, value: object) -> datetime:
    """An instant that stands outside of a model; InvalidInputError names the field."""
    try:
        return parse_instant(value)
    except PydanticCustomError as error:
        raise InvalidInputError.of(field, error.type, error.message()) from None


def _parse_day(value: object) -> date:
    if isinstance(value, date):
        return value
    if not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise PydanticCustomError("day", "Must be a date such as 2026-01-31")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day", "Invalid date") from None
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise PydanticCustomError("day_out_of_range", OUT_OF_RANGE)
    return day


def _parse_day_or_instant(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return _parse_day(value)
    return parse_instant(value)


def _parse_amount(value: object) -> Decimal:
    match value:
        case Decimal():
            return value
        case bool():
            pass
        case int():
            return Decimal(value)
        case str() if _AMOUNT.fullmatch(value):
            return Decimal(value)
        case _:
            pass
    raise PydanticCustomError("amount", 'Must be an amount such as "12.50"')


def _parse_real(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def _parse_count(value: object) -> object:
    return int(value) if isinstance(value, str) and _COUNT.fullmatch(value) else value


def json_of(value: Parsed) -> Json:
    """JSON with floating-point numbers, as answers and rules keep it."""
    match value:
        case Decimal():
            return float(value)
        case list():
            return [json_of(each) for each in value]
        case dict():
            return json_object_of(value)
        case _:
            return value


def json_object_of(value: Mapping[str, Parsed]) -> dict[str, Json]:
    """An object of such JSON."""
    return {name: json_of(each) for name, each in value.items()}


ONE_LINE = Field(json_schema_extra={"pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"})

Id = Annotated[str, Field(min_length=1, max_length=ID_LIMIT), AfterValidator(_one_line), ONE_LINE]
"""An id that comes from outside."""
CustomerPathId = Annotated[Id, AfterValidator(_impersonal)]
"""A customer's id in an address, where no personal one may stand."""
Slug = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
"""An id that people choose and that stands in addresses."""
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line), ONE_LINE]
"""A name or title."""
Prose = Annotated[str, Field(max_length=2000)]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]
"""ISO 4217."""
Instant = Annotated[datetime, BeforeValidator(parse_instant)]
Day = Annotated[date, BeforeValidator(_parse_day)]
DayOrInstant = Annotated[datetime | date, BeforeValidator(_parse_day_or_instant)]
"""A day of the deployment's zone, or an instant with a zone of its own."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_parse_amount),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": rf"^{_AMOUNT.pattern}$"}, {"type": "number"}],
            "description": "A decimal string (preferred) or a number; read exactly.",
        },
        mode="validation",
    ),
]
Exact = BeforeValidator(_parse_real)
"""For floats: bodies hold their numbers exactly."""
Digits = BeforeValidator(_parse_count)
"""For integers: query strings hold texts."""
Real = Annotated[float, Field(allow_inf_nan=False), Exact]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE), Digits]
Score = Annotated[int, Field(ge=0, le=100), Digits]
Cursor = Annotated[str, Field(min_length=1, max_length=1000)]


class Paged(Closed):
    """The parameters of every list."""

    limit: Limit = PAGE
    """The most rows in the answer."""
    cursor: Cursor | None = None
