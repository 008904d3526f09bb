-- name: find_lead_of_person
${scored_lead}
WHERE lead.canonical_email = :canonical_email;

-- name: find_status_changes
SELECT
    change.status,
    change.changed_at
FROM lead_status_changes AS change
INNER JOIN leads AS lead ON change.lead_id = lead.lead_id
WHERE lead.canonical_email = :canonical_email
ORDER BY change.change_id;

-- name: find_submissions
${submission}
WHERE
    canonical_email = :canonical_email
    OR lead_id = (
        SELECT lead.lead_id FROM leads AS lead WHERE lead.canonical_email = :canonical_email
    )
ORDER BY submitted_at DESC, submission_id DESC;

-- name: erase_person
WITH person AS (
    SELECT lead_id FROM leads WHERE canonical_email = :canonical_email
),

own AS (
    SELECT submission_id
    FROM form_submissions
    WHERE canonical_email = :canonical_email OR lead_id = (SELECT person.lead_id FROM person)
),

answers AS (
    DELETE FROM idempotency_keys WHERE submission_id IN (SELECT own.submission_id FROM own)
    RETURNING 1
),

submissions AS (
    DELETE FROM form_submissions WHERE submission_id IN (SELECT own.submission_id FROM own)
    RETURNING 1
),

changes AS (
    DELETE FROM lead_status_changes WHERE lead_id IN (SELECT person.lead_id FROM person)
    RETURNING 1
),

scores AS (
    DELETE FROM lead_scores WHERE lead_id IN (SELECT person.lead_id FROM person)
    RETURNING 1
),

gone AS (
    DELETE FROM leads WHERE lead_id IN (SELECT person.lead_id FROM person)
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM submissions) AS form_submissions,
    (SELECT count(*) FROM answers) AS idempotency_keys,
    (SELECT count(*) FROM gone) AS leads,
    (SELECT count(*) FROM scores) AS lead_scores,
    (SELECT count(*) FROM changes) AS lead_status_changes;
