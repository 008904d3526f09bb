"""A shop's statements about an order, and the state that follows from them.

A file tells the state of each order once; events tell it again and again, in any order. Both are
merged into one state per order, and the ledger holds what the state implies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from succotash.domain.value.ledgers import Order
from succotash.domain.values import Currency, CustomerId, Money, OrderId


class Skip(StrEnum):
    """Why an order is not counted as a purchase."""

    UNPAID = "unpaid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DRAFT = "draft"
    TEST = "test"
    FREE = "free"
    OTHER_CURRENCY = "other_currency"
    NOBODY_NAMED = "nobody_named"


DISPUTE = "dispute"
"""The id of what a dispute took back, which totals of refunds do not hold."""


@dataclass(frozen=True, slots=True)
class ShopRefund:
    """Money given back for an order, under an id of its own."""

    system: str
    order_number: str
    """The order's id in the system."""
    refund_id: str
    refunded_at: datetime
    amount: Money
    """Positive."""
    is_reversed: bool = False
    """It failed, or was deleted: nothing was given back in the end."""


@dataclass(frozen=True, slots=True)
class ShopDeletion:
    """The deletion of an order by its shop, which counts no longer."""

    system: str
    order_number: str
    told_at: datetime
    currency: Currency
    """The deployment's."""


@dataclass(frozen=True, slots=True)
class RefundTotal:
    """All that was given back for an order, as one sum; without what a dispute took."""

    amount: Money
    """Positive, or zero."""
    refunded_at: datetime
    """When the ledger says it was given back."""
    told_at: datetime
    """Refunds up to here are in the sum."""


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """The state of an order as a shop system tells it at one instant.

    `number` is the system's id for the order, `name` what people call it (`#1001`); one of them is
    there. `customer_number` is the system's id for the customer.
    """

    system: str
    number: str | None
    name: str | None
    told_at: datetime
    """The instant of the statement: one older than the known state changes nothing."""
    ordered_at: datetime
    total: Money
    """Before refunds."""
    email: str | None = None
    """In canonical form."""
    customer_number: str | None = None
    skip: Skip | None = None
    refunded: RefundTotal | None = None
    refunds: tuple[ShopRefund, ...] = ()
    accepts_marketing: bool | None = None
    """The buyer's answer when ordering; None where the system does not tell."""
    has_all_refunds: bool = False
    """Whether `refunds` are all there are, so that one that is not among them was taken back."""

    def net_units(self) -> int:
        """The total less what is told of refunds, in ten-thousandths."""
        refunded = sum(each.amount.units() for each in self.refunds)
        if self.refunded is not None:
            refunded += self.refunded.amount.units()
        return self.total.units() - refunded


type Told = ShopOrder | ShopRefund | ShopDeletion
"""What is told of an order."""


@dataclass(frozen=True, slots=True)
class ShopOrderKey:
    """The key by which a shop's order is found."""

    system: str
    number: str | None
    order_id: OrderId
    """The ledger's id if the order is new."""


@dataclass(frozen=True, slots=True)
class KnownRefund:
    """A refund that is known; amounts are in ten-thousandths."""

    refunded_at: datetime
    units: int
    is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class ShopOrderState:
    """The state of a shop's order. The ledger holds exactly what `ledger` says.

    Where only refunds have been told so far, there is neither `told_at` nor `ordered_at`; where
    the order does not count, there is no customer.
    """

    order_id: OrderId
    system: str
    number: str | None = None
    told_at: datetime | None = None
    customer_id: CustomerId | None = None
    ordered_at: datetime | None = None
    total: Money | None = None
    refunded: RefundTotal | None = None
    refunds: Mapping[str, KnownRefund] = field(default_factory=dict)
    """The refunds by the system's id of each."""

    def ledger(self) -> list[Order]:
        """The entries of the ledger: the order, each refund, and the rest of their total."""
        if self.customer_id is None or self.ordered_at is None or self.total is None:
            return []
        customer_id, currency = self.customer_id, self.total.currency
        entries = [Order(customer_id, self.order_id, self.ordered_at, self.total)]
        if not self.refunds and self.refunded is None:
            return entries
        entries += [
            Order(
                customer_id,
                refund_entry_id(self.order_id, refund_id),
                refund.refunded_at,
                Money.of_units(-refund.units, currency),
                self.order_id,
            )
            for refund_id, refund in sorted(self.refunds.items())
            if refund.units and not refund.is_reversed
        ]
        if self.refunded is not None and (rest := self._rest(self.refunded)) > 0:
            entry_id, at = refund_entry_id(self.order_id), self.refunded.refunded_at
            amount = Money.of_units(-rest, currency)
            entries.append(Order(customer_id, entry_id, at, amount, self.order_id))
        return entries

    def equals(self, other: "ShopOrderState") -> bool:
        """Whether both are the same, up to whichever instant their totals of refunds reach."""
        if self.refunded is None or other.refunded is None:
            return self == other
        refunded = replace(self.refunded, told_at=other.refunded.told_at)
        return replace(self, refunded=refunded) == other

    def _rest(self, refunded: RefundTotal) -> int:
        """The part of a reported total that no refund under an id of its own accounts for."""
        told = [
            each.units
            for refund_id, each in self.refunds.items()
            if each.refunded_at <= refunded.told_at and refund_id != DISPUTE
        ]
        return refunded.amount.units() - sum(told)


def order_id_of(system: str, number: str | None, name: str | None) -> OrderId:
    """The ledger's id of a shop's order: by its name, which files and events both tell."""
    return OrderId(f"{system}:{name or number}")


def refund_entry_id(order_id: OrderId, refund_id: str | None = None) -> OrderId:
    """The ledger's id of a refund, or of what a total leaves to refunds without an id."""
    return OrderId(f"{order_id}/refund" if refund_id is None else f"{order_id}/refund/{refund_id}")


def key_of(told: Told) -> ShopOrderKey:
    """The key of the order that this is about."""
    if not isinstance(told, ShopOrder):
        order_id = order_id_of(told.system, told.order_number, None)
        return ShopOrderKey(told.system, told.order_number, order_id)
    return ShopOrderKey(told.system, told.number, order_id_of(told.system, told.number, told.name))


def merged(
    known: Sequence[ShopOrderState], told: ShopOrder, customer_id: CustomerId | None
) -> ShopOrderState:
    """The state after what is told; `known` is what `matching` finds.

    The later state of the order counts, of two as of one instant the one told last. Refunds are
    kept by id; the larger total counts, since a total only grows. An order stays with its customer
    until another e-mail is named.
    """
    if not known:
        return _new(told, customer_id)
    state = _joined(known)
    if state.told_at is None or told.told_at >= state.told_at:
        counts = told.skip in {None, Skip.NOBODY_NAMED}
        keeps = customer_id is None or (told.email is None and state.customer_id is not None)
        state = replace(
            state,
            number=told.number or state.number,
            told_at=told.told_at,
            customer_id=(state.customer_id if keeps else customer_id) if counts else None,
            ordered_at=told.ordered_at,
            total=told.total,
        )
        if told.has_all_refunds:
            state = replace(state, refunds=_without_missing(state.refunds, told))
    elif state.number is None:
        state = replace(state, number=told.number)
    state = replace(state, refunded=_larger(state.refunded, told.refunded))
    for refund in told.refunds:
        state = with_refund(state, refund)
    return state


def with_refund(state: ShopOrderState, refund: ShopRefund) -> ShopOrderState:
    """The state with a refund; told twice it counts once, under its earliest instant.

    What a refund gives back only grows, as its payments go through.
    """
    known = state.refunds.get(refund.refund_id)
    told = KnownRefund(refund.refunded_at, refund.amount.units(), refund.is_reversed)
    if known is not None:
        told = KnownRefund(
            min(known.refunded_at, told.refunded_at),
            max(known.units, told.units),
            known.is_reversed or told.is_reversed,
        )
    return replace(state, refunds={**state.refunds, refund.refund_id: told})


def merged_refund(known: Sequence[ShopOrderState], refund: ShopRefund) -> ShopOrderState:
    """The state after a refund that was told by itself, maybe before its order."""
    if known:
        return with_refund(_joined(known), refund)
    order_id = order_id_of(refund.system, refund.order_number, None)
    return with_refund(ShopOrderState(order_id, refund.system, refund.order_number), refund)


def merged_deletion(known: Sequence[ShopOrderState], deletion: ShopDeletion) -> ShopOrderState:
    """The state without entries, unless the order was told later.

    What an event from before the deletion says later of an order that was not known counts not.
    """
    if known:
        state = _joined(known)
    else:
        order_id = order_id_of(deletion.system, deletion.order_number, None)
        state = ShopOrderState(order_id, deletion.system, deletion.order_number)
    if state.told_at is None:
        nothing = Money(Decimal(0), deletion.currency)
        state = replace(state, ordered_at=deletion.told_at, total=nothing)
    elif state.told_at > deletion.told_at:
        return state
    return replace(state, told_at=deletion.told_at, customer_id=None)


def matching(key: ShopOrderKey, found: Sequence[ShopOrderState]) -> list[ShopOrderState]:
    """The states that are the key's order: by number, or by name where one has none."""
    return [
        each
        for each in found
        if each.system == key.system
        and (
            (each.number is not None and each.number == key.number)
            or (each.order_id == key.order_id and (each.number is None or key.number is None))
        )
    ]


def renamed(state: ShopOrderState, key: ShopOrderKey, *, is_taken: bool) -> ShopOrderState:
    """A state that had no entries yet, under the id that its order's name gives it.

    Where another order has that id, the number is added.
    """
    order_id = OrderId(f"{key.order_id} ({key.number})") if is_taken else key.order_id
    return replace(state, order_id=order_id)


def _larger(known: RefundTotal | None, told: RefundTotal | None) -> RefundTotal | None:
    """The larger total; of one that was told twice, the earlier date and the later knowledge."""
    if told is None or not told.amount.amount:
        return known
    if known is None or told.amount.amount > known.amount.amount:
        return told
    if told.amount.amount < known.amount.amount:
        return known
    return RefundTotal(
        known.amount,
        min(known.refunded_at, told.refunded_at),
        max(known.told_at, told.told_at),
    )


def _new(told: ShopOrder, customer_id: CustomerId | None) -> ShopOrderState:
    state = ShopOrderState(
        order_id_of(told.system, told.number, told.name),
        told.system,
        told.number,
        told.told_at,
        customer_id if told.skip is None else None,
        told.ordered_at,
        told.total,
        _larger(None, told.refunded),
    )
    for refund in told.refunds:
        state = with_refund(state, refund)
    return state


def _joined(known: Sequence[ShopOrderState]) -> ShopOrderState:
    """One state of several that turned out to be one order, told of by number and by name."""
    first, *others = sorted(known, key=lambda each: each.ordered_at is None)
    for each in others:
        refunds = {**each.refunds, **first.refunds}
        first = replace(first, number=first.number or each.number, refunds=refunds)
    return first


def _without_missing(known: Mapping[str, KnownRefund], told: ShopOrder) -> dict[str, KnownRefund]:
    listed = {each.refund_id for each in told.refunds}
    return {
        refund_id: each
        if refund_id in listed or each.refunded_at > told.told_at
        else replace(each, is_reversed=True)
        for refund_id, each in known.items()
    }


@dataclass(frozen=True, slots=True)
class ShopOrderChange:
    """A state that takes the place of others, none where its order is new."""

    before: tuple[ShopOrderState, ...]
    after: ShopOrderState

    @property
    def is_one(self) -> bool:
        """Whether it changes anything."""
        return self.before != (self.after,)

    def gone_entries(self) -> list[Order]:
        """Entries that the ledger holds no longer."""
        kept = {(each.customer_id, each.order_id) for each in self.after.ledger()}
        return [
            each
            for state in self.before
            for each in state.ledger()
            if (each.customer_id, each.order_id) not in kept
        ]

    def new_entries(self) -> list[Order]:
        """Entries that are new in the ledger, or other than they were."""
        known = [each for state in self.before for each in state.ledger()]
        return [each for each in self.after.ledger() if each not in known]


def in_currency(order: ShopOrder, currency: Currency) -> ShopOrder:
    """The order, skipped where it is not in this currency."""
    if order.skip is None and order.total.currency != currency:
        return replace(order, skip=Skip.OTHER_CURRENCY)
    return order
