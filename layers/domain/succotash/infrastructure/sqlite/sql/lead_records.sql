-- name: save_lead
INSERT INTO leads (
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count
)
VALUES (
    :lead_id,
    :email,
    :canonical_email,
    :first_submission_at,
    :last_submission_at,
    :first_name,
    :last_name,
    :company,
    :phone,
    :answers,
    :status,
    :source,
    :campaign,
    :submission_count
)
ON CONFLICT (lead_id) DO UPDATE SET
    first_submission_at = excluded.first_submission_at,
    last_submission_at = excluded.last_submission_at,
    first_name = excluded.first_name,
    last_name = excluded.last_name,
    company = excluded.company,
    phone = excluded.phone,
    answers = excluded.answers,
    submission_count = excluded.submission_count;

-- name: tie_customers
UPDATE customers SET lead_id = :lead_id
WHERE canonical_email = :canonical_email AND lead_id IS NULL;

-- name: get_lead
${lead}
WHERE lead_id = :lead_id;

-- name: get_lead_by_email
${lead}
WHERE canonical_email = :canonical_email;

-- name: find_scored_leads
${scored_lead}
WHERE lead.canonical_email = :canonical_email;

-- part: page
(:min_score IS NULL OR score.total >= :min_score)
AND (:after_at IS NULL OR (lead.last_submission_at, lead.lead_id) < (:after_at, :after_id))
ORDER BY lead.last_submission_at DESC, lead.lead_id DESC
LIMIT :limit

-- name: find_leads
${scored_lead}
WHERE ${page};

-- name: find_leads_of_status
${scored_lead}
WHERE lead.status = :status AND ${page};

-- name: find_leads_of_source
${scored_lead}
WHERE lead.source = :source AND ${page};

-- name: find_leads_of_status_and_source
${scored_lead}
WHERE lead.status = :status AND lead.source = :source AND ${page};

-- name: get_hot_leads
SELECT
    ${scored_lead_columns}
FROM lead_scores AS score
INNER JOIN leads AS lead ON score.lead_id = lead.lead_id
WHERE score.is_hot = 1 AND lead.status NOT IN ('closed_won', 'closed_lost')
ORDER BY score.total DESC, score.lead_id ASC
LIMIT :limit;

-- name: update_lead_status
UPDATE leads SET status = :status
WHERE lead_id = :lead_id
RETURNING
    lead_id,
    email,
    canonical_email,
    first_submission_at,
    last_submission_at,
    first_name,
    last_name,
    company,
    phone,
    answers,
    status,
    source,
    campaign,
    submission_count;

-- name: save_status_change
INSERT INTO lead_status_changes (lead_id, status, changed_at)
VALUES (:lead_id, :status, :at);

-- name: save_lead_score
INSERT INTO lead_scores (lead_id, points, total, grade, is_hot, scored_at, rules_version)
SELECT
    lead_id,
    :points AS points,
    :total AS total,
    :grade AS grade,
    :is_hot AS is_hot,
    :scored_at AS scored_at,
    :rules_version AS rules_version
FROM leads
WHERE lead_id = :lead_id
ON CONFLICT (lead_id) DO UPDATE SET
    points = excluded.points,
    total = excluded.total,
    grade = excluded.grade,
    is_hot = excluded.is_hot,
    scored_at = excluded.scored_at,
    rules_version = excluded.rules_version;

-- name: get_lead_score
SELECT
    lead_id,
    points,
    grade,
    is_hot,
    scored_at,
    rules_version
FROM lead_scores
WHERE lead_id = :lead_id;
