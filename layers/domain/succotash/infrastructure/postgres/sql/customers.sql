-- name: find_known
${known_customers};

-- name: save_aliases
INSERT INTO customer_aliases (system, alias, customer_id)
SELECT
    cast(:system AS text) AS system,
    given.alias,
    customer.customer_id
FROM unnest(cast(:aliases AS text[]), cast(:customer_ids AS text[])) AS given (alias, customer_id)
INNER JOIN customers AS customer ON given.customer_id = customer.customer_id
ORDER BY given.alias
ON CONFLICT (system, alias) DO NOTHING;

-- name: get_aliases
SELECT
    customer_id,
    alias
FROM customer_aliases
WHERE customer_id = any(cast(:customer_ids AS text[]))
ORDER BY customer_id, alias;

-- name: find_shared_emails
WITH shared AS (
    SELECT canonical_email
    FROM customers
    WHERE canonical_email IS NOT NULL
    GROUP BY canonical_email
    HAVING count(*) > 1
    ORDER BY canonical_email
    LIMIT cast(:limit AS bigint)
)

SELECT
    customer.customer_id,
    customer.first_seen_at,
    customer.canonical_email
FROM customers AS customer
INNER JOIN shared ON customer.canonical_email = shared.canonical_email
ORDER BY customer.canonical_email, customer.customer_id;

-- name: find_left_over
-- All of them first: in view of the limit, each customer would be looked for among the aliases.
WITH left_over AS MATERIALIZED (
    SELECT
        own.customer_id AS source,
        named.customer_id AS target
    FROM customer_aliases AS named
    INNER JOIN customers AS own ON named.alias = own.customer_id
    WHERE
        named.customer_id <> own.customer_id
        AND (
            cast(:targets AS text[]) IS NULL
            OR named.customer_id = any(cast(:targets AS text[]))
        )
)

SELECT
    source,
    target
FROM left_over
ORDER BY source
LIMIT cast(:limit AS bigint);

-- name: find_personal_ids
SELECT customer_id
FROM customers
WHERE
    (customer_id LIKE '%@%' OR customer_id LIKE '+%')
    AND customer_id > cast(:after AS text)
    AND (cast(:email AS text) IS NULL OR lower(customer_id) = :email)
ORDER BY customer_id
LIMIT cast(:limit AS bigint);
