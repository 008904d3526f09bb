"""What customers are worth in memory."""

import dataclasses
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import override

from succotash.domain.repositories.values import ValueRepository
from succotash.domain.value.ltv import CustomerLTV, CustomerValues
from succotash.domain.values import (
    PAGE,
    CohortId,
    Currency,
    CustomerId,
    Money,
    RunId,
    SegmentId,
    Shard,
)
from succotash.infrastructure.in_memory.ledger import in_shard
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryValueRepository(InMemoryRepository, ValueRepository):
    """What customers are worth."""

    @override
    @atomic
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        run_id = self.tables.run_named(value.run_id)
        self.tables.values[run_id, value.customer_id] = dataclasses.replace(
            stored(value), run_id=run_id
        )

    @override
    @atomic
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        self.tables.runs[run_id]
        self.tables.values.discard(
            [key for key in self.tables.values_by_run.keys(run_id) if in_shard(key[1], shard)]
        )
        for place, customer_id in enumerate(values.customer_ids):
            self.tables.values[run_id, CustomerId(customer_id)] = CustomerLTV(
                CustomerId(customer_id),
                actual_clv=Money.of_units(values.actual_clv[place], currency),
                residual_value=Money.of_units(values.residual_value[place], currency),
                average_order_value=Money.of_units(values.average_order_value[place], currency),
                order_count=values.order_count[place],
                frequency=values.frequency[place],
                lifetime_months=values.lifetime_months[place],
                probability_alive=values.probability_alive[place],
                expected_purchases_30=values.expected_purchases_30[place],
                expected_purchases_90=values.expected_purchases_90[place],
                expected_purchases_365=values.expected_purchases_365[place],
                segment_id=SegmentId(values.segment_ids[place]),
                cohort_id=CohortId(values.cohort_ids[place]),
                first_purchase_at=datetime.fromisoformat(values.first_purchase_at[place]),
                last_purchase_at=datetime.fromisoformat(values.last_purchase_at[place]),
                run_id=run_id,
                residual_low=_optional_money(values.residual_low[place], currency),
                residual_high=_optional_money(values.residual_high[place], currency),
                residual_median=_optional_money(values.residual_median[place], currency),
                probability_of_no_purchase=values.probability_of_no_purchase[place],
            )

    @override
    @atomic
    def get_customer_ltv(self, customer_id: CustomerId) -> CustomerLTV:
        return self.tables.values[self.tables.current_run(), self.tables.meant(customer_id)]

    @override
    @atomic
    def find_customers(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[CustomerLTV]:
        def place(value: CustomerLTV) -> tuple[Decimal, str]:
            return -value.predicted_clv.amount, value.customer_id

        start = None if after is None else (-after[0].amount, after[1])
        matching = (
            value
            for value in self.tables.values_by_run[self.tables.current_run()]
            if segment_id in {None, value.segment_id}
            and cohort_id in {None, value.cohort_id}
            and (start is None or place(value) > start)
        )
        return list(islice(sorted(matching, key=place), limit))


def _optional_money(units: int | None, currency: Currency) -> Money | None:
    return None if units is None else Money.of_units(units, currency)
