"""Recording what shop systems say about orders: each order once, whichever way it is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from succotash.application.consents.recording import tombstones_of_people, younger_than_erasures
from succotash.application.identities import NameTombstones, Register, query_of
from succotash.application.shops.customers import CalledCustomers, ShopCustomers
from succotash.application.shops.marketing import MarketingWord, consents_of
from succotash.domain.people.erasures import Tombstones
from succotash.domain.people.identities import NameEmail
from succotash.domain.repositories.storage import Repositories
from succotash.domain.shops.orders import (
    ShopDeletion,
    ShopOrder,
    ShopOrderChange,
    ShopOrderState,
    ShopRefund,
    Told,
    key_of,
    matching,
    merged,
    merged_deletion,
    merged_refund,
    renamed,
)
from succotash.domain.shops.recording import ShopOrderOutcome, ShopOrderQuery
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.values import CustomerId

AT_ONCE = 5_000
"""Orders that were told of before are compared in so many at a time."""


def record_shop_orders(
    repositories: Repositories,
    tombstones: Tombstones,
    name_email: NameEmail,
    told: Sequence[Told],
    now: datetime,
    words: Sequence[MarketingWord] = (),
) -> list[RecordOutcome]:
    """Merge what is told, in its order, into what is known, and the ledger with it.

    What became of each: recorded where the order was not known, replaced where something is
    otherwise now, unchanged, or erased where its customer was since. What buyers said about
    marketing is kept as of their orders, and `words` of theirs as of when they said it. Within a
    transaction.
    """
    calls, made = CalledCustomers(told, name_email), NameTombstones(tombstones)
    names = calls.all_names()
    said = [each.consent(now, tombstones) for each in words]
    query = ShopOrderQuery(
        [key_of(each) for each in told],
        query_of(names),
        made.of_all(names) | tombstones_of_people(tombstones, said),
    )
    context = repositories.ltv.load_shop_context(query)
    customers = ShopCustomers(calls, Register(context.known, made))
    states = _States(context.states)
    outcomes = [
        states.tell(each, customers.customer_at(place))
        if customers.is_taken(place)
        else RecordOutcome.ERASED
        for place, each in enumerate(told)
    ]
    taken = [
        each
        for place, each in enumerate(told)
        if isinstance(each, ShopOrder) and customers.is_taken(place)
    ]
    consents = [
        *consents_of(taken, now, tombstones),
        *younger_than_erasures(tombstones, said, context.known.erased),
    ]
    outcome = ShopOrderOutcome(states.changes(), customers.emails, customers.aliases, consents)
    repositories.ltv.save_shop_outcome(outcome)
    return outcomes


@dataclass(frozen=True, slots=True)
class ImportedShopOrders:
    """The result of importing orders."""

    outcomes: Sequence[RecordOutcome | None]
    """The outcome of each; None where it left no trace."""
    changes: Sequence[ShopOrderChange]


def import_shop_orders(
    repositories: Repositories,
    tombstones: Tombstones,
    name_email: NameEmail,
    orders: Sequence[ShopOrder],
    now: datetime,
) -> ImportedShopOrders:
    """Record orders as `record_shop_orders` does, by the ten thousand and mostly new.

    An order that does not count and is not known leaves no trace, since a file tells it again.
    """
    calls = CalledCustomers(orders, name_email)
    register = Register.asked_of(repositories, tombstones, calls.all_names())
    customers = ShopCustomers(calls, register)
    outcomes: list[RecordOutcome | None] = [None] * len(orders)
    new: dict[int, ShopOrderState] = {}
    others: list[int] = []
    changes: list[ShopOrderChange] = []
    ids, numbers = set[str](), set[tuple[str, str]]()
    for place, order in enumerate(orders):
        customer_id = customers.customer_at(place)
        if not customers.is_taken(place):
            outcomes[place] = RecordOutcome.ERASED
            continue
        if order.skip is None and customer_id is not None:
            state = merged((), order, customer_id)
            number = (order.system, order.number or state.order_id)
            if state.order_id not in ids and number not in numbers:
                ids.add(state.order_id)
                numbers.add(number)
                new[place] = state
                continue
        others.append(place)
    emails = customers.emails
    added = repositories.ltv.add_shop_orders([*new.values()], emails)
    for place, is_added in zip(new, added, strict=True):
        if is_added:
            outcomes[place] = RecordOutcome.RECORDED
            changes.append(ShopOrderChange((), new[place]))
        else:
            others.append(place)
    for part in batched(sorted(others), AT_ONCE, strict=False):
        query = ShopOrderQuery([key_of(orders[each]) for each in part])
        states = _States(repositories.ltv.load_shop_context(query).states)
        for place in part:
            if orders[place].skip is None or states.has(orders[place]):
                outcomes[place] = states.tell(orders[place], customers.customer_at(place))
        made = states.changes()
        repositories.ltv.save_shop_outcome(ShopOrderOutcome(made, emails))
        changes += made
    taken = [each for place, each in enumerate(orders) if customers.is_taken(place)]
    consents = consents_of(taken, now, tombstones)
    repositories.ltv.save_shop_outcome(ShopOrderOutcome((), {}, customers.aliases, consents))
    return ImportedShopOrders(outcomes, changes)


class _States:
    """States by what they are found by, as they become while a batch is told."""

    def __init__(self, found: Sequence[ShopOrderState]) -> None:
        self._before: dict[str, ShopOrderState] = {each.order_id: each for each in found}
        self._by_id: dict[str, ShopOrderState] = dict(self._before)
        self._id_of: dict[tuple[str, str], str] = {
            (each.system, each.number): each.order_id for each in found if each.number is not None
        }
        self._origins: dict[str, set[str]] = {each.order_id: {str(each.order_id)} for each in found}

    def has(self, told: ShopOrder) -> bool:
        """Whether the order is known."""
        return bool(self._matching(told))

    def tell(self, told: Told, customer_id: CustomerId | None) -> RecordOutcome:
        """Merge what is told into the states."""
        known = self._matching(told)
        after: ShopOrderState
        match told:
            case ShopRefund():
                after = merged_refund(known, told)
            case ShopDeletion():
                after = self._deleted(known, told)
            case ShopOrder():
                after = self._named(known, merged(known, told, customer_id), told)
        if known == [after]:
            return RecordOutcome.UNCHANGED
        origins: set[str] = set()
        for each in known:
            origins |= self._origins.pop(each.order_id)
            del self._by_id[each.order_id]
        self._origins[after.order_id] = origins
        self._by_id[after.order_id] = after
        if after.number is not None:
            self._id_of[after.system, after.number] = after.order_id
        if not known:
            return RecordOutcome.RECORDED
        # A file that is read again tells the same refunds as of later, which is kept and no change.
        is_same = len(known) == 1 and known[0].equals(after)
        return RecordOutcome.UNCHANGED if is_same else RecordOutcome.REPLACED

    def changes(self) -> list[ShopOrderChange]:
        """The states that differ from those that were found."""
        made = [
            ShopOrderChange(
                tuple(self._before[each] for each in sorted(origins) if each in self._before),
                self._by_id[order_id],
            )
            for order_id, origins in self._origins.items()
        ]
        return [each for each in made if each.is_one]

    def _matching(self, told: Told) -> list[ShopOrderState]:
        return matching(key_of(told), [*self._candidates(told)])

    def _candidates(self, told: Told) -> Iterator[ShopOrderState]:
        key = key_of(told)
        by_number = None if key.number is None else self._id_of.get((key.system, key.number))
        for order_id in dict.fromkeys((by_number, key.order_id)):
            if order_id is not None and order_id in self._by_id:
                yield self._by_id[order_id]

    def _deleted(self, known: Sequence[ShopOrderState], told: ShopDeletion) -> ShopOrderState:
        """The state after a deletion; where another order goes by its number, under another id."""
        after = merged_deletion(known, told)
        is_taken = not known and after.order_id in self._by_id
        return renamed(after, key_of(told), is_taken=True) if is_taken else after

    def _named(
        self, known: Sequence[ShopOrderState], after: ShopOrderState, told: ShopOrder
    ) -> ShopOrderState:
        """The state under the id that the order's name gives it, if it had no entries before."""
        key = key_of(told)
        if after.order_id == key.order_id or any(each.ledger() for each in known):
            is_free = after.order_id not in self._by_id or known
            return after if is_free else renamed(after, key, is_taken=True)
        is_taken = key.order_id in self._by_id and self._by_id[key.order_id] not in known
        return renamed(after, key, is_taken=is_taken)
