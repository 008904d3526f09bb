-- name: record_consents
WITH ${keep_consents}

SELECT count(*) AS recorded FROM added_consents;

-- name: make_stage
CREATE TEMPORARY TABLE IF NOT EXISTS staged_consents (
    consent_id text COLLATE "C" NOT NULL,
    canonical_email text COLLATE "C" NOT NULL,
    state text NOT NULL,
    occurred_at timestamptz NOT NULL,
    source_id text NOT NULL,
    address_key text COLLATE "C"
) ON COMMIT DELETE ROWS;

-- name: clear_stage
DELETE FROM pg_temp.staged_consents;

-- name: copy_to_stage
COPY pg_temp.staged_consents (
    consent_id,
    canonical_email,
    state,
    occurred_at,
    source_id,
    address_key
) FROM STDIN;

-- name: plan_stage
-- A temporary table has no statistics otherwise.
ANALYZE pg_temp.staged_consents (consent_id, canonical_email);

-- name: record_staged_consents
-- As record_consents does it, for consents of an import, each of another person.
WITH added AS (
    INSERT INTO consents (
        consent_id, canonical_email, purpose, state, occurred_at, recorded_at, origin, source_id
    )
    SELECT
        consent_id,
        canonical_email,
        cast(:purpose AS text) AS purpose,
        state,
        occurred_at,
        cast(:recorded_at AS timestamptz) AS recorded_at,
        'import' AS origin,
        source_id
    FROM pg_temp.staged_consents
    ORDER BY consent_id
    ON CONFLICT (consent_id) DO NOTHING
    RETURNING consent_id
),

kept AS (
    INSERT INTO current_consents AS known (
        canonical_email, purpose, address_key, imported, imported_at
    )
    SELECT
        given.canonical_email,
        cast(:purpose AS text) AS purpose,
        given.address_key,
        given.state,
        given.occurred_at
    FROM pg_temp.staged_consents AS given
    INNER JOIN added ON given.consent_id = added.consent_id
    ORDER BY given.canonical_email
    ON CONFLICT (canonical_email, purpose) DO UPDATE SET
        address_key = coalesce(excluded.address_key, known.address_key),
        imported = CASE
            WHEN
                excluded.imported_at >= coalesce(known.imported_at, excluded.imported_at)
                THEN excluded.imported
            ELSE known.imported
        END,
        imported_at = greatest(known.imported_at, excluded.imported_at)
    WHERE
        known.imported_at IS NULL
        OR excluded.imported_at >= known.imported_at
        OR coalesce(excluded.address_key, known.address_key) IS DISTINCT FROM known.address_key
)

SELECT count(*) AS recorded FROM added;

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
INSERT INTO suppressions AS known (address_key, purpose, reason, since)
SELECT
    given.address_key,
    given.purpose,
    given.reason,
    given.since
FROM jsonb_to_recordset(cast(:suppressions AS jsonb)) AS given (
    address_key text,
    purpose text,
    reason text,
    since timestamptz
)
ORDER BY given.address_key, given.purpose
ON CONFLICT (address_key, purpose) DO UPDATE SET
    reason = CASE
        WHEN
            array_position(
                ARRAY['complaint', 'bounce', 'erased', 'denied'], excluded.reason
            ) < array_position(ARRAY['complaint', 'bounce', 'erased', 'denied'], known.reason)
            THEN excluded.reason
        ELSE known.reason
    END,
    since = greatest(known.since, excluded.since);

-- name: find_suppressions
SELECT
    address_key,
    purpose,
    reason,
    since
FROM suppressions
WHERE address_key = any(cast(:address_keys AS text[]))
ORDER BY purpose, address_key;

-- name: lift_suppressions
WITH lifted AS (
    DELETE FROM suppressions
    WHERE
        address_key = any(cast(:address_keys AS text[]))
        AND purpose = :purpose
        AND reason = any(cast(:reasons AS text[]))
        AND since < cast(:at AS timestamptz)
    RETURNING address_key
)

SELECT count(*) AS lifted FROM lifted;

-- name: forget_consents
WITH current_ones AS (
    DELETE FROM current_consents WHERE canonical_email = :canonical_email
),

forgotten AS (
    DELETE FROM consents WHERE canonical_email = :canonical_email
    RETURNING consent_id
)

SELECT count(*) AS forgotten FROM forgotten;
