"""Batches: every item has a result of its own, and one bad item loses no good one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from succotash.application.refunds import (
    RefundWarnings,
    RefundWarningView,
    refund_warning_view,
)
from succotash.domain.customers import Recording, repeats_within
from succotash.errors import Violation
from succotash.observation import Metric, count


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot be recorded, as far as it can be named."""

    item_id: str | None
    customer_id: str | None
    violations: tuple[Violation, ...]


class ViolationView(TypedDict):
    """One thing wrong with one field."""

    field: str
    code: str
    message: str


class ItemResult(TypedDict):
    """What became of one item: recorded, unchanged, conflicting or rejected."""

    index: int
    id: str | None
    customer_id: str | None
    status: str
    errors: NotRequired[list[ViolationView]]
    warning: NotRequired[RefundWarningView]
    """Of a refund that is recorded, or was before."""


class BatchReport(TypedDict):
    """Results in the order of the items, and how many there are of each."""

    results: list[ItemResult]
    recorded: int
    unchanged: int
    conflicting: int
    rejected: int


CONFLICT = Violation("id", "conflicting", "was recorded before with other contents")


def record_once[T](
    items: Sequence[T],
    *,
    identity: Callable[[T], tuple[str, str]],
    contents: Callable[[T], object],
    record: Callable[[Sequence[T]], list[Recording]],
) -> list[Recording]:
    """Record items, each id once; what became of each, in order.

    `identity` gives customer and id; an item that repeats an earlier one is unchanged where
    `contents` are equal, and conflicting where not.
    """
    earlier = repeats_within([identity(item) for item in items])
    firsts = [item for item, first in zip(items, earlier, strict=True) if first is None]
    recorded = iter(record(firsts) if firsts else [])
    outcomes: list[Recording] = []
    for item, first in zip(items, earlier, strict=True):
        if first is None:
            outcomes.append(next(recorded))
        elif contents(item) != contents(items[first]) or outcomes[first] is Recording.CONFLICTING:
            outcomes.append(Recording.CONFLICTING)
        else:
            outcomes.append(Recording.UNCHANGED)
    return outcomes


def record_batch[T](
    items: Sequence[T | Rejected],
    *,
    identity: Callable[[T], tuple[str, str]],
    contents: Callable[[T], T],
    record: Callable[[Sequence[T]], list[Recording]],
) -> BatchReport:
    """Record the items that are not rejected, as `record_once` does."""
    places = [place for place, item in enumerate(items) if not isinstance(item, Rejected)]
    valid = [item for item in items if not isinstance(item, Rejected)]
    outcomes = record_once(valid, identity=identity, contents=contents, record=record)
    by_place = dict(zip(places, zip(valid, outcomes, strict=True), strict=True))
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
        item, outcome = by_place[place]
        customer_id, item_id = identity(item)
        result: ItemResult = {
            "index": place,
            "id": item_id,
            "customer_id": customer_id,
            "status": outcome.value,
        }
        if outcome is Recording.CONFLICTING:
            result["errors"] = violation_views([CONFLICT])
        results.append(result)
    statuses = [result["status"] for result in results]
    return {
        "results": results,
        "recorded": statuses.count("recorded"),
        "unchanged": statuses.count("unchanged"),
        "conflicting": statuses.count("conflicting"),
        "rejected": statuses.count("rejected"),
    }


def add_warnings(report: BatchReport, warnings: RefundWarnings) -> None:
    """Put each warning beside the result of its refund."""
    for result in report["results"]:
        identity = (result["customer_id"] or "", result["id"] or "")
        if result["status"] in {"recorded", "unchanged"} and identity in warnings:
            result["warning"] = refund_warning_view(warnings[identity])


def count_orders(*, recorded: int, unchanged: int, conflicting: int, rejected: int) -> None:
    """Count orders by what became of them."""
    count(Metric.ORDERS_RECORDED, recorded)
    count(Metric.ORDERS_UNCHANGED, unchanged)
    count(Metric.ORDERS_CONFLICTING, conflicting)
    count(Metric.ORDERS_REJECTED, rejected)


def violation_views(violations: Sequence[Violation]) -> list[ViolationView]:
    """For people and programs outside."""
    return [
        {"field": each.field, "code": each.code, "message": each.message} for each in violations
    ]
