-- part: state_columns
order_id,
system,
number,
told_at,
customer_id,
ordered_at,
amount,
currency,
refunded,
refunded_at,
refunded_told_at,
refunds

-- name: lock_systems
-- What is waited for is committed before the next statement begins, and so is seen by it.
SELECT pg_advisory_xact_lock(hashtextextended('shop orders of ' || ordered.system, 0))
FROM (
    SELECT given.system
    FROM unnest(cast(:systems AS text[])) AS given (system)
    ORDER BY given.system
) AS ordered;

-- name: find_shop_orders
-- An alias that is a customer of its own has its entries still, until the two are joined.
WITH given AS MATERIALIZED (
    SELECT
        system COLLATE "C" AS system,
        number COLLATE "C" AS number,
        order_id COLLATE "C" AS order_id
    FROM json_to_recordset(cast(:keys AS json)) AS (system text, number text, order_id text)
),

found AS (
    SELECT known.order_id
    FROM given
    INNER JOIN shop_orders AS known ON given.order_id = known.order_id
    UNION
    SELECT known.order_id
    FROM given
    INNER JOIN shop_orders AS known
        ON given.system = known.system AND given.number = known.number
)

SELECT
    known.order_id,
    known.system,
    known.number,
    known.told_at,
    known.ordered_at,
    known.amount,
    known.currency,
    known.refunded,
    known.refunded_at,
    known.refunded_told_at,
    known.refunds,
    coalesce(named.customer_id, known.customer_id) AS customer_id
FROM found
INNER JOIN shop_orders AS known ON found.order_id = known.order_id
LEFT JOIN customer_aliases AS named
    ON
        named.system = 'shop'
        AND known.customer_id = named.alias
        AND NOT EXISTS (
            SELECT FROM customers AS own WHERE known.customer_id = own.customer_id
        )
ORDER BY known.order_id;

-- name: make_stage
CREATE TEMPORARY TABLE IF NOT EXISTS staged_shop_orders (
    place integer NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    system text COLLATE "C" NOT NULL,
    number text COLLATE "C",
    told_at timestamptz,
    customer_id text COLLATE "C",
    ordered_at timestamptz,
    amount numeric(19, 4),
    currency text COLLATE "C",
    refunded numeric(19, 4),
    refunded_at timestamptz,
    refunded_told_at timestamptz,
    refunds jsonb,
    email text COLLATE "C"
) ON COMMIT DELETE ROWS;

-- name: clear_stage
DELETE FROM pg_temp.staged_shop_orders;

-- name: copy_to_stage
COPY pg_temp.staged_shop_orders (
    place,
    order_id,
    system,
    number,
    told_at,
    customer_id,
    ordered_at,
    amount,
    currency,
    refunded,
    refunded_at,
    refunded_told_at,
    refunds,
    email
) FROM STDIN;

-- name: add_staged_shop_orders
WITH added AS (
    INSERT INTO shop_orders (
        ${state_columns}
    )
    SELECT
        ${state_columns}
    FROM pg_temp.staged_shop_orders
    ORDER BY order_id
    ON CONFLICT DO NOTHING
    RETURNING order_id, customer_id, ordered_at, amount, currency
),

entered AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency)
    SELECT
        customer_id,
        order_id,
        ordered_at,
        amount,
        currency
    FROM added
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO NOTHING
),

sighted AS MATERIALIZED (
    SELECT
        customer_id,
        min(ordered_at) AS first_seen_at,
        max(email) AS email
    FROM pg_temp.staged_shop_orders
    WHERE order_id IN (SELECT added.order_id FROM added)
    GROUP BY customer_id
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

SELECT given.place
FROM pg_temp.staged_shop_orders AS given
WHERE NOT EXISTS (SELECT FROM added WHERE given.order_id = added.order_id)
ORDER BY given.place;

-- name: delete_shop_orders
DELETE FROM shop_orders
WHERE order_id = any(cast(:order_ids AS text[]));

-- name: save_shop_orders
-- Entries that go and entries that come are never the same ones, so that the parts of the statement
-- may happen in any order.
WITH given AS MATERIALIZED (
    SELECT
        told_at,
        ordered_at,
        refunded_at,
        refunded_told_at,
        refunds,
        cast(amount * 0.0001 AS numeric(19, 4)) AS amount,
        cast(refunded * 0.0001 AS numeric(19, 4)) AS refunded,
        order_id COLLATE "C" AS order_id,
        system COLLATE "C" AS system,
        number COLLATE "C" AS number,
        customer_id COLLATE "C" AS customer_id,
        currency COLLATE "C" AS currency
    FROM json_to_recordset(cast(:states AS json)) AS (
        order_id text,
        system text,
        number text,
        told_at timestamptz,
        customer_id text,
        ordered_at timestamptz,
        amount bigint,
        currency text,
        refunded bigint,
        refunded_at timestamptz,
        refunded_told_at timestamptz,
        refunds jsonb
    )
),

saved AS (
    INSERT INTO shop_orders (
        ${state_columns}
    )
    SELECT
        ${state_columns}
    FROM given
    ON CONFLICT (order_id) DO UPDATE SET
        number = excluded.number,
        told_at = excluded.told_at,
        customer_id = excluded.customer_id,
        ordered_at = excluded.ordered_at,
        amount = excluded.amount,
        currency = excluded.currency,
        refunded = excluded.refunded,
        refunded_at = excluded.refunded_at,
        refunded_told_at = excluded.refunded_told_at,
        refunds = excluded.refunds
),

gone AS (
    DELETE FROM orders
    USING
        json_to_recordset(cast(:gone AS json)) AS old (
            customer_id text, order_id text
        )
    WHERE
        orders.customer_id = old.customer_id COLLATE "C"
        AND orders.order_id = old.order_id COLLATE "C"
),

entries AS MATERIALIZED (
    SELECT
        place,
        ordered_at,
        cast(units * 0.0001 AS numeric(19, 4)) AS amount,
        customer_id COLLATE "C" AS customer_id,
        order_id COLLATE "C" AS order_id,
        currency COLLATE "C" AS currency,
        refund_of COLLATE "C" AS refund_of,
        email COLLATE "C" AS email
    FROM json_to_recordset(cast(:entries AS json)) AS (
        place integer,
        customer_id text,
        order_id text,
        ordered_at timestamptz,
        units bigint,
        currency text,
        refund_of text,
        email text
    )
),

entered AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT
        customer_id,
        order_id,
        ordered_at,
        amount,
        currency,
        refund_of
    FROM entries
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO UPDATE SET
        ordered_at = excluded.ordered_at,
        amount = excluded.amount,
        currency = excluded.currency,
        refund_of = excluded.refund_of
),

seen AS MATERIALIZED (
    SELECT
        customer_id,
        min(ordered_at) AS first_seen_at,
        (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email
    FROM entries
    GROUP BY customer_id
),

${meet_seen}

SELECT count(*) AS customers
FROM seen;
