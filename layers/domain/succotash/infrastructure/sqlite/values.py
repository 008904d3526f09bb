"""The value of customers in SQLite."""

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
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import customer_ltv_of, customer_values_of
from succotash.infrastructure.sqlite.columns import currency_of, micros, micros_of_text
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("values")


class SQLiteValueRepository(SQLiteRepository, ValueRepository):
    """The value of customers."""

    @override
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        with self._unit.writing() as session:
            run_id = named_run(session, value.run_id)
            session.run(
                _SQL["save_customer_ltv"],
                run_id=run_id,
                customer_id=value.customer_id,
                actual_clv=value.actual_clv.units(),
                residual_value=value.residual_value.units(),
                average_order_value=value.average_order_value.units(),
                currency=currency_of(
                    value.actual_clv, value.residual_value, value.average_order_value
                ),
                order_count=value.order_count,
                frequency=value.frequency,
                lifetime_months=value.lifetime_months,
                probability_alive=value.probability_alive,
                expected_purchases_30=value.expected_purchases_30,
                expected_purchases_90=value.expected_purchases_90,
                expected_purchases_365=value.expected_purchases_365,
                segment_id=value.segment_id,
                cohort_id=value.cohort_id,
                first_purchase_at=micros(value.first_purchase_at),
                last_purchase_at=micros(value.last_purchase_at),
                residual_low=value.residual_low and value.residual_low.units(),
                residual_high=value.residual_high and value.residual_high.units(),
                residual_median=value.residual_median and value.residual_median.units(),
                probability_of_no_purchase=value.probability_of_no_purchase,
            )

    @override
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_SQL["clear_customer_values"], run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SQL["save_customer_ltv"],
                (
                    {
                        "run_id": run_id,
                        "currency": currency,
                        "customer_id": customer_id,
                        "actual_clv": int(values.actual_clv[place]),
                        "residual_value": int(values.residual_value[place]),
                        "average_order_value": int(values.average_order_value[place]),
                        "order_count": int(values.order_count[place]),
                        "frequency": int(values.frequency[place]),
                        "lifetime_months": float(values.lifetime_months[place]),
                        "probability_alive": float(values.probability_alive[place]),
                        "expected_purchases_30": float(values.expected_purchases_30[place]),
                        "expected_purchases_90": float(values.expected_purchases_90[place]),
                        "expected_purchases_365": float(values.expected_purchases_365[place]),
                        "segment_id": values.segment_ids[place],
                        "cohort_id": values.cohort_ids[place],
                        "first_purchase_at": micros_of_text(values.first_purchase_at[place]),
                        "last_purchase_at": micros_of_text(values.last_purchase_at[place]),
                        "residual_low": values.residual_low[place],
                        "residual_high": values.residual_high[place],
                        "residual_median": values.residual_median[place],
                        "probability_of_no_purchase": values.probability_of_no_purchase[place],
                    }
                    for place, customer_id in enumerate(values.customer_ids)
                ),
            )

    @override
    def find_value(self, customer_id: CustomerId) -> Labelled[CustomerLTV]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_value"], customer_id=customer_id)
        return labelled(rows, customer_ltv_of(only("customer", rows)))

    @override
    def find_values(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> Labelled[list[CustomerLTV]]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_values"],
                segment_id=segment_id,
                cohort_id=cohort_id,
                risk=risk,
                limit=limit,
                after_value=None if after is None else after[0].units(),
                after_id=None if after is None else after[1],
            )
        return labelled(rows, customer_values_of(rows))
