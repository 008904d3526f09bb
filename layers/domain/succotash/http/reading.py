"""Strict reading of bodies and query strings: nothing ambiguous gets past this module."""

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError

from succotash.errors import (
    NAME_SHOWN,
    Flaw,
    InvalidInputError,
    MalformedRequestError,
    TooLargeError,
    UnsupportedMediaTypeError,
    Violation,
)

type Parsed = str | int | Decimal | bool | list[Parsed] | dict[str, Parsed] | None
"""JSON as read here: numbers with a fraction or exponent stay exact."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in a batch for a value that cannot be read, until its item is judged."""

    error: MalformedRequestError


type Unchecked = (
    Unreadable | str | int | Decimal | bool | Sequence[Unchecked] | Mapping[str, Unchecked] | None
)
"""JSON in which each unreadable value is marked; `check_plain` raises the first one's error."""

JSON_TYPE = "application/json"
NDJSON_TYPE = "application/x-ndjson"
FORM_TYPE = "application/x-www-form-urlencoded"
KILOBYTE = 1024
DEPTH_LIMIT = 20
FIELD_LIMIT = 200
"""The most fields in one object, one form or one query string."""
NUMBER_LENGTH_LIMIT = 40
EXPONENT_LIMIT = 308
INTEGER_LIMIT = 2**63


def read_bytes(event: Mapping[str, Any], limit: int) -> bytes:
    """The body, decoded where API Gateway encoded it; at most `limit` bytes."""
    text = event.get("body") or ""
    too_large = TooLargeError(f"the limit is {limit // KILOBYTE} KB")
    try:
        if event.get("isBase64Encoded"):
            if len(text) > limit * 4 // 3 + 4:
                raise too_large
            body = base64.b64decode(text, validate=True)
        else:
            if len(text) > limit:
                raise too_large
            body = text.encode()
    except UnicodeEncodeError:
        raise MalformedRequestError(
            "the body contains an unpaired surrogate", Flaw.SURROGATE
        ) from None
    except ValueError:  # of binascii's kind, or plain where a character is not ASCII
        raise MalformedRequestError("the body is not valid base64") from None
    if len(body) > limit:
        raise too_large
    return body


def media_type(headers: Mapping[str, str], taken: Sequence[str]) -> str:
    """The body's content type, one of those taken; UnsupportedMediaTypeError otherwise."""
    given, *parameters = (
        part.strip().lower() for part in headers.get("content-type", "").split(";")
    )
    if given not in taken:
        raise UnsupportedMediaTypeError(f"expected {' or '.join(taken)}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMediaTypeError("expected UTF-8")
    return given


def read_text(body: bytes) -> str:
    """The body as text; MalformedRequestError where it is not UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise MalformedRequestError("the body is not valid UTF-8", Flaw.NOT_UTF8) from None


def parse_json(text: str) -> Parsed:
    """JSON (RFC 8259) without repeated names, numbers out of range, or very large objects."""
    parsed: Parsed = _load(text, lambda read: read)
    return parsed


def parse_batch(text: str) -> Unchecked:
    """JSON as `parse_json` reads it, but what is wrong with a value is told where the value stands.

    MalformedRequestError only where the text is not JSON at all, or nested too deep to be parsed.
    """
    parsed: Unchecked = _load(text, _marking)
    return parsed


def _load(text: str, reading: Callable[[Callable[[Any], Any]], Callable[[Any], Any]]) -> Any:  # noqa: ANN401 - by `reading`
    try:
        return json.loads(
            text,
            object_pairs_hook=reading(_object),
            parse_int=reading(_integer),
            parse_float=reading(_number),
            parse_constant=reading(_no_constant),
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequestError(f"the body is not valid JSON ({place})") from None
    except RecursionError:
        raise _too_deep() from None


def _marking[Given, Read](read: Callable[[Given], Read]) -> Callable[[Given], Read | Unreadable]:
    """The same reader, whose failures become values."""

    def read_or_mark(given: Given) -> Read | Unreadable:
        try:
            return read(given)
        except MalformedRequestError as error:
            return Unreadable(error)

    return read_or_mark


def check_plain(value: Unchecked, depth: int = DEPTH_LIMIT) -> None:
    """Raise MalformedRequestError for what is unreadable, cannot be kept or is nested too deep."""
    match value:
        case str():
            _check_text(value)
        case list() | dict() if depth == 0:
            raise _too_deep()
        case list():
            for each in value:
                check_plain(each, depth - 1)
        case dict():
            for name, each in value.items():
                _check_text(name)
                check_plain(each, depth - 1)
        case Unreadable():
            raise value.error
        case _:
            pass


def read_json(text: str) -> Parsed:
    """A whole body, parsed and checked."""
    parsed = parse_json(text)
    check_plain(parsed)
    return parsed


def read_object(text: str) -> dict[str, Parsed]:
    """A whole body that must be one JSON object."""
    return require_object(read_json(text))


def require_object(parsed: Parsed) -> dict[str, Parsed]:
    """The object, or MalformedRequestError."""
    if not isinstance(parsed, dict):
        raise MalformedRequestError("the body must be one JSON object")
    return parsed


def read_pairs(text: str, what: str) -> list[tuple[str, str]]:
    """Urlencoded names and values in their order; blank values are kept."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELD_LIMIT)
    except UnicodeDecodeError:
        raise MalformedRequestError(f"{what} is not valid UTF-8", Flaw.NOT_UTF8) from None
    except ValueError:
        raise _too_many_fields(what) from None
    for name, value in pairs:
        _check_text(name)
        _check_text(value)
    return pairs


def require_few_fields(count: int, what: str) -> None:
    """MalformedRequestError for more fields than are taken."""
    if count > FIELD_LIMIT:
        raise _too_many_fields(what)


def read_query(raw: str) -> dict[str, str]:
    """The query string; InvalidInputError where a parameter is repeated."""
    pairs = read_pairs(raw, "the query string")
    names = [name for name, _ in pairs]
    if repeated := dict.fromkeys(name for name in names if names.count(name) > 1):
        raise InvalidInputError(
            [Violation(name[:NAME_SHOWN], "repeated", "Must not be repeated") for name in repeated]
        )
    return dict(pairs)


@cache
def adapter(model: object) -> TypeAdapter[Any]:
    """The validator of a model or TypedDict, made when first needed."""
    return TypeAdapter(model)


def read_model(model: object, value: object, field: str = "") -> Any:  # noqa: ANN401 - by model
    """The value as the model has it; InvalidInputError lists everything that is wrong.

    `field` names a value that is no object with fields of its own.
    """
    try:
        return adapter(model).validate_python(value)
    except ValidationError as error:
        raise InvalidInputError(violations_of(error, field)) from None


def violations_of(error: ValidationError, field: str = "") -> list[Violation]:
    """Pydantic's findings in our words, without the values they are about."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    violations = []
    for each in found:
        place = ".".join(str(part)[:NAME_SHOWN] for part in each["loc"]) or field
        if each["type"] == "extra_forbidden":
            violations.append(Violation.unknown_field(place, str(each["loc"][-1])))
            continue
        code, message = _WORDS.get(each["type"], (each["type"], each["msg"]))
        violations.append(Violation(place, code, message))
    return violations


_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "Required"),
    "model_type": ("object_type", "Must be an object"),
    "dict_type": ("object_type", "Must be an object"),
    "tuple_type": ("list_type", "Must be a list"),
    "list_type": ("list_type", "Must be a list"),
}


def _object(pairs: list[tuple[str, Parsed]]) -> dict[str, Parsed]:
    if len(pairs) > FIELD_LIMIT:
        raise _too_many_fields("an object")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedRequestError("an object repeats a field name", Flaw.REPEATED_NAME)
    return found


def _integer(digits: str) -> int:
    if len(digits) > NUMBER_LENGTH_LIMIT or not -INTEGER_LIMIT <= int(digits) < INTEGER_LIMIT:
        raise MalformedRequestError("an integer does not fit into 64 bits", Flaw.NUMBER)
    return int(digits)


def _number(digits: str) -> Decimal:
    if len(digits) > NUMBER_LENGTH_LIMIT:
        raise MalformedRequestError("a number has too many digits", Flaw.NUMBER)
    try:
        number = Decimal(digits)
    except InvalidOperation:  # an exponent beyond those of decimal itself
        raise MalformedRequestError("a number is out of range", Flaw.NUMBER) from None
    if abs(number.adjusted()) > EXPONENT_LIMIT or math.isinf(float(number)):
        raise MalformedRequestError("a number is out of range", Flaw.NUMBER)
    return number


def _no_constant(name: str) -> float:
    raise MalformedRequestError(f"{name} is not a JSON number", Flaw.NUMBER)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedRequestError("a string contains a NUL character", Flaw.NUL)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedRequestError(
            "a string contains an unpaired surrogate", Flaw.SURROGATE
        ) from None


def _too_deep() -> MalformedRequestError:
    return MalformedRequestError(
        f"the body is nested deeper than {DEPTH_LIMIT} levels", Flaw.TOO_DEEP
    )


def _too_many_fields(what: str) -> MalformedRequestError:
    return MalformedRequestError(f"{what} has more than {FIELD_LIMIT} fields", Flaw.TOO_MANY_FIELDS)
