-- name: add_consent
INSERT INTO consents (
    consent_id, canonical_email, purpose, state, occurred_at, recorded_at, origin, text_shown,
    source_id
)
VALUES (
    :consent_id,
    :canonical_email,
    :purpose,
    :state,
    :occurred_at,
    :recorded_at,
    :origin,
    :text_shown,
    :source_id
)
ON CONFLICT (consent_id) DO NOTHING;

-- name: keep_said
INSERT INTO current_consents (canonical_email, purpose, address_key, said, said_at)
VALUES (:canonical_email, :purpose, :address_key, :state, :occurred_at)
ON CONFLICT (canonical_email, purpose) DO UPDATE SET
    address_key = coalesce(excluded.address_key, address_key),
    said = CASE
        WHEN excluded.said_at >= coalesce(said_at, excluded.said_at) THEN excluded.said
        ELSE said
    END,
    said_at = max(coalesce(said_at, excluded.said_at), excluded.said_at);

-- name: keep_imported
INSERT INTO current_consents (canonical_email, purpose, address_key, imported, imported_at)
VALUES (:canonical_email, :purpose, :address_key, :state, :occurred_at)
ON CONFLICT (canonical_email, purpose) DO UPDATE SET
    address_key = coalesce(excluded.address_key, address_key),
    imported = CASE
        WHEN
            excluded.imported_at >= coalesce(imported_at, excluded.imported_at)
            THEN excluded.imported
        ELSE imported
    END,
    imported_at = max(coalesce(imported_at, excluded.imported_at), excluded.imported_at);

-- name: get_consents
SELECT
    consent_id,
    canonical_email,
    purpose,
    state,
    occurred_at,
    recorded_at,
    origin,
    text_shown,
    source_id
FROM consents
WHERE canonical_email = :canonical_email
ORDER BY occurred_at, recorded_at, consent_id;

-- name: get_current_consents
SELECT
    canonical_email,
    purpose,
    state,
    occurred_at
FROM current_consents
WHERE canonical_email = :canonical_email
ORDER BY purpose;

-- name: find_consenting_address
SELECT canonical_email
FROM current_consents
WHERE address_key = :address_key
ORDER BY canonical_email
LIMIT 1;

-- name: suppress
INSERT INTO suppressions (address_key, purpose, reason, since)
VALUES (:address_key, :purpose, :reason, :since)
ON CONFLICT (address_key, purpose) DO UPDATE SET
    reason = CASE
        WHEN
            instr('complaint bounce erased denied', excluded.reason)
            < instr('complaint bounce erased denied', reason)
            THEN excluded.reason
        ELSE reason
    END,
    since = max(since, excluded.since);

-- name: find_suppressions
SELECT
    address_key,
    purpose,
    reason,
    since
FROM suppressions
WHERE address_key IN (SELECT given.value FROM json_each(:address_keys) AS given)
ORDER BY purpose, address_key;

-- name: lift_suppressions
DELETE FROM suppressions
WHERE
    address_key IN (SELECT given.value FROM json_each(:address_keys) AS given)
    AND purpose = :purpose
    AND reason IN (SELECT given.value FROM json_each(:reasons) AS given)
    AND since < :at;

-- name: forget_current_consents
DELETE FROM current_consents WHERE canonical_email = :canonical_email;

-- name: forget_consents
DELETE FROM consents WHERE canonical_email = :canonical_email;
