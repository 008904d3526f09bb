-- part: known_customers
-- What is known of names, e-mails and tombstones, a row for each.
WITH called AS (
    SELECT
        given.name,
        coalesce(named.customer_id, given.name) AS customer_id,
        named.customer_id IS NOT NULL AS is_alias
    FROM unnest(cast(:names AS text[])) AS given (name)
    LEFT JOIN customer_aliases AS named
        ON named.system = cast(:system AS text) AND given.name = named.alias
    UNION ALL
    SELECT
        given.name,
        named.customer_id,
        TRUE AS is_alias
    FROM unnest(cast(:aliases_only AS text[])) AS given (name)
    INNER JOIN customer_aliases AS named
        ON named.system = cast(:system AS text) AND given.name = named.alias
)

SELECT
    'name' AS kind,
    called.name,
    called.customer_id,
    customer.first_seen_at,
    customer.canonical_email,
    cast(NULL AS timestamptz) AS erased_at
FROM called
LEFT JOIN customers AS customer ON called.customer_id = customer.customer_id
WHERE called.is_alias OR customer.customer_id IS NOT NULL
UNION ALL
SELECT
    'email' AS kind,
    canonical_email AS name,
    customer_id,
    first_seen_at,
    canonical_email,
    NULL AS erased_at
FROM customers
WHERE canonical_email = any(cast(:emails AS text[]))
UNION ALL
(
    SELECT
        'tombstone' AS kind,
        tombstone AS name,
        '' AS customer_id,
        NULL AS first_seen_at,
        NULL AS canonical_email,
        erased_at
    FROM erasures
    WHERE
        cast(:tombstones AS text[]) IS NULL
        OR tombstone = any(cast(:tombstones AS text[]))
    ORDER BY tombstone
    LIMIT CASE WHEN cast(:tombstones AS text[]) IS NULL THEN cast(:limit AS bigint) END
)
