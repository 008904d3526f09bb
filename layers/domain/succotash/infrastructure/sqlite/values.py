"""What customers are worth in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

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
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import (
    currency_of,
    instant,
    micros,
    micros_of_text,
    money,
)
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sightings import MEANT

_DELETE_SHARD = """
DELETE FROM customer_ltv
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
"""
_SAVE_VALUE = """
INSERT INTO customer_ltv (
    run_id, customer_id, actual_clv, residual_value, average_order_value, currency, order_count,
    frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at,
    residual_low, residual_high
)
VALUES (
    :run_id, :customer_id, :actual_clv, :residual_value, :average_order_value, :currency,
    :order_count, :frequency, :lifetime_months, :probability_alive, :expected_purchases_30,
    :expected_purchases_90, :expected_purchases_365, :segment_id, :cohort_id,
    :first_purchase_at, :last_purchase_at, :residual_low, :residual_high
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    actual_clv = excluded.actual_clv,
    residual_value = excluded.residual_value,
    average_order_value = excluded.average_order_value,
    currency = excluded.currency,
    order_count = excluded.order_count,
    frequency = excluded.frequency,
    lifetime_months = excluded.lifetime_months,
    probability_alive = excluded.probability_alive,
    expected_purchases_30 = excluded.expected_purchases_30,
    expected_purchases_90 = excluded.expected_purchases_90,
    expected_purchases_365 = excluded.expected_purchases_365,
    segment_id = excluded.segment_id,
    cohort_id = excluded.cohort_id,
    first_purchase_at = excluded.first_purchase_at,
    last_purchase_at = excluded.last_purchase_at,
    residual_low = excluded.residual_low,
    residual_high = excluded.residual_high
"""
_VALUE = f"""
SELECT * FROM customer_ltv
WHERE run_id = (SELECT run_id FROM current_run) AND customer_id = {MEANT}
"""
_VALUES = """
SELECT * FROM customer_ltv
WHERE run_id = (SELECT run_id FROM current_run)
  AND (:segment_id IS NULL OR segment_id = :segment_id)
  AND (:cohort_id IS NULL OR cohort_id = :cohort_id)
  AND (:after_value IS NULL OR predicted_clv < :after_value
       OR (predicted_clv = :after_value AND customer_id > :after_id))
ORDER BY predicted_clv DESC, customer_id
LIMIT :limit
"""


class SQLiteValueRepository(SQLiteRepository, ValueRepository):
    """What customers are worth."""

    @override
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        with self._unit.writing() as session:
            run_id = named_run(session, value.run_id)
            session.run(
                _SAVE_VALUE,
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
            )

    @override
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_SHARD, run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SAVE_VALUE,
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
                    }
                    for place, customer_id in enumerate(values.customer_ids)
                ),
            )

    @override
    def get_customer_ltv(self, customer_id: CustomerId) -> CustomerLTV:
        with self._unit.reading() as session:
            for row in session.run(_VALUE, customer_id=customer_id):
                return _value(row)
        raise NotFoundError("customer")

    @override
    def find_customers(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[CustomerLTV]:
        with self._unit.reading() as session:
            rows = session.run(
                _VALUES,
                segment_id=segment_id,
                cohort_id=cohort_id,
                limit=limit,
                after_value=None if after is None else after[0].units(),
                after_id=None if after is None else after[1],
            )
        return [_value(row) for row in rows]


def _value(row: Row) -> CustomerLTV:
    currency = row["currency"]
    return CustomerLTV(
        customer_id=row["customer_id"],
        actual_clv=Money.of_units(row["actual_clv"], currency),
        residual_value=Money.of_units(row["residual_value"], currency),
        average_order_value=Money.of_units(row["average_order_value"], currency),
        order_count=row["order_count"],
        frequency=row["frequency"],
        lifetime_months=row["lifetime_months"],
        probability_alive=row["probability_alive"],
        expected_purchases_30=row["expected_purchases_30"],
        expected_purchases_90=row["expected_purchases_90"],
        expected_purchases_365=row["expected_purchases_365"],
        segment_id=row["segment_id"],
        cohort_id=row["cohort_id"],
        first_purchase_at=instant(row["first_purchase_at"]),
        last_purchase_at=instant(row["last_purchase_at"]),
        run_id=row["run_id"],
        residual_low=money(row["residual_low"], currency),
        residual_high=money(row["residual_high"], currency),
    )
