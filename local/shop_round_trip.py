"""The round trip through what is known of shops' orders, and what every round trip needs."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from succotash.domain.repositories.storage import Repositories
from succotash.domain.shops.orders import (
    KnownRefund,
    ShopOrderChange,
    ShopOrderKey,
    ShopOrderState,
)
from succotash.domain.values import Currency, CustomerId, Money, OrderId

LONG_AGO = datetime(1997, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
USD = Currency("USD")


class RoundTripError(Exception):
    """A repository gave something else back than was saved."""


def expect(*, that: bool) -> None:
    """RoundTripError unless it is so."""
    if not that:
        raise RoundTripError("it gave something else than was saved")


class ShopRoundTrip:
    """Everything is made by one mark."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._to = repositories
        self._mark = mark
        self._customer = CustomerId(f"{mark}customer")

    def shop_orders(self) -> None:
        """What a shop tells of an order, and what of it stands in the ledger."""
        to, system = self._to.ltv, f"{self._mark}shop"
        key = ShopOrderKey(system, "1", OrderId(f"{system}:#1"))
        total = Money(Decimal("12.3456"), USD)
        state = ShopOrderState(key.order_id, system, "1", LONG_AGO, self._customer, LONG_AGO, total)
        later = replace(state, refunds={"r": KnownRefund(LONG_AGO, total.units())})
        expect(that=to.add_shop_orders([state], {}) == [True])
        to.save_shop_orders([ShopOrderChange((state,), later)], {})
        expect(that=to.find_shop_orders([key]) == [later])
        expect(that=later.ledger()[-1] in to.get_orders(self._customer))
        to.save_shop_orders([ShopOrderChange((later,), replace(later, customer_id=None))], {})
