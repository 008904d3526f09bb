"""How customers come to be known: by what the ledgers record of them."""

# What every way of recording does with the customers in `seen`. Leads are not locked: an erasure
# waits for those who ask about the same e-mail, and the foreign key holds against everybody else.
MEET_SEEN = """
namesakes AS (
    SELECT lead_id, canonical_email
    FROM leads
    WHERE canonical_email IN (SELECT email FROM seen)
),
met AS (
    INSERT INTO customers AS known (customer_id, first_seen_at, canonical_email, lead_id)
    SELECT customer_id, first_seen_at, email, lead_id
    FROM seen LEFT JOIN namesakes ON namesakes.canonical_email = seen.email
    ORDER BY customer_id
    ON CONFLICT (customer_id) DO UPDATE SET
        first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
        canonical_email = coalesce(known.canonical_email, excluded.canonical_email),
        lead_id = CASE
            WHEN coalesce(known.canonical_email, excluded.canonical_email)
                = excluded.canonical_email
                THEN coalesce(known.lead_id, excluded.lead_id)
            ELSE known.lead_id
        END
    WHERE excluded.first_seen_at < known.first_seen_at
        OR (known.canonical_email IS NULL AND excluded.canonical_email IS NOT NULL)
        OR (known.lead_id IS NULL AND known.canonical_email = excluded.canonical_email)
)
"""

# Whom a shop means by an id: the customer of whom it is an alias, or else the one whose id it is.
MEANT = """coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = CAST(:customer_id AS text)
    ),
    :customer_id
)"""
