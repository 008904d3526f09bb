"""One order or event of a batch: read by itself, so that a bad one loses no good one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from succotash.application.batches import Rejected
from succotash.domain.people.identities import NameCustomer, is_personal
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind, Order
from succotash.domain.values import (
    ID_LIMIT,
    CampaignId,
    EventId,
    is_printable,
)
from succotash.errors import NAME_SHOWN, InvalidInputError, MalformedRequestError, Violation
from succotash.http.fields import (
    LAX,
    Closed,
    Exact,
    Id,
    Instant,
    Line,
)
from succotash.http.orders import OrderItem
from succotash.http.reading import (
    NDJSON_TYPE,
    Unchecked,
    Unreadable,
    check_plain,
    parse_batch,
    read_model,
    read_text,
)
from succotash.http.rejections import Rejections
from succotash.http.requests import Call

BATCH_LIMIT = 500
LONGEST_DURATION = 31 * 24 * 3600
"""Seconds."""


class ActivityItem(Closed):
    """Something a customer did other than buying."""

    customer_id: Id
    event_id: Id
    occurred_at: Instant
    kind: Annotated[ActivityKind, LAX]
    name: Line | None = None
    """What happened; required where the kind is custom."""
    duration_seconds: Annotated[float, Field(ge=0, le=LONGEST_DURATION), Exact] | None = None
    """How long it took, in seconds."""
    interests: Annotated[tuple[Line, ...], LAX, Field(max_length=20)] = ()
    campaign_id: Id | None = None

    @model_validator(mode="after")
    def _custom_has_a_name(self) -> Self:
        if self.kind is ActivityKind.CUSTOM and self.name is None:
            raise PydanticCustomError("name_missing", "Required for a custom event")
        return self

    def event(self, name_customer: NameCustomer) -> ActivityEvent:
        """The event, its customer under an id that is not personal."""
        name = name_customer(self.customer_id, None)
        return ActivityEvent(
            customer_id=name.customer_id,
            event_id=EventId(self.event_id),
            occurred_at=self.occurred_at,
            kind=self.kind,
            name=self.name,
            duration_seconds=self.duration_seconds,
            interests=self.interests,
            campaign_id=None if self.campaign_id is None else CampaignId(self.campaign_id),
            canonical_email=name.canonical_email,
            former_ids=name.former_ids,
        )


class OrdersBody(Closed):
    """A batch of orders."""

    orders: Annotated[tuple[OrderItem, ...], Field(min_length=1, max_length=BATCH_LIMIT)]


class ActivityBody(Closed):
    """A batch of events."""

    events: Annotated[tuple[ActivityItem, ...], Field(min_length=1, max_length=BATCH_LIMIT)]


@dataclass(frozen=True, slots=True)
class Kind[T]:
    """How one kind of batch is written."""

    envelope: str
    """The field that holds the items."""
    id_field: str
    read: Callable[[Unchecked], T]
    """The item; InvalidInputError where it is not acceptable."""


def orders(own_currency: str, name_customer: NameCustomer) -> Kind[Order]:
    """Batches of orders; amounts without a currency are in the deployment's."""

    def read(item: Unchecked) -> Order:
        order: OrderItem = read_model(OrderItem, item)
        return order.order(own_currency, name_customer)

    return Kind("orders", "order_id", read)


def activity(name_customer: NameCustomer) -> Kind[ActivityEvent]:
    """Batches of events."""

    def read(item: Unchecked) -> ActivityEvent:
        event: ActivityItem = read_model(ActivityItem, item)
        return event.event(name_customer)

    return Kind("events", "event_id", read)


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
