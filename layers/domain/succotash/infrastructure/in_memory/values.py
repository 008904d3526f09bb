"""The value of customers in memory."""

import dataclasses
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import override

from succotash.domain.repositories.values import ValueRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import RiskLevel
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
    """The value of customers."""

    @override
    @atomic
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        run_id = self.tables.run_named(value.run_id)
        self.tables.values[run_id, value.customer_id] = dataclasses.replace(
            stored(value), run_id=run_id, risk_level=None
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
    def find_value(self, customer_id: CustomerId) -> Labelled[CustomerLTV]:
        value = self.tables.values[self.tables.current_run(), self.tables.meant(customer_id)]
        return self.tables.labelled(self._with_risk(value))

    @override
    @atomic
    def find_values(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> Labelled[list[CustomerLTV]]:
        def place(value: CustomerLTV) -> tuple[Decimal, str]:
            return -value.predicted_clv.amount, value.customer_id

        start = None if after is None else (-after[0].amount, after[1])
        matching = (
            value
            for value in map(self._with_risk, self.tables.values_by_run[self.tables.current_run()])
            if segment_id in {None, value.segment_id}
            and cohort_id in {None, value.cohort_id}
            and risk in {None, value.risk_level}
            and (start is None or place(value) > start)
        )
        return self.tables.labelled(list(islice(sorted(matching, key=place), limit)))

    def _with_risk(self, value: CustomerLTV) -> CustomerLTV:
        run_id = value.run_id or self.tables.current_run()
        prediction = self.tables.predictions.get((run_id, value.customer_id))
        level = None if prediction is None else prediction.risk_level.value
        return dataclasses.replace(value, risk_level=level)


def _optional_money(units: int | None, currency: Currency) -> Money | None:
    return None if units is None else Money.of_units(units, currency)
