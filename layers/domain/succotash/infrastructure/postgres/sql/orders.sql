-- part: given_orders
SELECT
    place,
    ordered_at,
    cast(units * 0.0001 AS numeric(19, 4)) AS amount,
    customer_id COLLATE "C" AS customer_id,
    order_id COLLATE "C" AS order_id,
    currency COLLATE "C" AS currency,
    refund_of COLLATE "C" AS refund_of,
    email COLLATE "C" AS email
FROM json_to_recordset(cast(:orders AS json)) AS (
    place integer,
    customer_id text,
    order_id text,
    ordered_at timestamptz,
    units bigint,
    currency text,
    refund_of text,
    email text
)

-- part: is_same_order
known.ordered_at = given.ordered_at
AND known.amount = given.amount
AND known.currency = given.currency
AND (
    known.refund_of = given.refund_of
    OR (known.refund_of IS NULL AND given.refund_of IS NULL)
)

-- name: record_orders
-- Keys are sorted, so that two batches with the same orders wait for each other in one direction
-- only. An order that another transaction added meanwhile is neither added nor visible: its
-- outcome is NULL, and judge_orders, which begins later, sees it.
WITH given AS MATERIALIZED (
    ${given_orders}
),

added AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT
        customer_id,
        order_id,
        ordered_at,
        amount,
        currency,
        refund_of
    FROM given
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO NOTHING
    RETURNING customer_id, order_id
),

judged AS MATERIALIZED (
    SELECT
        given.place,
        given.customer_id,
        given.ordered_at,
        given.email,
        CASE
            WHEN added.order_id IS NOT NULL THEN 'recorded'
            WHEN known.order_id IS NULL THEN NULL
            WHEN ${is_same_order} THEN 'unchanged'
            ELSE 'conflicting'
        END AS outcome
    FROM given
    LEFT JOIN added ON given.customer_id = added.customer_id AND given.order_id = added.order_id
    LEFT JOIN orders AS known
        ON given.customer_id = known.customer_id AND given.order_id = known.order_id
),

seen AS MATERIALIZED (
    SELECT
        customer_id,
        min(ordered_at) AS first_seen_at,
        (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email
    FROM judged
    WHERE outcome IN ('recorded', 'unchanged')
    GROUP BY customer_id
),

${meet_seen}

SELECT outcome
FROM judged
ORDER BY place;

-- name: judge_orders
WITH given AS (
    ${given_orders}
)

SELECT
    CASE
        WHEN ${is_same_order} THEN 'unchanged'
        ELSE 'conflicting'
    END AS outcome
FROM given
INNER JOIN orders AS known
    ON given.customer_id = known.customer_id AND given.order_id = known.order_id
ORDER BY given.place;

-- name: make_stage
-- Orders that come by the ten thousand: COPY into a table of the session's own, then statements
-- about all of them. Locks and outcomes are those of record_orders.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_orders (
    place integer NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    amount numeric(19, 4) NOT NULL,
    currency text COLLATE "C" NOT NULL,
    refund_of text COLLATE "C",
    email text COLLATE "C"
) ON COMMIT DELETE ROWS;

-- name: clear_stage
DELETE FROM pg_temp.staged_orders;

-- name: copy_to_stage
COPY pg_temp.staged_orders (
    place,
    customer_id,
    order_id,
    ordered_at,
    amount,
    currency,
    refund_of,
    email
) FROM STDIN;

-- name: record_staged_orders
-- The first letters of the outcomes, one row for all: rows cost the client more than the server. A
-- dash stands for NULL in record_orders; judge_staged_orders sees that order. Only the orders that
-- were not added are looked for, each by its key: any other join would read the whole ledger.
WITH added AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT
        customer_id,
        order_id,
        ordered_at,
        amount,
        currency,
        refund_of
    FROM pg_temp.staged_orders
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO NOTHING
    RETURNING customer_id, order_id
),

judged AS (
    SELECT
        given.place,
        CASE
            WHEN added.order_id IS NOT NULL THEN 'r'
            WHEN known.order_id IS NULL THEN '-'
            WHEN ${is_same_order} THEN 'u'
            ELSE 'c'
        END AS outcome
    FROM pg_temp.staged_orders AS given
    LEFT JOIN added ON given.customer_id = added.customer_id AND given.order_id = added.order_id
    LEFT JOIN LATERAL (
        SELECT
            orders.order_id,
            orders.ordered_at,
            orders.amount,
            orders.currency,
            orders.refund_of
        FROM orders
        WHERE
            added.order_id IS NULL
            AND orders.customer_id = given.customer_id
            AND orders.order_id = given.order_id
        LIMIT 1
    ) AS known ON TRUE
)

SELECT string_agg(outcome, '' ORDER BY place) AS outcomes
FROM judged;

-- name: judge_staged_orders
SELECT
    given.place,
    CASE
        WHEN ${is_same_order} THEN 'unchanged'
        ELSE 'conflicting'
    END AS outcome
FROM unnest(cast(:places AS integer[])) AS named (place)
INNER JOIN pg_temp.staged_orders AS given ON named.place = given.place
INNER JOIN orders AS known
    ON given.customer_id = known.customer_id AND given.order_id = known.order_id;

-- name: unstage_orders
DELETE FROM pg_temp.staged_orders AS given
USING unnest(cast(:places AS integer[])) AS named (place)
WHERE given.place = named.place;

-- name: meet_staged_customers
-- Most of a large batch are known customers of whom nothing new is learned; an upsert would lock
-- and rewrite each of them.
WITH sighted AS MATERIALIZED (
    SELECT
        facts.customer_id,
        facts.first_seen_at,
        told.email
    FROM (
        SELECT
            customer_id,
            min(ordered_at) AS first_seen_at,
            min(place) FILTER (WHERE email IS NOT NULL) AS place
        FROM pg_temp.staged_orders
        GROUP BY customer_id
    ) AS facts
    LEFT JOIN pg_temp.staged_orders AS told ON facts.place = told.place AND told.email IS NOT NULL
),

seen AS MATERIALIZED (
    SELECT
        sighted.customer_id,
        sighted.first_seen_at,
        sighted.email
    FROM sighted
    LEFT JOIN customers AS known ON sighted.customer_id = known.customer_id
    WHERE
        known.first_seen_at IS NULL
        OR sighted.first_seen_at < known.first_seen_at
        OR (known.canonical_email IS NULL AND sighted.email IS NOT NULL)
        OR (known.lead_id IS NULL AND known.canonical_email = sighted.email)
),

${meet_seen}

SELECT count(*) AS customers
FROM seen;

-- part: customer
SELECT
    customer_id,
    first_seen_at,
    canonical_email,
    lead_id
FROM customers

-- name: get_customer
${customer}
WHERE customer_id = ${meant};

-- name: get_customers_by_email
${customer}
WHERE canonical_email = :canonical_email
ORDER BY customer_id;

-- name: get_orders
SELECT
    customer_id,
    order_id,
    ordered_at,
    amount,
    currency,
    refund_of
FROM orders
WHERE customer_id = ${meant}
ORDER BY ordered_at, order_id;
