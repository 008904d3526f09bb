"""The value of customers in PostgreSQL."""

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
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.runs import replace_rows
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import customer_ltv_of, customer_values_of

_SQL = statements("values")


class PostgresValueRepository(PostgresRepository, ValueRepository):
    """The value of customers."""

    @override
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        rows = self._run(
            _SQL["save_customer_ltv"],
            run_id=value.run_id,
            customer_id=value.customer_id,
            actual_clv=value.actual_clv.units(),
            residual_value=value.residual_value.units(),
            average_order_value=value.average_order_value.units(),
            currency=value.actual_clv.currency,
            order_count=value.order_count,
            frequency=value.frequency,
            lifetime_months=value.lifetime_months,
            probability_alive=value.probability_alive,
            expected_purchases_30=value.expected_purchases_30,
            expected_purchases_90=value.expected_purchases_90,
            expected_purchases_365=value.expected_purchases_365,
            segment_id=value.segment_id,
            cohort_id=value.cohort_id,
            first_purchase_at=value.first_purchase_at,
            last_purchase_at=value.last_purchase_at,
            residual_low=value.residual_low and value.residual_low.units(),
            residual_high=value.residual_high and value.residual_high.units(),
            residual_median=value.residual_median and value.residual_median.units(),
            probability_of_no_purchase=value.probability_of_no_purchase,
        )
        only("scoring run", rows)

    @override
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        chunks = bulk.lines(
            (run_id, currency),
            (
                bulk.texts(values.customer_ids),
                bulk.amounts(values.actual_clv),
                bulk.amounts(values.residual_value),
                bulk.amounts(values.average_order_value),
                bulk.numbers(values.order_count),
                bulk.numbers(values.frequency),
                bulk.numbers(values.lifetime_months),
                bulk.numbers(values.probability_alive),
                bulk.numbers(values.expected_purchases_30),
                bulk.numbers(values.expected_purchases_90),
                bulk.numbers(values.expected_purchases_365),
                bulk.texts(values.segment_ids),
                bulk.texts(values.cohort_ids),
                bulk.texts(values.first_purchase_at),
                bulk.texts(values.last_purchase_at),
                bulk.optional_amounts(values.residual_low),
                bulk.optional_amounts(values.residual_high),
                bulk.optional_amounts(values.residual_median),
                bulk.optional(values.probability_of_no_purchase),
            ),
        )

        replace_rows(
            self._work,
            run_id,
            _SQL.of_shard("clear_customer_values", partition(shard)),
            _SQL.of_shard("copy_customer_values", partition(shard)),
            chunks,
        )

    @override
    def find_value(self, customer_id: CustomerId) -> Labelled[CustomerLTV]:
        rows = self._run(_SQL["find_value"], customer_id=customer_id)
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
        page: dict[str, object] = {
            "risk": risk,
            "predicted_clv": "Infinity" if after is None else after[0].amount,
            "id": "" if after is None else after[1],
            "limit": limit,
        }
        if segment_id is not None and cohort_id is not None:
            rows = self._run(
                _SQL["find_values_of_segment_and_cohort"],
                segment_id=segment_id,
                cohort_id=cohort_id,
                **page,
            )
        elif segment_id is not None:
            rows = self._run(_SQL["find_values_of_segment"], segment_id=segment_id, **page)
        elif cohort_id is not None:
            rows = self._run(_SQL["find_values_of_cohort"], cohort_id=cohort_id, **page)
        else:
            rows = self._run(_SQL["find_values"], **page)
        return labelled(rows, customer_values_of(rows))
