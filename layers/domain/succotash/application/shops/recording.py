"""Recording what shop systems say about orders: each order once, whichever way it is told."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched

from succotash.application.consents.recording import keep_consents, without_erased
from succotash.application.identities import Register
from succotash.application.shops.marketing import MarketingWord, consents_of
from succotash.domain.people.erasures import Tombstones
from succotash.domain.people.identities import CustomerName, NameEmail, numbered
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
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.values import CustomerId

AT_ONCE = 5_000
"""Orders that were told of before are compared in so many at a time."""


type Called = tuple[str, str | None, str | None]
"""A system, and the e-mail and the system's number of a customer."""


class _Customers:
    """The customers of one batch of orders.

    The customer of an e-mail goes by its pseudonym, and numbers that systems have for customers
    are aliases; without an e-mail the number is the id.
    """

    def __init__(
        self,
        repositories: Repositories,
        tombstones: Tombstones,
        name_email: NameEmail,
        told: Sequence[Told],
    ) -> None:
        self._repositories = repositories
        self._name_email = name_email
        self._called = [_called(each) for each in told]
        names = {
            each: name
            for each in dict.fromkeys(self._called)
            if each is not None and (name := self._name(*each)) is not None
        }
        self._register = Register(repositories, tombstones, dict.fromkeys(names.values()))
        self._erased = self._erased_of(names, told) if self._register.knows_erased else set()
        kept = names
        if self._erased:
            taken = {each for place, each in enumerate(self._called) if self.is_taken(place)}
            kept = {each: name for each, name in names.items() if each in taken}
        resolution = self._register.resolve(dict.fromkeys(kept.values()))
        customers = {each: resolution.customer_of(name) for each, name in names.items()}
        self._numbers = {
            numbered(system, number): customers[system, email, number]
            for system, email, number in kept
            if email is not None and number is not None
        }
        # A number by itself may stand next to the same number with an e-mail.
        self._customers = {
            each: self._numbers.get(customer_id, customer_id)
            for each, customer_id in customers.items()
        }
        told_emails = {
            customers[each]: email
            for each in reversed(customers)
            if (email := names[each].canonical_email) is not None
        }
        learned = {CustomerId(each): email for each, email in resolution.emails.items()}
        self.emails: dict[CustomerId, str] = told_emails | learned
        """The e-mails of customers who have none yet."""

    def is_taken(self, place: int) -> bool:
        """Whether what is told there is not about somebody who was erased since."""
        return place not in self._erased

    def customer_at(self, place: int) -> CustomerId | None:
        """The customer of the order at this place, if it names one."""
        called = self._called[place]
        return None if called is None else self._customers.get(called)

    def save(self) -> None:
        """Keep what was learned about names, once the customers are recorded."""
        self._register.save()
        if self._numbers:
            self._repositories.customers.save_aliases(self._numbers)

    def _erased_of(self, names: Mapping[Called, CustomerName], told: Sequence[Told]) -> set[int]:
        """The places of what is not younger than the erasure of whom it is about."""
        return {
            place
            for place, (called, each) in enumerate(zip(self._called, told, strict=True))
            if isinstance(each, ShopOrder)
            and called in names
            and called is not None
            and not self._register.takes(names[called], each.ordered_at)
        }

    def _name(self, system: str, email: str | None, number: str | None) -> CustomerName | None:
        if email is not None:
            return self._name_email(email)
        return None if number is None else CustomerName(numbered(system, number))


def _called(told: Told) -> Called | None:
    """The name by which an order calls its customer."""
    if not isinstance(told, ShopOrder):
        return None
    return told.system, told.email, told.customer_number


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
    customers = _Customers(repositories, tombstones, name_email, told)
    states = _States(repositories.ltv.find_shop_orders([key_of(each) for each in told]))
    outcomes = [
        states.tell(each, customers.customer_at(place))
        if customers.is_taken(place)
        else RecordOutcome.ERASED
        for place, each in enumerate(told)
    ]
    repositories.ltv.save_shop_orders(states.changes(), customers.emails)
    customers.save()
    taken = [
        each
        for place, each in enumerate(told)
        if isinstance(each, ShopOrder) and customers.is_taken(place)
    ]
    consents = consents_of(taken, now, tombstones)
    if words:
        said = [each.consent(now, tombstones) for each in words]
        consents += without_erased(repositories, tombstones, said)
    keep_consents(repositories, tombstones, consents)
    return outcomes


def import_shop_orders(
    repositories: Repositories,
    tombstones: Tombstones,
    name_email: NameEmail,
    orders: Sequence[ShopOrder],
    now: datetime,
) -> list[RecordOutcome | None]:
    """Record orders as `record_shop_orders` does, by the ten thousand and mostly new.

    None where an order does not count and is not known: it leaves no trace, since a file tells it
    again.
    """
    customers = _Customers(repositories, tombstones, name_email, orders)
    outcomes: list[RecordOutcome | None] = [None] * len(orders)
    new: dict[int, ShopOrderState] = {}
    others: list[int] = []
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
        else:
            others.append(place)
    for part in batched(sorted(others), AT_ONCE, strict=False):
        found = repositories.ltv.find_shop_orders([key_of(orders[each]) for each in part])
        states = _States(found)
        for place in part:
            if orders[place].skip is None or states.has(orders[place]):
                outcomes[place] = states.tell(orders[place], customers.customer_at(place))
        repositories.ltv.save_shop_orders(states.changes(), emails)
    customers.save()
    taken = [each for place, each in enumerate(orders) if customers.is_taken(place)]
    keep_consents(repositories, tombstones, consents_of(taken, now, tombstones))
    return outcomes


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
        after: ShopOrderState | None
        match told:
            case ShopRefund():
                after = merged_refund(known, told)
            case ShopDeletion():
                after = merged_deletion(known, told)
            case ShopOrder():
                after = self._named(known, merged(known, told, customer_id), told)
        if after is None or known == [after]:
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
