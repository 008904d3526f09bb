"""The round trip through what is known of shops' orders."""

from dataclasses import replace
from decimal import Decimal

from local.expectations import LONG_AGO, expect
from succotash.domain.repositories.storage import Repositories
from succotash.domain.shops.orders import (
    KnownRefund,
    ShopOrderChange,
    ShopOrderKey,
    ShopOrderState,
)
from succotash.domain.values import Currency, CustomerId, Money, OrderId

USD = Currency("USD")


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
