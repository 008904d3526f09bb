"""Taking orders, one batch at a time."""

from collections.abc import Sequence

from succotash.application.batches import (
    BatchReport,
    Recorded,
    Rejected,
    count_orders,
    record_batch,
)
from succotash.application.identities import record_about_customers
from succotash.application.value.refunds import warn_of_refunds
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.value.ledgers import Order
from succotash.domain.value.orders import OrderRules, order_contents, order_identity
from succotash.domain.values import Clock, Currency


class OrderIntake:
    """Adds orders and refunds to the ledger."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        currency: Currency,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._currency = currency
        self._tombstones = tombstones

    def record_orders(self, items: Sequence[Order | Rejected]) -> BatchReport:
        """Add a batch to the ledger; the outcome of each item, in order.

        An order in another currency than the deployment's, from the future, with an amount that
        does not fit its kind, or that contradicts another with its id is rejected alone. A refund
        that does not fit what it refunds is recorded with a warning.
        """
        rules = OrderRules(self._currency, self._clock())
        checked = [item if isinstance(item, Rejected) else _checked(item, rules) for item in items]
        report = record_batch(checked, identity=order_identity, record=self._record)
        count_orders(
            recorded=report["recorded"],
            unchanged=report["unchanged"],
            conflicting=report["conflicting"],
            rejected=report["rejected"],
            erased=report["erased"],
        )
        return report

    def _record(self, orders: Sequence[Order]) -> list[Recorded]:
        """Record orders of known and new customers; those of a person erased since are not kept."""

        def work(repositories: Repositories) -> list[Recorded]:
            outcomes, customer_ids = record_about_customers(
                repositories,
                self._tombstones,
                orders,
                identity=order_identity,
                contents=order_contents,
                at=lambda order: order.ordered_at,
                record=repositories.ltv.record_orders,
            )
            refunds = [*zip(customer_ids, (each.refund_of for each in orders), strict=True)]
            warnings = warn_of_refunds(repositories.ltv, refunds, outcomes)
            return list(map(Recorded, outcomes, warnings))

        return self._storage.in_transaction(work)


def _checked(order: Order, rules: OrderRules) -> Order | Rejected:
    violation = rules.violation(order)
    if violation is None:
        return order
    return Rejected(order.order_id, order.customer_id, (violation,))
