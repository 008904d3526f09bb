"""Statements about the ledger of orders, and its customers."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.sightings import MEANT, MEET_SEEN

# Keys are sorted, so that two batches with the same orders wait for each other in one direction
# only. An order that another transaction added meanwhile is neither added nor visible: its outcome
# is NULL, and JUDGE_ORDERS, which begins later, sees it.
RECORD_ORDERS = f"""
WITH given AS MATERIALIZED (
    SELECT
        place, customer_id, order_id, ordered_at, CAST(units * 0.0001 AS numeric(19, 4)) AS amount,
        currency, refund_of, email
    FROM json_to_recordset(CAST(:orders AS json)) AS item (
        place integer, customer_id text COLLATE "C", order_id text COLLATE "C",
        ordered_at timestamptz, units bigint, currency text COLLATE "C",
        refund_of text COLLATE "C", email text COLLATE "C"
    )
),
added AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT customer_id, order_id, ordered_at, amount, currency, refund_of
    FROM given
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO NOTHING
    RETURNING customer_id, order_id
),
judged AS MATERIALIZED (
    SELECT
        given.place, given.customer_id, given.ordered_at, given.email,
        CASE
            WHEN added.order_id IS NOT NULL THEN 'recorded'
            WHEN known.order_id IS NULL THEN NULL
            WHEN (known.ordered_at, known.amount, known.currency, known.refund_of)
                IS NOT DISTINCT FROM
                (given.ordered_at, given.amount, given.currency, given.refund_of)
                THEN 'unchanged'
            ELSE 'conflicting'
        END AS outcome
    FROM given
    LEFT JOIN added USING (customer_id, order_id)
    LEFT JOIN orders AS known USING (customer_id, order_id)
),
seen AS MATERIALIZED (
    SELECT
        customer_id, min(ordered_at) AS first_seen_at,
        (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email
    FROM judged
    WHERE outcome IN ('recorded', 'unchanged')
    GROUP BY customer_id
),
{MEET_SEEN}
SELECT outcome FROM judged ORDER BY place
"""
JUDGE_ORDERS = """
SELECT
    CASE
        WHEN (known.ordered_at, known.amount, known.currency, known.refund_of)
            IS NOT DISTINCT FROM
            (given.ordered_at, CAST(given.units * 0.0001 AS numeric(19, 4)), given.currency,
                given.refund_of)
            THEN 'unchanged'
        ELSE 'conflicting'
    END
FROM json_to_recordset(CAST(:orders AS json)) AS given (
    place integer, customer_id text COLLATE "C", order_id text COLLATE "C",
    ordered_at timestamptz, units bigint, currency text COLLATE "C",
    refund_of text COLLATE "C"
)
JOIN orders AS known USING (customer_id, order_id)
ORDER BY place
"""

# Orders that come by the ten thousand: COPY into a table of the session's own, then statements
# about all of them. Locks and outcomes are those of RECORD_ORDERS.
MAKE_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_orders (
    place integer NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    amount numeric(19, 4) NOT NULL,
    currency text COLLATE "C" NOT NULL,
    refund_of text COLLATE "C",
    email text COLLATE "C"
) ON COMMIT DELETE ROWS
"""
# At the planner's default price of a random page, a few thousand looks into an index seem dearer
# than reading all of a large table.
PREFER_INDEXES = "SELECT set_config('random_page_cost', '1.1', true)"
CLEAR_STAGE = "DELETE FROM pg_temp.staged_orders"
STAGE_ORDERS = "COPY pg_temp.staged_orders FROM STDIN"
ADD_STAGED_ORDERS = """
WITH added AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT customer_id, order_id, ordered_at, amount, currency, refund_of
    FROM pg_temp.staged_orders
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO NOTHING
    RETURNING customer_id, order_id
)
SELECT place
FROM pg_temp.staged_orders AS given
WHERE NOT EXISTS (
    SELECT
    FROM added
    WHERE added.customer_id = given.customer_id AND added.order_id = given.order_id
)
ORDER BY place
"""
JUDGE_STAGED_ORDERS = """
SELECT
    place,
    CASE
        WHEN (known.ordered_at, known.amount, known.currency, known.refund_of)
            IS NOT DISTINCT FROM
            (given.ordered_at, given.amount, given.currency, given.refund_of)
            THEN 'unchanged'
        ELSE 'conflicting'
    END
FROM unnest(CAST(:places AS integer[])) AS named (place)
JOIN pg_temp.staged_orders AS given USING (place)
JOIN orders AS known USING (customer_id, order_id)
"""
UNSTAGE_ORDERS = """
DELETE FROM pg_temp.staged_orders AS given
USING unnest(CAST(:places AS integer[])) AS named (place)
WHERE given.place = named.place
"""
# Most of a large batch are known customers of whom nothing new is learned; an upsert would lock
# and rewrite each of them.
MEET_STAGED_CUSTOMERS = f"""
WITH sighted AS MATERIALIZED (
    SELECT
        customer_id, min(ordered_at) AS first_seen_at,
        (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email
    FROM pg_temp.staged_orders
    GROUP BY customer_id
),
seen AS MATERIALIZED (
    SELECT customer_id, sighted.first_seen_at, sighted.email
    FROM sighted LEFT JOIN customers AS known USING (customer_id)
    WHERE known.first_seen_at IS NULL
        OR sighted.first_seen_at < known.first_seen_at
        OR (known.canonical_email IS NULL AND sighted.email IS NOT NULL)
        OR (known.lead_id IS NULL AND known.canonical_email = sighted.email)
),
{MEET_SEEN}
SELECT count(*) FROM seen
"""

_CUSTOMER = "SELECT customer_id, first_seen_at, canonical_email, lead_id FROM customers"
GET_CUSTOMER = f"{_CUSTOMER} WHERE customer_id = {MEANT}"
CUSTOMERS_BY_EMAIL = f"""
{_CUSTOMER}
WHERE canonical_email = :canonical_email
ORDER BY customer_id
"""
# A limit of NULL is none.
NEWEST_ORDERS = f"""
SELECT customer_id, order_id, ordered_at, amount, currency, refund_of
FROM orders
WHERE customer_id = {MEANT}
ORDER BY ordered_at DESC, order_id DESC
LIMIT CAST(:limit AS bigint)
"""
