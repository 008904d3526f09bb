"""Statements about what was submitted to forms."""

# What the submission refers to is looked for in the statement that saves it, so that a missing
# form leaves the transaction as it was instead of failing it.
SAVE_SUBMISSION = """
WITH known AS (
    SELECT
        EXISTS (SELECT FROM forms WHERE form_id = :form_id) AS form,
        CAST(:lead_id AS text) IS NULL
            OR EXISTS (SELECT FROM leads WHERE lead_id = :lead_id) AS lead,
        CAST(:duplicate_of AS text) IS NULL
            OR EXISTS (SELECT FROM form_submissions WHERE submission_id = :duplicate_of)
            AS original
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
    FROM known
    WHERE form AND lead AND original
    ON CONFLICT (submission_id) DO UPDATE SET
        form_id = excluded.form_id,
        answers = excluded.answers,
        submitted_at = excluded.submitted_at,
        fingerprint = excluded.fingerprint,
        attribution = excluded.attribution,
        source = excluded.source,
        canonical_email = excluded.canonical_email,
        lead_id = excluded.lead_id,
        ip_address = excluded.ip_address,
        user_agent = excluded.user_agent,
        state = excluded.state,
        duplicate_of = excluded.duplicate_of,
        spam_reasons = excluded.spam_reasons,
        text_digest = excluded.text_digest,
        consent = excluded.consent,
        waited_until = excluded.waited_until
)
SELECT form, lead, original FROM known
"""

SUBMISSION = """
SELECT
    submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
    canonical_email, lead_id, host(ip_address), user_agent, state, duplicate_of, spam_reasons,
    text_digest, consent, waited_until
FROM form_submissions
"""
GET_SUBMISSION = f"{SUBMISSION} WHERE submission_id = :submission_id"
LOCK_SUBMISSION = f"{GET_SUBMISSION} FOR NO KEY UPDATE"
SUBMISSIONS_BY_FORM = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND (submitted_at, submission_id) < (CAST(:moment AS timestamptz), CAST(:id AS text))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT CAST(:limit AS bigint)
"""
SUBMISSIONS_BY_FORM_AND_STATE = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND state = :state
    AND (submitted_at, submission_id) < (CAST(:moment AS timestamptz), CAST(:id AS text))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT CAST(:limit AS bigint)
"""
SUBMISSIONS_BY_ADDRESS = f"""
{SUBMISSION}
WHERE ip_address = CAST(:ip_address AS inet) AND submitted_at >= CAST(:since AS timestamptz)
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1000
"""

# Others may be at work on a few of them: these are left to a later run.
REMOVE_EXPIRED = """
WITH expired AS MATERIALIZED (
    SELECT old.submission_id
    FROM forms CROSS JOIN LATERAL (
        SELECT submission_id
        FROM form_submissions
        WHERE form_submissions.form_id = forms.form_id
            AND submitted_at <= CAST(:at AS timestamptz) - forms.retention
        UNION ALL
        SELECT submission_id
        FROM form_submissions
        WHERE form_submissions.form_id = forms.form_id
            AND forms.retention IS NULL
            AND state IN ('quarantined', 'unconfirmed')
            AND submitted_at <= CAST(:quarantined_until AS timestamptz)
    ) AS old
    LIMIT CAST(:limit AS bigint)
),
chosen AS MATERIALIZED (
    SELECT submission_id
    FROM form_submissions
    WHERE submission_id IN (SELECT submission_id FROM expired)
    FOR UPDATE SKIP LOCKED
),
removed AS (
    DELETE FROM form_submissions
    WHERE submission_id IN (SELECT submission_id FROM chosen)
    RETURNING 1
)
SELECT count(*) FROM removed
"""
