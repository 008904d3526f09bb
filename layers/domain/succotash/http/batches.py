"""Batches of items, each read by itself, so that a bad one loses no good one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from succotash.application.batches import Rejected
from succotash.domain.people.identities import is_personal
from succotash.domain.values import ID_LIMIT, is_printable
from succotash.errors import NAME_SHOWN, InvalidInputError, MalformedRequestError, Violation
from succotash.http.reading import (
    KILOBYTE,
    NDJSON_TYPE,
    Unchecked,
    Unreadable,
    check_plain,
    parse_batch,
    read_text,
)
from succotash.http.rejections import Rejections
from succotash.http.requests import Call

BATCH_BYTES = 1024 * KILOBYTE
BATCH_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Kind[T]:
    """One kind of batch: the model of its items, and how they are read."""

    envelope: str
    """The field that holds the items."""
    id_field: str
    read: Callable[[Unchecked], T]
    """The item; InvalidInputError where it is not acceptable."""


def read_batch[T](call: Call, kind: Kind[T]) -> list[T | Rejected]:
    """Every item of the batch, as it is or as rejected.

    One JSON object with the list in its only field, or one item a line (NDJSON). Whatever is wrong
    with an item rejects that item alone. Raises MalformedRequestError for a body that is not JSON
    or whose envelope is wrong, and InvalidInputError where there is no item or too many.
    """
    is_ndjson = call.read_media_type() == NDJSON_TYPE
    text = read_text(call.read_body())
    rejections = Rejections()
    if is_ndjson:
        lines = [line for line in text.split("\n") if line.strip()]
        _require_length(lines, kind.envelope)
        return [_read_line(line, kind, rejections) for line in lines]
    items = _unwrap(parse_batch(text), kind.envelope)
    _require_length(items, kind.envelope)
    return [_read_item(item, kind, rejections) for item in items]


def _unwrap(parsed: Unchecked, name: str) -> Sequence[Unchecked]:
    """The items, to be judged one by one; everything around them is judged here."""
    match parsed:
        case Unreadable():
            raise parsed.error
        case dict():
            items = parsed.get(name)
        case _:
            raise MalformedRequestError("the body must be one JSON object")
    others = {each: value for each, value in parsed.items() if each != name}
    check_plain(others if isinstance(items, list) else parsed)
    violations = [Violation.unknown_field(each[:NAME_SHOWN]) for each in others]
    if name not in parsed:
        violations.append(Violation(name, "required", "Required"))
    elif not isinstance(items, list):
        violations.append(Violation(name, "list_type", "Must be a list"))
    if violations:
        raise InvalidInputError(violations)
    return items if isinstance(items, list) else []


def _require_length(items: Sequence[object], name: str) -> None:
    if not items:
        raise InvalidInputError.of(name, "empty", "Must not be empty")
    if len(items) > BATCH_LIMIT:
        raise InvalidInputError.of(name, "too_long", f"At most {BATCH_LIMIT} items")


def _read_line[T](line: str, kind: Kind[T], rejections: Rejections) -> T | Rejected:
    try:
        item = parse_batch(line)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this line's
        return Rejected(None, None, rejections.because_of(error))
    return _read_item(item, kind, rejections)


def _read_item[T](item: Unchecked, kind: Kind[T], rejections: Rejections) -> T | Rejected:
    try:
        check_plain(item)
        return kind.read(item)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's
        violations = rejections.because_of(error)
    customer_id = _text_of(item, "customer_id")
    is_told = customer_id is not None and not is_personal(customer_id)
    return Rejected(_text_of(item, kind.id_field), customer_id if is_told else None, violations)


def _text_of(item: Unchecked, name: str) -> str | None:
    """An id of a rejected item, where it can be told."""
    value = item.get(name) if isinstance(item, dict) else None
    is_told = isinstance(value, str) and len(value) <= ID_LIMIT and is_printable(value)
    return str(value) if is_told else None
