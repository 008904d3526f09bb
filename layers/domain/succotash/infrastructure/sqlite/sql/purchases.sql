-- part: refunds
-- A cast takes what 64 bits do not hold for the most that they do: it is no purchase either way.
refunds AS (
    SELECT
        customer_id,
        refund_of AS order_id,
        exact_sum(amount) AS amount
    FROM orders
    WHERE
        refund_of IS NOT NULL
        AND ordered_at <= :until
        AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
    GROUP BY customer_id, refund_of
)

-- name: lay_out_purchases
INSERT INTO purchases (customer_id, is_holdout, order_id, ordered_at, day, net)
WITH ${refunds}

SELECT
    original.customer_id,
    :is_holdout AS is_holdout,
    original.order_id,
    original.ordered_at,
    local_day(original.ordered_at, :time_zone) AS day,
    original.amount + coalesce(cast(refunds.amount AS INTEGER), 0) AS net
FROM orders AS original
LEFT JOIN refunds
    ON original.customer_id = refunds.customer_id AND original.order_id = refunds.order_id
WHERE
    original.refund_of IS NULL
    AND original.ordered_at <= :until
    AND (:after IS NULL OR original.ordered_at > :after)
    AND (:shards IS NULL OR shard_of(original.customer_id, :shards) = :shard)
    AND (refunds.amount IS NULL OR original.amount + cast(refunds.amount AS INTEGER) > 0);

-- name: lay_out_over_refunds
INSERT INTO over_refunds (customer_id, order_id, day, net)
WITH ${refunds}

SELECT
    original.customer_id,
    original.order_id,
    local_day(original.ordered_at, :time_zone) AS day,
    exact_add(original.amount, refunds.amount) AS net
FROM refunds
INNER JOIN orders AS original
    ON refunds.customer_id = original.customer_id AND refunds.order_id = original.order_id
WHERE
    original.refund_of IS NULL
    AND original.ordered_at <= :until
    AND original.amount + cast(refunds.amount AS INTEGER) < 0;

-- name: clear_purchases
DELETE FROM purchases;

-- name: clear_over_refunds
DELETE FROM over_refunds;

-- name: get_purchase_histories
WITH past AS (
    SELECT
        customer_id,
        min(day) AS first_day,
        max(day) AS last_day,
        count(DISTINCT day) AS days,
        count(*) AS orders,
        exact_sum(net) AS revenue,
        min(ordered_at) AS first_purchase_at,
        max(ordered_at) AS last_purchase_at
    FROM purchases
    WHERE is_holdout = 0
    GROUP BY customer_id
),

first_days AS (
    SELECT
        past.customer_id,
        exact_sum(bought.net) AS revenue
    FROM purchases AS bought
    INNER JOIN past ON bought.customer_id = past.customer_id
    WHERE bought.is_holdout = 0 AND bought.day = past.first_day
    GROUP BY past.customer_id
),

later AS (
    SELECT
        customer_id,
        count(DISTINCT day) AS days,
        exact_sum(net) AS revenue
    FROM purchases
    WHERE is_holdout = 1
    GROUP BY customer_id
),

given_back AS (
    SELECT
        customer_id,
        exact_sum(net) AS amount
    FROM over_refunds
    GROUP BY customer_id
)

SELECT
    past.customer_id,
    past.first_day,
    past.orders,
    past.revenue,
    past.first_purchase_at,
    past.last_purchase_at,
    first_days.revenue AS first_day_revenue,
    past.days - 1 AS frequency,
    past.last_day - past.first_day AS recency,
    coalesce(later.days, 0) AS holdout,
    coalesce(later.revenue, 0) AS holdout_revenue,
    coalesce(given_back.amount, 0) AS over_refunds
FROM past
INNER JOIN first_days ON past.customer_id = first_days.customer_id
LEFT JOIN later ON past.customer_id = later.customer_id
LEFT JOIN given_back ON past.customer_id = given_back.customer_id
ORDER BY past.customer_id;

-- name: count_purchases_by_week
WITH later AS (
    SELECT
        customer_id,
        day,
        exact_sum(net) AS revenue
    FROM purchases
    WHERE is_holdout = 1
    GROUP BY customer_id, day
)

SELECT
    (later.day - :cut) / 7 AS week,
    count(*) AS purchases,
    exact_sum(later.revenue) AS revenue
FROM later
WHERE
    EXISTS (
        SELECT 1 FROM purchases AS past
        WHERE past.customer_id = later.customer_id AND past.is_holdout = 0
    )
GROUP BY week;

-- name: get_currencies
SELECT DISTINCT currency
FROM orders
WHERE ordered_at <= :as_of;
