-- part: lock_fingerprint
-- A statement sees what was committed before it began, so a lock is a statement of its own: what
-- waited for it must see what the transaction before it wrote.
pg_advisory_xact_lock(
    hashtextextended('submission', hashtextextended(:fingerprint, hashtextextended(:form_id, 0)))
)

-- name: lock_fingerprint
SELECT ${lock_fingerprint};

-- name: lock_key_and_fingerprint
-- A function that is STRICT is not called where the key is NULL.
SELECT
    pg_advisory_xact_lock(
        hashtextextended('key', hashtextextended(:key, hashtextextended(:scope, 0)))
    ) AS of_key,
    ${lock_fingerprint} AS of_fingerprint,
    (
        SELECT count(pg_advisory_xact_lock_shared(hashtextextended('erasure', given.stripe)))
        FROM unnest(cast(:stripes AS integer[])) AS given (stripe)
    ) AS of_erasures;

-- name: find_duplicate
${submission}
WHERE
    form_id = :form_id
    AND fingerprint = :fingerprint
    AND state = 'accepted'
    AND submitted_at >= cast(:since AS timestamptz)
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1;

-- name: load_intake_context
-- Locks are held by then, but on the leads: those it waits for come as they are afterwards.
SELECT
    ${form_columns},
    (
        SELECT jsonb_agg(to_jsonb(rule) ORDER BY rule.position, rule.rule_id)
        FROM (
            ${validation_rule}
            WHERE form_id = :form_id
        ) AS rule
    ) AS rules,
    (
        SELECT jsonb_build_object('body_digest', known.body_digest, 'answer', known.answer)
        FROM idempotency_keys AS known
        WHERE
            known.scope = cast(:scope AS text)
            AND known.key = cast(:key AS text)
            AND known.expires_at > cast(:at AS timestamptz)
    ) AS held,
    (
        SELECT
            jsonb_build_object(
                'submission_id', earlier.submission_id, 'lead_id', earlier.lead_id
            )
        FROM form_submissions AS earlier
        WHERE
            earlier.form_id = :form_id
            AND earlier.fingerprint = :fingerprint
            AND earlier.state = 'accepted'
            AND earlier.submitted_at >= cast(:at AS timestamptz) - forms.duplicate_window
        ORDER BY earlier.submitted_at DESC, earlier.submission_id DESC
        LIMIT 1
        FOR KEY SHARE
    ) AS original,
    (
        SELECT jsonb_agg(to_jsonb(lead))
        FROM (
            ${lead}
            WHERE canonical_email = any(cast(:emails AS text[]))
            ORDER BY canonical_email
            FOR NO KEY UPDATE
        ) AS lead
    ) AS leads,
    (
        SELECT
            jsonb_build_object(
                'version', newest.version,
                'rules', newest.rules,
                'hot_total', newest.hot_total,
                'grade_totals', newest.grade_totals,
                'made_at', newest.made_at
            )
        FROM lead_scoring_rules AS newest
        ORDER BY newest.version DESC
        LIMIT 1
    ) AS scoring,
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE
                recent.ip_address = cast(:ip_address AS inet)
                AND recent.submitted_at > cast(:rated_since AS timestamptz)
                AND recent.submitted_at <= cast(:at AS timestamptz)
            LIMIT coalesce(
                cast(forms.spam ->> 'per_address_hourly' AS bigint),
                cast(:per_address_hourly AS bigint)
            )
        ) AS counted
    ) AS from_address,
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE
                recent.form_id = :form_id
                AND recent.submitted_at > cast(:rated_since AS timestamptz)
                AND recent.submitted_at <= cast(:at AS timestamptz)
            LIMIT coalesce(
                cast(forms.spam ->> 'per_form_hourly' AS bigint),
                cast(:per_form_hourly AS bigint)
            )
        ) AS counted
    ) AS to_form,
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE
                recent.text_digest = cast(:text_digest AS text)
                AND recent.submitted_at > cast(:repeated_since AS timestamptz)
                AND recent.submitted_at <= cast(:at AS timestamptz)
                AND recent.fingerprint <> :fingerprint
                AND (
                    recent.canonical_email IS NULL
                    OR recent.canonical_email <> all(cast(:emails AS text[]))
                )
            LIMIT cast(:repetitions AS bigint)
        ) AS counted
    ) AS same_text,
    (
        SELECT jsonb_object_agg(known.tombstone, known.erased_at)
        FROM erasures AS known
        WHERE known.tombstone = any(cast(:tombstones AS text[]))
    ) AS erased
FROM forms
WHERE form_id = :form_id;

-- name: save_outcome
-- Expired keys that others are at work on are left to a later submission, so none waits for two.
-- Where the lead was absent and is there now, or the key is, somebody was quicker, and the rest is
-- not written.
WITH ${keep_lead},

scored AS (
    INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
    SELECT
        lead_id,
        cast(:total AS integer) AS total,
        cast(:points AS jsonb) AS points,
        cast(:grade AS text) AS grade,
        cast(:is_hot AS boolean) AS is_hot,
        cast(:scored_at AS timestamptz) AS scored_at,
        cast(:rules_version AS integer) AS rules_version
    FROM kept
    ${replace_score}
),

saved AS (
    ${insert_submission}
    WHERE cast(:kept_lead_id AS text) IS NULL OR EXISTS (SELECT FROM kept)
    ON CONFLICT (submission_id) DO UPDATE SET
        lead_id = excluded.lead_id,
        state = excluded.state,
        duplicate_of = excluded.duplicate_of,
        spam_reasons = excluded.spam_reasons
    RETURNING submission_id
),

told AS (
    ${append_messages}
),

expired AS MATERIALIZED (
    SELECT
        scope,
        key
    FROM idempotency_keys
    WHERE
        cast(:key AS text) IS NOT NULL
        AND expires_at <= cast(:submitted_at AS timestamptz)
        AND (scope, key) <> (cast(:scope AS text), cast(:key AS text))
    ORDER BY expires_at
    LIMIT cast(:removed AS bigint)
    FOR UPDATE SKIP LOCKED
),

removed AS (
    DELETE FROM idempotency_keys AS old
    USING expired
    WHERE old.scope = expired.scope AND old.key = expired.key
),

remembered AS (
    INSERT INTO idempotency_keys AS held (
        scope, key, body_digest, expires_at, answer, submission_id
    )
    SELECT
        cast(:scope AS text) AS scope,
        cast(:key AS text) AS key,
        cast(:body_digest AS text) AS body_digest,
        cast(:expires_at AS timestamptz) AS expires_at,
        cast(:answer AS jsonb) AS answer,
        submission_id
    FROM saved
    WHERE cast(:key AS text) IS NOT NULL
    ON CONFLICT (scope, key) DO UPDATE SET
        body_digest = excluded.body_digest,
        expires_at = excluded.expires_at,
        answer = excluded.answer,
        submission_id = excluded.submission_id
    WHERE held.expires_at <= cast(:submitted_at AS timestamptz)
    RETURNING key
)

SELECT
    EXISTS (SELECT FROM saved)
    AND (cast(:key AS text) IS NULL OR EXISTS (SELECT FROM remembered)) AS is_saved;
