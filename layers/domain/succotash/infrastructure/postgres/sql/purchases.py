"""The parts `moment` and `purchases`, for statements that are still in Python."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

MOMENT = """
moment AS MATERIALIZED (
    SELECT
        CAST(current_setting('succotash.as_of') AS timestamptz) AS as_of,
        CAST(current_setting('succotash.until') AS timestamptz) AS until,
        current_setting('succotash.time_zone') AS zone
)
"""
# An order counts as of the moment asked for, one held out as of the end of the holdout; `refunded`
# is NULL where nothing was. An order refunded beyond its amount is no purchase, its net below 0.
PURCHASES = f"""
{MOMENT},
refunds AS (
    SELECT
        customer_id, refund_of AS order_id, sum(amount) AS amount,
        sum(amount) FILTER (WHERE ordered_at <= (SELECT as_of FROM moment)) AS amount_as_of
    FROM orders
    WHERE refund_of IS NOT NULL AND ordered_at <= (SELECT until FROM moment)
    GROUP BY customer_id, refund_of
),
netted AS (
    SELECT
        customer_id, ordered_at, original.amount,
        ordered_at > (SELECT as_of FROM moment) AS held_out,
        CASE
            WHEN ordered_at > (SELECT as_of FROM moment) THEN refunds.amount
            ELSE refunds.amount_as_of
        END AS refunded
    FROM orders AS original LEFT JOIN refunds USING (customer_id, order_id)
    WHERE refund_of IS NULL AND ordered_at <= (SELECT until FROM moment)
),
settled AS NOT MATERIALIZED (
    SELECT
        customer_id, ordered_at, held_out, amount + coalesce(refunded, 0) AS net,
        CAST(ordered_at AT TIME ZONE (SELECT zone FROM moment) AS date) AS day,
        refunded IS NULL OR amount + refunded > 0 AS is_purchase
    FROM netted
),
purchases AS (
    SELECT customer_id, ordered_at, held_out, net, day FROM settled WHERE is_purchase
)
"""
