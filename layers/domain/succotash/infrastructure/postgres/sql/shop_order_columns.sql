-- name: make_stage_of_columns
CREATE TEMPORARY TABLE IF NOT EXISTS usual_shop_orders (
    place integer NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    number text COLLATE "C",
    told_at timestamptz NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    amount numeric(19, 4) NOT NULL,
    email text COLLATE "C" NOT NULL
) ON COMMIT DELETE ROWS;

-- name: clear_stage_of_columns
DELETE FROM pg_temp.usual_shop_orders;

-- name: copy_to_stage_of_columns
COPY pg_temp.usual_shop_orders (
    place,
    order_id,
    number,
    told_at,
    customer_id,
    ordered_at,
    amount,
    email
) FROM STDIN;

-- name: plan_stage_of_columns
-- A temporary table has no statistics otherwise, and each block would be joined by reading the
-- whole index of customers' e-mails.
ANALYZE pg_temp.usual_shop_orders (order_id, customer_id, email);

-- name: enter_staged_shop_orders
-- The first letters of the outcomes, one row for all; a dash where nothing was done. Hardly any
-- customer is doubtful: grouping lets the planner expect few.
WITH suspected AS (
    SELECT given.customer_id
    FROM pg_temp.usual_shop_orders AS given
    INNER JOIN customer_aliases AS named
        ON named.system = 'shop' AND given.customer_id = named.alias
    UNION ALL
    SELECT given.customer_id
    FROM pg_temp.usual_shop_orders AS given
    INNER JOIN customers AS own ON given.customer_id = own.customer_id
    WHERE given.email IS DISTINCT FROM own.canonical_email
    UNION ALL
    SELECT given.customer_id
    FROM pg_temp.usual_shop_orders AS given
    INNER JOIN customers AS other ON given.email = other.canonical_email
    WHERE given.customer_id <> other.customer_id
),

doubtful AS MATERIALIZED (
    SELECT customer_id
    FROM suspected
    GROUP BY customer_id
),

added AS (
    INSERT INTO shop_orders (
        order_id, system, number, told_at, customer_id, ordered_at, amount, currency
    )
    SELECT
        given.order_id,
        cast(:own AS text) AS system,
        given.number,
        given.told_at,
        given.customer_id,
        given.ordered_at,
        given.amount,
        cast(:currency AS text) AS currency
    FROM pg_temp.usual_shop_orders AS given
    WHERE NOT EXISTS (SELECT 1 FROM doubtful WHERE given.customer_id = doubtful.customer_id)
    ORDER BY given.order_id
    ON CONFLICT DO NOTHING
    RETURNING order_id
),

entering AS MATERIALIZED (
    SELECT
        given.order_id,
        given.customer_id,
        given.ordered_at,
        given.amount,
        given.email
    FROM pg_temp.usual_shop_orders AS given
    INNER JOIN added ON given.order_id = added.order_id
    ORDER BY given.customer_id, given.order_id
),

entered AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency)
    SELECT
        customer_id,
        order_id,
        ordered_at,
        amount,
        cast(:currency AS text) AS currency
    FROM entering
    ON CONFLICT (customer_id, order_id) DO NOTHING
),

seen AS MATERIALIZED (
    SELECT
        sighted.customer_id,
        sighted.first_seen_at,
        sighted.email
    FROM (
        SELECT
            customer_id,
            min(ordered_at) AS first_seen_at,
            max(email) AS email
        FROM entering
        GROUP BY customer_id
    ) AS sighted
    LEFT JOIN customers AS known ON sighted.customer_id = known.customer_id
    WHERE
        known.first_seen_at IS NULL
        OR sighted.first_seen_at < known.first_seen_at
        OR (
            known.lead_id IS NULL
            AND EXISTS (SELECT FROM leads WHERE sighted.email = leads.canonical_email)
        )
),

${meet_seen},

judged AS (
    SELECT
        given.place,
        CASE
            WHEN added.order_id IS NOT NULL THEN 'r'
            WHEN
                (known.number IS NOT DISTINCT FROM given.number)
                AND known.told_at = given.told_at
                AND known.customer_id = given.customer_id
                AND known.ordered_at = given.ordered_at
                AND known.amount = given.amount
                AND known.currency = cast(:currency AS text)
                AND NOT EXISTS (
                    SELECT 1 FROM doubtful WHERE given.customer_id = doubtful.customer_id
                )
                THEN 'u'
            ELSE '-'
        END AS outcome
    FROM pg_temp.usual_shop_orders AS given
    LEFT JOIN added ON given.order_id = added.order_id
    LEFT JOIN LATERAL (
        SELECT
            shop_orders.number,
            shop_orders.told_at,
            shop_orders.customer_id,
            shop_orders.ordered_at,
            shop_orders.amount,
            shop_orders.currency
        FROM shop_orders
        WHERE added.order_id IS NULL AND shop_orders.order_id = given.order_id
        LIMIT 1
    ) AS known ON TRUE
)

SELECT string_agg(outcome, '' ORDER BY place) AS outcomes
FROM judged;
