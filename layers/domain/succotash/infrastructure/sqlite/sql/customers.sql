-- name: find_accounts
SELECT
    given.value AS name,
    customer.first_seen_at,
    customer.canonical_email,
    coalesce(named.customer_id, given.value) AS customer_id
FROM json_each(:names) AS given
LEFT JOIN customer_aliases AS named ON named.system = :system AND given.value = named.alias
LEFT JOIN customers AS customer
    ON customer.customer_id = coalesce(named.customer_id, given.value)
WHERE
    named.customer_id IS NOT NULL
    OR (
        customer.customer_id IS NOT NULL
        AND given.value NOT IN (SELECT only.value FROM json_each(:aliases_only) AS only)
    );

-- name: find_erased
SELECT
    erasures.tombstone,
    erasures.erased_at
FROM erasures
WHERE
    :tombstones IS NULL
    OR erasures.tombstone IN (SELECT given.value FROM json_each(:tombstones) AS given)
ORDER BY erasures.tombstone
LIMIT :limit;

-- name: find_owners
SELECT
    customer_id,
    first_seen_at,
    canonical_email
FROM customers
WHERE canonical_email IN (SELECT given.value FROM json_each(:emails) AS given)
ORDER BY customer_id;

-- name: save_aliases
INSERT INTO customer_aliases (system, alias, customer_id)
SELECT
    :system AS system,
    :alias AS alias,
    customer_id
FROM customers
WHERE customer_id = :customer_id
ON CONFLICT (system, alias) DO NOTHING;

-- name: get_aliases
SELECT
    customer_id,
    alias
FROM customer_aliases
WHERE customer_id IN (SELECT given.value FROM json_each(:customer_ids) AS given)
ORDER BY customer_id, alias;

-- name: find_shared_emails
SELECT
    customer.customer_id,
    customer.first_seen_at,
    customer.canonical_email
FROM customers AS customer
WHERE
    customer.canonical_email IN (
        SELECT sharer.canonical_email
        FROM customers AS sharer
        WHERE sharer.canonical_email IS NOT NULL
        GROUP BY sharer.canonical_email
        HAVING count(*) > 1
        ORDER BY sharer.canonical_email
        LIMIT :limit
    )
ORDER BY customer.canonical_email, customer.customer_id;

-- name: find_left_over
SELECT
    own.customer_id AS source,
    named.customer_id AS target
FROM customer_aliases AS named
INNER JOIN customers AS own ON named.alias = own.customer_id
WHERE
    named.customer_id <> own.customer_id
    AND (
        :targets IS NULL
        OR named.customer_id IN (SELECT given.value FROM json_each(:targets) AS given)
    )
ORDER BY own.customer_id
LIMIT :limit;

-- name: find_personal_ids
SELECT customer_id
FROM customers
WHERE
    (instr(customer_id, '@') > 0 OR substr(customer_id, 1, 1) = '+')
    AND customer_id > :after
    AND (:email IS NULL OR lower(customer_id) = :email)
ORDER BY customer_id
LIMIT :limit;
