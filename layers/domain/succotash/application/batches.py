"""Batches: every item has a result of its own, and one bad item loses no good one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from succotash.domain.value.ledgers import RecordOutcome, repeats_within
from succotash.domain.value.refunds import RefundWarning
from succotash.errors import Violation
from succotash.observation import Metric, count


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot be recorded, as far as it can be named."""

    item_id: str | None
    customer_id: str | None
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of an item, and a warning about a doubtful refund."""

    outcome: RecordOutcome
    warning: RefundWarning | None = None


class ViolationView(TypedDict):
    """One thing wrong with one field."""

    field: str
    code: str
    message: str


class RefundWarningView(TypedDict):
    """Why a refund that was recorded deserves a second look."""

    code: str
    """`refunds_exceed_order`, `refund_of_refund` or `order_of_another_customer`."""
    message: str


class ItemResult(TypedDict):
    """The outcome of one item: recorded, unchanged, conflicting, rejected or erased.

    Erased is one not younger than the erasure of its customer: it is counted and not kept.
    """

    index: int
    """Position of the item in the batch, from 0."""
    id: str | None
    customer_id: str | None
    status: str
    errors: NotRequired[list[ViolationView]]
    warning: NotRequired[RefundWarningView]
    """A warning about a refund that is recorded, or was before."""


class BatchReport(TypedDict):
    """Results in the order of the items, and how many there are of each."""

    results: list[ItemResult]
    recorded: int
    """Items that are new."""
    unchanged: int
    """Items that were there already, with the same contents."""
    conflicting: int
    """Items whose id was there already with other contents; those stay."""
    rejected: int
    """Items with errors; not recorded."""
    erased: int
    """Items not younger than the erasure of the person they are about; not recorded."""


CONFLICT = Violation("id", "conflicting", "Already recorded with other contents")


def record_once[T](
    items: Sequence[T],
    *,
    identities: Sequence[tuple[str, str]],
    contents: Callable[[T], object],
    record: Callable[[Sequence[T]], list[RecordOutcome]],
) -> list[RecordOutcome]:
    """Record items, each id once; the outcome of each, in order.

    `identities` are customer and id of each; an item that repeats an earlier one is unchanged
    where `contents` are equal, and conflicting where not.
    """
    if len(set(identities)) == len(items):
        return record(items) if items else []
    earlier = repeats_within(identities)
    firsts = [item for item, first in zip(items, earlier, strict=True) if first is None]
    recorded = iter(record(firsts))
    outcomes: list[RecordOutcome] = []
    for item, first in zip(items, earlier, strict=True):
        if first is None:
            outcomes.append(next(recorded))
        elif (
            contents(item) != contents(items[first]) or outcomes[first] is RecordOutcome.CONFLICTING
        ):
            outcomes.append(RecordOutcome.CONFLICTING)
        else:
            outcomes.append(RecordOutcome.UNCHANGED)
    return outcomes


def record_batch[T](
    items: Sequence[T | Rejected],
    *,
    identity: Callable[[T], tuple[str, str]],
    record: Callable[[Sequence[T]], Sequence[Recorded]],
) -> BatchReport:
    """Record the items that are not rejected; `identity` gives a customer and an id to show."""
    places = [place for place, item in enumerate(items) if not isinstance(item, Rejected)]
    valid = [item for item in items if not isinstance(item, Rejected)]
    recorded = record(valid) if valid else []
    by_place = dict(zip(places, zip(valid, recorded, strict=True), strict=True))
    results: list[ItemResult] = []
    for place, given in enumerate(items):
        if isinstance(given, Rejected):
            results.append(
                {
                    "index": place,
                    "id": given.item_id,
                    "customer_id": given.customer_id,
                    "status": "rejected",
                    "errors": violation_views(given.violations),
                }
            )
            continue
        item, became = by_place[place]
        customer_id, item_id = identity(item)
        result: ItemResult = {
            "index": place,
            "id": item_id,
            "customer_id": customer_id,
            "status": became.outcome.value,
        }
        if became.outcome is RecordOutcome.CONFLICTING:
            result["errors"] = violation_views([CONFLICT])
        if became.warning is not None:
            result["warning"] = refund_warning_view(became.warning)
        results.append(result)
    statuses = [result["status"] for result in results]
    return {
        "results": results,
        "recorded": statuses.count("recorded"),
        "unchanged": statuses.count("unchanged"),
        "conflicting": statuses.count("conflicting"),
        "rejected": statuses.count("rejected"),
        "erased": statuses.count("erased"),
    }


def count_orders(
    *, recorded: int, unchanged: int, conflicting: int, rejected: int, erased: int
) -> None:
    """Count orders by their outcomes."""
    count(Metric.ORDERS_RECORDED, recorded)
    count(Metric.ORDERS_UNCHANGED, unchanged)
    count(Metric.ORDERS_CONFLICTING, conflicting)
    count(Metric.ORDERS_REJECTED, rejected)
    count(Metric.ORDERS_ERASED, erased)


def refund_warning_view(warning: RefundWarning) -> RefundWarningView:
    """Serialised for the API."""
    return {"code": warning.value, "message": warning.message}


def violation_views(violations: Sequence[Violation]) -> list[ViolationView]:
    """Serialised for the API."""
    return [
        {"field": each.field, "code": each.code, "message": each.message} for each in violations
    ]
