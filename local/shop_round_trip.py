"""The round trip through what is known of shops' orders."""

from dataclasses import replace
from decimal import Decimal

from local.expectations import LONG_AGO, expect
from succotash.application.shops.marketing import usual_consents_of
from succotash.domain.people.erasures import NO_TOMBSTONES
from succotash.domain.people.identities import CustomerName
from succotash.domain.repositories.storage import Repositories
from succotash.domain.shops.columns import ShopOrderColumns
from succotash.domain.shops.orders import (
    KnownRefund,
    ShopOrderChange,
    ShopOrderKey,
    ShopOrderState,
)
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.values import Currency, CustomerId, Money, OrderId

USD = Currency("USD")


class ShopRoundTrip:
    """Round trips through shops' ports, with records that all carry one mark."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._to = repositories
        self._mark = mark
        self._customer = CustomerId(f"{mark}customer")

    def shop_orders(self) -> None:
        """Statements of a shop about an order, and the state that the ledger shows."""
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
        self._usual_orders(system)

    def _usual_orders(self, system: str) -> None:
        to, email = self._to.ltv, f"{self._mark}buyer@example.com"
        buyer = CustomerName(CustomerId(f"{self._mark}buyer"), email)
        at = [LONG_AGO.isoformat()]
        orders = ShopOrderColumns(
            *(system, USD, [1], [f"{system}:#2"], ["2"], at, at, ["12.3456"], [buyer], [email]),
            accepts_marketing=[True],
        )
        expect(that=to.enter_shop_orders(orders) == [RecordOutcome.RECORDED])
        expect(that=to.enter_shop_orders(orders) == [RecordOutcome.UNCHANGED])
        expect(that=orders.state(0).ledger() == to.get_orders(buyer.customer_id))
        said = usual_consents_of(orders, LONG_AGO, NO_TOMBSTONES)
        expect(that=self._to.consents.import_consents(said) == 1)
        expect(that=self._to.consents.get_consents(email) == [*said.consents()])
        expect(that=self._to.consents.forget_consents(email) == 1)
