-- part: keep_consents
-- The history, and what holds, of consents that are not there yet.
given_consents AS (
    SELECT
        given.consent_id,
        given.canonical_email,
        given.purpose,
        given.state,
        given.occurred_at,
        given.recorded_at,
        given.origin,
        given.text_shown,
        given.source_id,
        given.address_key
    FROM jsonb_to_recordset(cast(:consents AS jsonb)) AS given (
        consent_id text,
        canonical_email text,
        purpose text,
        state text,
        occurred_at timestamptz,
        recorded_at timestamptz,
        origin text,
        text_shown text,
        source_id text,
        address_key text
    )
),

added_consents AS (
    INSERT INTO consents (
        consent_id, canonical_email, purpose, state, occurred_at, recorded_at, origin, text_shown,
        source_id
    )
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
    FROM given_consents
    ORDER BY consent_id
    ON CONFLICT (consent_id) DO NOTHING
    RETURNING consent_id, canonical_email, purpose, state, occurred_at, recorded_at, origin
),

ranked_consents AS (
    SELECT
        added.canonical_email,
        added.purpose,
        added.state,
        added.occurred_at,
        given.address_key,
        added.origin = 'import' AS is_imported,
        row_number() OVER (
            PARTITION BY added.canonical_email, added.purpose, added.origin = 'import'
            ORDER BY added.occurred_at DESC, added.recorded_at DESC, added.state ASC
        ) AS place
    FROM added_consents AS added
    INNER JOIN given_consents AS given ON added.consent_id = given.consent_id
),

kept_consents AS (
    INSERT INTO current_consents AS known (
        canonical_email, purpose, address_key, said, said_at, imported, imported_at
    )
    SELECT
        canonical_email,
        purpose,
        max(address_key) AS address_key,
        max(state) FILTER (WHERE NOT is_imported) AS said,
        max(occurred_at) FILTER (WHERE NOT is_imported) AS said_at,
        max(state) FILTER (WHERE is_imported) AS imported,
        max(occurred_at) FILTER (WHERE is_imported) AS imported_at
    FROM ranked_consents
    WHERE place = 1
    GROUP BY canonical_email, purpose
    ORDER BY canonical_email, purpose
    ON CONFLICT (canonical_email, purpose) DO UPDATE SET
        address_key = coalesce(excluded.address_key, known.address_key),
        said = CASE
            WHEN excluded.said_at >= coalesce(known.said_at, excluded.said_at) THEN excluded.said
            ELSE known.said
        END,
        said_at = greatest(known.said_at, excluded.said_at),
        imported = CASE
            WHEN
                excluded.imported_at >= coalesce(known.imported_at, excluded.imported_at)
                THEN excluded.imported
            ELSE known.imported
        END,
        imported_at = greatest(known.imported_at, excluded.imported_at)
)
