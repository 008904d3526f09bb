-- part: lead
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
FROM leads

-- part: scored_lead_columns
lead.lead_id,
lead.email,
lead.canonical_email,
lead.first_submission_at,
lead.last_submission_at,
lead.first_name,
lead.last_name,
lead.company,
lead.phone,
lead.answers,
lead.status,
lead.source,
lead.campaign,
lead.submission_count,
score.points,
score.grade,
score.is_hot,
score.scored_at,
score.rules_version

-- part: scored_lead
SELECT
    ${scored_lead_columns}
FROM leads AS lead
LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id

-- part: scoring_rules
SELECT
    version,
    rules,
    hot_total,
    grade_totals,
    made_at
FROM lead_scoring_rules
ORDER BY version DESC
LIMIT 1
