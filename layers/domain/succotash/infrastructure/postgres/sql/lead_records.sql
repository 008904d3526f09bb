-- name: save_lead
WITH ${keep_lead}

SELECT lead_id FROM kept;

-- name: get_lead
${lead}
WHERE lead_id = :lead_id;

-- name: get_lead_by_email
${lead}
WHERE canonical_email = :canonical_email;

-- name: lock_lead_by_email
${lead}
WHERE canonical_email = :canonical_email
FOR NO KEY UPDATE;

-- name: find_scored_leads
${scored_lead}
WHERE lead.canonical_email = :canonical_email;

-- part: page
(cast(:min_score AS integer) IS NULL OR score.total >= cast(:min_score AS integer))
AND (lead.last_submission_at, lead.lead_id)
< (cast(:moment AS timestamptz), cast(:id AS text))
ORDER BY lead.last_submission_at DESC, lead.lead_id DESC
LIMIT cast(:limit AS bigint)

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
${scored_lead}
WHERE score.is_hot AND lead.status NOT IN ('closed_won', 'closed_lost')
ORDER BY score.total DESC, lead.lead_id ASC
LIMIT cast(:limit AS bigint);

-- name: lock_status
SELECT status
FROM leads
WHERE lead_id = :lead_id
FOR NO KEY UPDATE;

-- name: update_lead_status
WITH moved AS (
    UPDATE leads
    SET status = :status
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
        submission_count
),

entered AS (
    INSERT INTO lead_status_changes (lead_id, status, changed_at)
    SELECT
        lead_id,
        status,
        cast(:at AS timestamptz) AS changed_at
    FROM moved
)

SELECT
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
    submission_count
FROM moved;

-- name: save_lead_score
INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
SELECT
    lead_id,
    cast(:total AS integer) AS total,
    cast(:points AS jsonb) AS points,
    cast(:grade AS text) AS grade,
    cast(:is_hot AS boolean) AS is_hot,
    cast(:scored_at AS timestamptz) AS scored_at,
    cast(:rules_version AS integer) AS rules_version
FROM leads
WHERE lead_id = :lead_id
${replace_score}
RETURNING lead_id;

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
