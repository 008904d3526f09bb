-- name: get_form
${form}
WHERE form_id = :form_id;

-- name: get_validation_rules
${validation_rule}
WHERE form_id = :form_id
ORDER BY position, rule_id;

-- name: get_scoring_rules
${scoring_rules};

-- name: find_duplicate
${submission}
WHERE
    form_id = :form_id
    AND fingerprint = :fingerprint
    AND state = 'accepted'
    AND submitted_at >= :since
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1;

-- name: find_leads
${lead}
WHERE canonical_email IN (SELECT given.value FROM json_each(:emails) AS given);

-- name: count_traffic
SELECT
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM form_submissions
            WHERE
                ip_address = :ip_address
                AND submitted_at > :rated_since
                AND submitted_at <= :at
            LIMIT :per_address_hourly
        ) AS counted
    ) AS from_address,
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM form_submissions
            WHERE form_id = :form_id AND submitted_at > :rated_since AND submitted_at <= :at
            LIMIT :per_form_hourly
        ) AS counted
    ) AS to_form,
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM form_submissions
            WHERE
                text_digest = :text_digest
                AND submitted_at > :repeated_since
                AND submitted_at <= :at
                AND fingerprint <> :fingerprint
                AND (
                    canonical_email IS NULL
                    OR canonical_email NOT IN (
                        SELECT given.value FROM json_each(:emails) AS given
                    )
                )
            LIMIT :repetitions
        ) AS counted
    ) AS same_text;

-- name: remove_expired_keys
DELETE FROM idempotency_keys
WHERE (scope, key) IN (
    SELECT
        old.scope,
        old.key
    FROM idempotency_keys AS old
    WHERE old.expires_at <= :at AND (old.scope, old.key) <> (:scope, :key)
    ORDER BY old.expires_at
    LIMIT :limit
);

-- name: find_key
SELECT
    body_digest,
    answer
FROM idempotency_keys
WHERE scope = :scope AND key = :key AND expires_at > :at;

-- name: save_key
INSERT INTO idempotency_keys (scope, key, body_digest, expires_at, answer, submission_id)
VALUES (:scope, :key, :body_digest, :expires_at, :answer, :submission_id)
ON CONFLICT (scope, key) DO UPDATE SET
    body_digest = excluded.body_digest,
    expires_at = excluded.expires_at,
    answer = excluded.answer,
    submission_id = excluded.submission_id;
