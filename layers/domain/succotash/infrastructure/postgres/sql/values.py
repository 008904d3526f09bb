"""Statements about what customers are worth."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, JOINED_RUN, NAMED_RUN
from succotash.infrastructure.postgres.sql.sightings import MEANT

SAVE_CUSTOMER_LTV = f"""
WITH {JOINED_RUN},
saved AS (
    INSERT INTO customer_ltv (
        run_id, customer_id, actual_clv, residual_value, average_order_value, currency,
        order_count, frequency, lifetime_months, probability_alive, expected_purchases_30,
        expected_purchases_90, expected_purchases_365, segment_id, cohort_id, first_purchase_at,
        last_purchase_at, residual_low, residual_high
    )
    SELECT
        run_id, CAST(:customer_id AS text), CAST(:actual_clv AS bigint) * 0.0001,
        CAST(:residual_value AS bigint) * 0.0001, CAST(:average_order_value AS bigint) * 0.0001,
        CAST(:currency AS text), CAST(:order_count AS integer), CAST(:frequency AS integer),
        CAST(:lifetime_months AS double precision), CAST(:probability_alive AS double precision),
        CAST(:expected_purchases_30 AS double precision),
        CAST(:expected_purchases_90 AS double precision),
        CAST(:expected_purchases_365 AS double precision), CAST(:segment_id AS text),
        CAST(:cohort_id AS text), CAST(:first_purchase_at AS timestamptz),
        CAST(:last_purchase_at AS timestamptz), CAST(:residual_low AS bigint) * 0.0001,
        CAST(:residual_high AS bigint) * 0.0001
    FROM run
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
)
SELECT run_id FROM run
"""
CLEAR_CUSTOMER_VALUES = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM customer_ltv WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
COPY_CUSTOMER_VALUES = """
COPY customer_ltv (
    run_id, currency, customer_id, actual_clv, residual_value, average_order_value, order_count,
    frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at,
    residual_low, residual_high
) FROM STDIN
"""

_CUSTOMER_LTV = f"""
SELECT
    customer_id, actual_clv, residual_value, average_order_value, currency, order_count, frequency,
    lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at, run_id,
    residual_low, residual_high
FROM customer_ltv
WHERE run_id = {CURRENT_RUN}
"""
_BY_VALUE = """
    AND predicted_clv <= CAST(:predicted_clv AS numeric)
    AND (predicted_clv < CAST(:predicted_clv AS numeric) OR customer_id > CAST(:id AS text))
ORDER BY predicted_clv DESC, customer_id
LIMIT CAST(:limit AS bigint)
"""
GET_CUSTOMER_LTV = f"{_CUSTOMER_LTV} AND customer_id = {MEANT}"
CUSTOMERS = f"{_CUSTOMER_LTV} {_BY_VALUE}"
CUSTOMERS_OF_SEGMENT = f"{_CUSTOMER_LTV} AND segment_id = :segment_id {_BY_VALUE}"
CUSTOMERS_OF_COHORT = f"{_CUSTOMER_LTV} AND cohort_id = :cohort_id {_BY_VALUE}"
CUSTOMERS_OF_BOTH = f"""
{_CUSTOMER_LTV} AND segment_id = :segment_id AND cohort_id = :cohort_id {_BY_VALUE}
"""
