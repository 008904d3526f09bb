-- name: find_references
SELECT
    exists(SELECT 1 FROM forms WHERE form_id = :form_id) AS has_form,
    :lead_id IS NULL OR EXISTS (SELECT 1 FROM leads WHERE lead_id = :lead_id) AS has_lead,
    :duplicate_of IS NULL OR EXISTS (
        SELECT 1 FROM form_submissions WHERE submission_id = :duplicate_of
    ) AS has_original;

-- name: save_submission
INSERT INTO form_submissions (
    submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
    canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
    text_digest, consent, waited_until
)
VALUES (
    :submission_id,
    :form_id,
    :answers,
    :submitted_at,
    :fingerprint,
    :attribution,
    :source,
    :canonical_email,
    :lead_id,
    :ip_address,
    :user_agent,
    :state,
    :duplicate_of,
    :spam_reasons,
    :text_digest,
    :consent,
    :waited_until
)
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
    waited_until = excluded.waited_until;

-- name: get_submission
${submission}
WHERE submission_id = :submission_id;

-- name: get_submissions_by_form
${submission}
WHERE
    form_id = :form_id
    AND (:state IS NULL OR state = :state)
    AND (:after_at IS NULL OR (submitted_at, submission_id) < (:after_at, :after_id))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT :limit;

-- name: get_submissions_by_ip
${submission}
WHERE ip_address = :ip_address AND submitted_at >= :since
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1000;

-- name: remove_expired_submissions
DELETE FROM form_submissions
WHERE submission_id IN (
    SELECT submission.submission_id
    FROM forms AS form
    INNER JOIN form_submissions AS submission ON form.form_id = submission.form_id
    WHERE
        submission.submitted_at <= :at - form.retention
        OR (
            form.retention IS NULL
            AND submission.state IN ('quarantined', 'unconfirmed')
            AND submission.submitted_at <= :at - :quarantine_kept
        )
    LIMIT :limit
);
