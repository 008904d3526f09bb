"""Purchases as every aggregate over the order ledger counts them.

The aggregates leave the database by COPY, which takes no parameters, so what they depend on is set
for the transaction before them.
"""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from functools import cache

from succotash.domain.values import SHARDS, Shard
from succotash.errors import InvalidInputError

# The index of each ledger gives its rows in the order the aggregates need; at the price the planner
# expects of a random page by default (spinning disks) it would sort them anew, in half again the
# time.
SET_MOMENT = """
SELECT
    set_config('succotash.as_of', :as_of, true),
    set_config('succotash.until', :until, true),
    set_config('succotash.time_zone', :time_zone, true),
    set_config('random_page_cost', '1.1', true)
"""

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
settled AS (
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


def require_partition(shard: Shard) -> None:
    """InvalidInputError unless the shard is one of the partitions that the tables have."""
    if shard.count != SHARDS:
        raise InvalidInputError.of("shard", "shard_count", f"PostgreSQL keeps {SHARDS} shards")


@cache
def of_shard(statement: str, shard: Shard | None) -> str:
    """The statement about one partition of the large tables; about all of them without a shard."""
    if shard is None:
        return statement
    require_partition(shard)
    for table in PARTITIONED:
        for clause in ("FROM", "COPY", "INTO"):
            statement = statement.replace(
                f"{clause} {table}", f"{clause} {table}_p{shard.index:02d}"
            )
    return statement


PARTITIONED = (
    "orders",
    "activity_events",
    "customer_ltv",
    "churn_predictions",
    "user_engagement_profiles",
)
