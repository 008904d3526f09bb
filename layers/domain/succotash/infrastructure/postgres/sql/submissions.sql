-- name: save_submission
-- What the submission refers to is looked for in the statement that saves it, so that a missing
-- form leaves the transaction as it was instead of failing it.
WITH known AS (
    SELECT
        exists(SELECT FROM forms WHERE form_id = :form_id) AS has_form,
        cast(:lead_id AS text) IS NULL
        OR EXISTS (SELECT FROM leads WHERE lead_id = :lead_id) AS has_lead,
        cast(:duplicate_of AS text) IS NULL
        OR EXISTS (SELECT FROM form_submissions WHERE submission_id = :duplicate_of)
            AS has_original
),

saved AS (
    ${insert_submission}
    FROM known
    WHERE has_form AND has_lead AND has_original
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

SELECT
    has_form,
    has_lead,
    has_original
FROM known;

-- name: get_submission
${submission}
WHERE submission_id = :submission_id;

-- name: lock_submission
${submission}
WHERE submission_id = :submission_id
FOR NO KEY UPDATE;

-- part: newest_first
(submitted_at, submission_id) < (cast(:moment AS timestamptz), cast(:id AS text))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT cast(:limit AS bigint)

-- name: get_submissions_by_form
${submission}
WHERE
    form_id = :form_id
    AND ${newest_first};

-- name: get_submissions_by_form_and_state
${submission}
WHERE
    form_id = :form_id
    AND state = :state
    AND ${newest_first};

-- name: get_submissions_by_ip
${submission}
WHERE ip_address = cast(:ip_address AS inet) AND submitted_at >= cast(:since AS timestamptz)
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1000;

-- name: remove_expired_submissions
-- Others may be at work on a few of them: these are left to a later run.
WITH expired AS MATERIALIZED (
    SELECT old.submission_id
    FROM forms CROSS JOIN LATERAL (
        SELECT submission.submission_id
        FROM form_submissions AS submission
        WHERE
            submission.form_id = forms.form_id
            AND submission.submitted_at <= cast(:at AS timestamptz) - forms.retention
        UNION ALL
        SELECT submission.submission_id
        FROM form_submissions AS submission
        WHERE
            submission.form_id = forms.form_id
            AND forms.retention IS NULL
            AND submission.state IN ('quarantined', 'unconfirmed')
            AND submission.submitted_at <= cast(:quarantined_until AS timestamptz)
    ) AS old
    LIMIT cast(:limit AS bigint)
),

chosen AS MATERIALIZED (
    SELECT submission_id
    FROM form_submissions
    WHERE submission_id IN (SELECT expired.submission_id FROM expired)
    FOR UPDATE SKIP LOCKED
),

removed AS (
    DELETE FROM form_submissions
    WHERE submission_id IN (SELECT chosen.submission_id FROM chosen)
    RETURNING 1
)

SELECT count(*) AS removed FROM removed;
