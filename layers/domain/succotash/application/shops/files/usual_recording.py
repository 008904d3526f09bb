"""Recording the usual orders of shops' files, without a look at each."""

from collections.abc import Sequence
from datetime import datetime

from succotash.application.identities import find_erased_names
from succotash.application.shops.marketing import usual_consents_of
from succotash.domain.consents.consents import ImportedConsents
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.shops.columns import ShopOrderColumns
from succotash.domain.shops.orders import ShopOrder, key_of
from succotash.domain.value.ledgers import RecordOutcome


def enter_usual_orders(
    repositories: Repositories,
    tombstones: Tombstones,
    orders: ShopOrderColumns,
    others: Sequence[ShopOrder],
) -> list[RecordOutcome | None]:
    """Enter the orders of a block that are new, and find those that are known unchanged.

    What became of each; None where it is to be told like the block's others. Within a transaction.
    """
    rows = _apart(orders, others)
    if erased := find_erased_names(repositories, tombstones, orders.customers):
        rows = [row for row in rows if orders.customers[row] not in erased]
    if any(each.former_ids for each in orders.customers):
        rows = [row for row in rows if not orders.customers[row].former_ids]
    taken = orders.only(rows)
    outcomes: list[RecordOutcome | None] = [None] * len(orders)
    for row, outcome in zip(rows, repositories.ltv.enter_shop_orders(taken), strict=True):
        outcomes[row] = outcome
    return outcomes


def record_usual_consents(
    storage: Storage,
    tombstones: Tombstones,
    orders: ShopOrderColumns,
    consents: ImportedConsents,
    now: datetime,
) -> None:
    """Record what the buyers of orders said about marketing, which `consents` are.

    Of people who were erased nothing is: their orders are told one by one, with what each says.
    """

    def record(repositories: Repositories) -> None:
        taken = consents
        if erased := find_erased_names(repositories, tombstones, orders.customers):
            rows = [row for row, name in enumerate(orders.customers) if name not in erased]
            taken = usual_consents_of(orders.only(rows), now, tombstones)
        repositories.consents.import_consents(taken)

    storage.in_transaction(record)


def _apart(orders: ShopOrderColumns, others: Sequence[ShopOrder]) -> Sequence[int]:
    """The rows whose order is told once in the block: who shares an id or a number is left out."""
    keys = [key_of(each) for each in others]
    ids, numbers = {str(each.order_id) for each in keys}, {each.number for each in keys}
    numbers.discard(None)
    own_ids, own_numbers = set(orders.order_ids), set(orders.numbers)
    has_all_numbers = None not in own_numbers
    if (
        has_all_numbers
        and len(own_ids) == len(own_numbers) == len(orders)
        and own_ids.isdisjoint(ids)
        and own_numbers.isdisjoint(numbers)
    ):
        return range(len(orders))
    repeated_ids, repeated_numbers = _repeated(orders.order_ids), _repeated(orders.numbers)
    ids |= repeated_ids
    numbers |= repeated_numbers - {None}
    return [
        row
        for row, (order_id, number) in enumerate(zip(orders.order_ids, orders.numbers, strict=True))
        if order_id not in ids and number not in numbers
    ]


def _repeated[T](values: Sequence[T]) -> set[T]:
    seen, repeated = set[T](), set[T]()
    for each in values:
        (repeated if each in seen else seen).add(each)
    return repeated
