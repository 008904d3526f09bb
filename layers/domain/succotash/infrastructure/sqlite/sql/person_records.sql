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

-- part: own_lead
(SELECT lead.lead_id FROM leads AS lead WHERE lead.canonical_email = :canonical_email)

-- part: is_own
canonical_email = :canonical_email
OR lead_id = ${own_lead}

-- name: find_submissions
${submission}
WHERE
    ${is_own}
ORDER BY submitted_at DESC, submission_id DESC;

-- name: delete_idempotency_keys
DELETE FROM idempotency_keys
WHERE submission_id IN (
    SELECT submission_id
    FROM form_submissions
    WHERE
        ${is_own}
);

-- name: delete_form_submissions
DELETE FROM form_submissions
WHERE
    ${is_own};

-- name: delete_lead_scores
DELETE FROM lead_scores
WHERE lead_id = ${own_lead};

-- name: delete_lead_status_changes
DELETE FROM lead_status_changes
WHERE lead_id = ${own_lead};

-- name: delete_leads
DELETE FROM leads
WHERE canonical_email = :canonical_email;
