-- name: see_customer
INSERT INTO customers (customer_id, first_seen_at, canonical_email, lead_id)
VALUES (
    :customer_id,
    :seen_at,
    :canonical_email,
    (SELECT leads.lead_id FROM leads WHERE leads.canonical_email = :canonical_email)
)
ON CONFLICT (customer_id) DO UPDATE SET
    first_seen_at = min(first_seen_at, excluded.first_seen_at),
    canonical_email = coalesce(canonical_email, excluded.canonical_email),
    lead_id = CASE
        WHEN canonical_email IS NULL THEN coalesce(excluded.lead_id, lead_id)
        ELSE lead_id
    END;
