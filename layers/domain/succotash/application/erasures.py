"""What is recorded of those who were erased: nothing older than their erasure names them again."""

from collections.abc import Callable, Sequence
from dataclasses import replace

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
    emails = {order.canonical_email for order in orders if order.canonical_email is not None}
    made = {email: tombstones.of_person(email) for email in emails}
    asked = {each for several in made.values() for each in several}
    erased = repositories.people.find_erased(asked) if asked else {}

    def checked(order: Order) -> Order:
        if order.canonical_email is None:
            return order
        since = erased_at(made[order.canonical_email], erased)
        if since is None or order.ordered_at > since:
            return order
        return replace(order, canonical_email=None)

    return [checked(order) for order in orders] if erased else list(orders)


def columns_nameless_where_erased(
    repositories: Repositories, tombstones: Tombstones, orders: OrderColumns
) -> OrderColumns:
    """As `nameless_where_erased`, for orders by the ten thousand."""
    named = [row for row, email in enumerate(orders.canonical_emails) if email is not None]
    checked = nameless_where_erased(repositories, tombstones, [orders.order(row) for row in named])
    emails = list(orders.canonical_emails)
    for row, order in zip(named, checked, strict=True):
        emails[row] = order.canonical_email
    return replace(orders, canonical_emails=emails)


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
