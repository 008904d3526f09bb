"""Statements about what a submission is judged by, and what became of it."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.form_definitions import FORM_COLUMNS
from succotash.infrastructure.postgres.sql.lead_records import KEEP_LEAD
from succotash.infrastructure.postgres.sql.lead_scoring import SCORING_RULES
from succotash.infrastructure.postgres.sql.outbox import APPEND
from succotash.infrastructure.postgres.sql.submissions import SUBMISSION

# A statement sees what was committed before it began, so a lock is a statement of its own:
# whoever waited for it must see what the transaction before it wrote.
_FINGERPRINT_LOCK = """
pg_advisory_xact_lock(
    hashtextextended('submission', hashtextextended(:fingerprint, hashtextextended(:form_id, 0)))
)
"""
LOCK_FINGERPRINT = f"SELECT {_FINGERPRINT_LOCK}"
# A function that is STRICT is not called where the key is NULL.
LOCK_KEY_AND_FINGERPRINT = f"""
SELECT
    pg_advisory_xact_lock(
        hashtextextended('key', hashtextextended(:key, hashtextextended(:scope, 0)))
    ),
    {_FINGERPRINT_LOCK},
    (
        SELECT count(pg_advisory_xact_lock_shared(hashtextextended('erasure', stripe)))
        FROM unnest(CAST(:stripes AS integer[])) AS given (stripe)
    )
"""
LATEST_WITH_FINGERPRINT = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND fingerprint = :fingerprint
    AND state = 'accepted'
    AND submitted_at >= CAST(:since AS timestamptz)
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1
"""

# Locks are held by then, but on the leads: those it waits for come as they are afterwards.
LOAD_INTAKE_CONTEXT = f"""
SELECT
    {FORM_COLUMNS},
    (
        SELECT jsonb_agg(
            jsonb_build_array(
                rule_id, rule.form_id, field_name, kind, parameters, message, position
            )
            ORDER BY position, rule_id
        )
        FROM validation_rules AS rule
        WHERE rule.form_id = :form_id
    ),
    (
        SELECT jsonb_build_array(body_digest, answer)
        FROM idempotency_keys
        WHERE scope = CAST(:scope AS text)
            AND key = CAST(:key AS text)
            AND expires_at > CAST(:at AS timestamptz)
    ),
    (
        SELECT jsonb_build_array(submission_id, lead_id)
        FROM form_submissions AS earlier
        WHERE earlier.form_id = :form_id
            AND fingerprint = :fingerprint
            AND state = 'accepted'
            AND submitted_at >= CAST(:at AS timestamptz) - forms.duplicate_window
        ORDER BY submitted_at DESC, submission_id DESC
        LIMIT 1
        FOR KEY SHARE
    ),
    (
        SELECT jsonb_agg(
            jsonb_build_array(
                lead_id, email, canonical_email, first_submission_at, last_submission_at,
                first_name, last_name, company, phone, answers, status, source, campaign,
                submission_count
            )
        )
        FROM (
            SELECT *
            FROM leads
            WHERE canonical_email = ANY (CAST(:emails AS text[]))
            ORDER BY canonical_email
            FOR NO KEY UPDATE
        ) AS lead
    ),
    ({SCORING_RULES}),
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE recent.ip_address = CAST(:ip_address AS inet)
                AND recent.submitted_at > CAST(:rated_since AS timestamptz)
                AND recent.submitted_at <= CAST(:at AS timestamptz)
            LIMIT coalesce(
                CAST(forms.spam ->> 'per_address_hourly' AS bigint),
                CAST(:per_address_hourly AS bigint)
            )
        ) AS counted
    ),
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE recent.form_id = :form_id
                AND recent.submitted_at > CAST(:rated_since AS timestamptz)
                AND recent.submitted_at <= CAST(:at AS timestamptz)
            LIMIT coalesce(
                CAST(forms.spam ->> 'per_form_hourly' AS bigint),
                CAST(:per_form_hourly AS bigint)
            )
        ) AS counted
    ),
    (
        SELECT count(*)
        FROM (
            SELECT
            FROM form_submissions AS recent
            WHERE recent.text_digest = CAST(:text_digest AS text)
                AND recent.submitted_at > CAST(:repeated_since AS timestamptz)
                AND recent.submitted_at <= CAST(:at AS timestamptz)
                AND recent.fingerprint <> :fingerprint
                AND (
                    recent.canonical_email IS NULL
                    OR recent.canonical_email <> ALL (CAST(:emails AS text[]))
                )
            LIMIT CAST(:repetitions AS bigint)
        ) AS counted
    ),
    (
        SELECT jsonb_object_agg(tombstone, erased_at)
        FROM erasures
        WHERE tombstone = ANY (CAST(:tombstones AS text[]))
    )
FROM forms
WHERE form_id = :form_id
"""

# Expired keys that others are at work on are left to a later submission, so none waits for two.
# Where the lead was absent and is there now, or the key is, somebody was quicker, and the rest is
# not written.
SAVE_OUTCOME = f"""
WITH {KEEP_LEAD},
scored AS (
    INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
    SELECT
        lead_id, CAST(:total AS integer), CAST(:points AS jsonb), CAST(:grade AS text),
        CAST(:is_hot AS boolean), CAST(:scored_at AS timestamptz),
        CAST(:rules_version AS integer)
    FROM kept
    ON CONFLICT (lead_id) DO UPDATE SET
        total = excluded.total,
        points = excluded.points,
        grade = excluded.grade,
        is_hot = excluded.is_hot,
        scored_at = excluded.scored_at,
        rules_version = excluded.rules_version
),
saved AS (
    INSERT INTO form_submissions (
        submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
        canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
        text_digest, consent, waited_until
    )
    SELECT
        CAST(:submission_id AS text), CAST(:form_id AS text), CAST(:answers AS jsonb),
        CAST(:submitted_at AS timestamptz), CAST(:fingerprint AS text),
        CAST(:attribution AS jsonb), CAST(:source AS text), CAST(:canonical_email AS text),
        CAST(:lead_id AS text), CAST(:ip_address AS inet), CAST(:user_agent AS text),
        CAST(:state AS text), CAST(:duplicate_of AS text), CAST(:spam_reasons AS jsonb),
        CAST(:text_digest AS text), CAST(:consent AS text), CAST(:waited_until AS timestamptz)
    WHERE CAST(:kept_lead_id AS text) IS NULL OR EXISTS (SELECT FROM kept)
    ON CONFLICT (submission_id) DO UPDATE SET
        lead_id = excluded.lead_id,
        state = excluded.state,
        duplicate_of = excluded.duplicate_of,
        spam_reasons = excluded.spam_reasons
    RETURNING submission_id
),
told AS ({APPEND}),
expired AS MATERIALIZED (
    SELECT scope, key
    FROM idempotency_keys
    WHERE CAST(:key AS text) IS NOT NULL
        AND expires_at <= CAST(:submitted_at AS timestamptz)
        AND (scope, key) <> (CAST(:scope AS text), CAST(:key AS text))
    ORDER BY expires_at
    LIMIT CAST(:removed AS bigint)
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
        CAST(:scope AS text), CAST(:key AS text), CAST(:body_digest AS text),
        CAST(:expires_at AS timestamptz), CAST(:answer AS jsonb), submission_id
    FROM saved
    WHERE CAST(:key AS text) IS NOT NULL
    ON CONFLICT (scope, key) DO UPDATE SET
        body_digest = excluded.body_digest,
        expires_at = excluded.expires_at,
        answer = excluded.answer,
        submission_id = excluded.submission_id
    WHERE held.expires_at <= CAST(:submitted_at AS timestamptz)
    RETURNING key
)
SELECT
    EXISTS (SELECT FROM saved)
        AND (CAST(:key AS text) IS NULL OR EXISTS (SELECT FROM remembered))
"""
