"""What is recorded of those who were erased: nothing older than their erasure names them again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from succotash.domain.customers import ActivityEvent, Order, Recording
from succotash.domain.erasures import Tombstones, erased_at
from succotash.domain.orders import OrderColumns
from succotash.domain.repositories.storage import Repositories


def nameless_where_erased(
    repositories: Repositories, tombstones: Tombstones, orders: Sequence[Order]
) -> list[Order]:
    """The orders; those not younger than the erasure of their person lose the e-mail.

    To be recorded in the same transaction.
    """
    erased = _erased(repositories, tombstones, (each.canonical_email for each in orders))

    def is_younger(order: Order) -> bool:
        since = erased.get(order.canonical_email or "")
        return since is None or order.ordered_at > since

    return [each if is_younger(each) else replace(each, canonical_email=None) for each in orders]


def columns_nameless_where_erased(
    repositories: Repositories, tombstones: Tombstones, orders: OrderColumns
) -> OrderColumns:
    """As `nameless_where_erased`, for orders by the ten thousand."""
    erased = _erased(repositories, tombstones, orders.canonical_emails)
    if not erased:
        return orders

    def is_younger(email: str | None, ordered_at: str) -> bool:
        since = erased.get(email or "")
        return since is None or datetime.fromisoformat(ordered_at) > since

    named = zip(orders.canonical_emails, orders.ordered_at, strict=True)
    return replace(
        orders, canonical_emails=[email if is_younger(email, at) else None for email, at in named]
    )


def _erased(
    repositories: Repositories, tombstones: Tombstones, emails: Iterable[str | None]
) -> dict[str, datetime]:
    """Those of the people who were erased, and when."""
    made = {email: tombstones.of_person(email) for email in set(emails) if email is not None}
    asked = {each for several in made.values() for each in several}
    found = repositories.people.find_erased(asked) if asked else {}
    since = {email: erased_at(several, found) for email, several in made.items()} if found else {}
    return {email: at for email, at in since.items() if at is not None}


def record_younger_than_erasures(
    repositories: Repositories,
    tombstones: Tombstones,
    events: Sequence[ActivityEvent],
    record: Callable[[Sequence[ActivityEvent]], list[Recording]],
) -> list[Recording]:
    """Record events but those not younger than the erasure of their customer.

    These count as unchanged: they were recorded before, or would have been erased since.
    """
    made = {each: tombstones.of_customer(each) for each in {one.customer_id for one in events}}
    asked = {each for several in made.values() for each in several}
    erased = repositories.people.find_erased(asked) if asked else {}

    def is_younger(event: ActivityEvent) -> bool:
        since = erased_at(made[event.customer_id], erased)
        return since is None or event.occurred_at > since

    younger = [event for event in events if is_younger(event)] if erased else events
    outcomes = iter(record(younger) if younger else ())
    return [next(outcomes) if is_younger(event) else Recording.UNCHANGED for event in events]
