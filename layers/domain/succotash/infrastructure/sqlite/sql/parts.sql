-- part: form
SELECT
    form_id,
    title,
    fields,
    allowed_origins,
    allowed_redirects,
    duplicate_window,
    region,
    spam,
    retention,
    notify,
    digest,
    confirms,
    double_opt_in,
    consent_text,
    updated_at
FROM forms

-- part: validation_rule
SELECT
    rule_id,
    form_id,
    field_name,
    kind,
    parameters,
    message,
    position
FROM validation_rules

-- part: submission
SELECT
    submission_id,
    form_id,
    answers,
    submitted_at,
    fingerprint,
    attribution,
    source,
    canonical_email,
    lead_id,
    ip_address,
    user_agent,
    state,
    duplicate_of,
    spam_reasons,
    text_digest,
    consent,
    waited_until
FROM form_submissions

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

-- part: came_of_form
(
    :form_id IS NULL
    OR EXISTS (
        SELECT 1
        FROM form_submissions AS own
        WHERE own.lead_id = lead.lead_id AND own.form_id = :form_id
    )
)

-- part: current_run
(SELECT current_run.run_id FROM current_run)

-- part: meant
-- The customer whom an id names: by an alias, or else by its own id.
coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = :customer_id
    ),
    :customer_id
)

-- part: label
-- The run that everything here is of, without what only scoring and reports about models need.
label AS (
    SELECT
        run_id,
        as_of,
        settings,
        models
    FROM scoring_runs
    WHERE state = 'current'
)

-- part: label_columns
-- Of a statement with a window `place`: on its first row alone, for the label is long.
label.run_id AS label_run_id,
label.as_of AS label_as_of,
CASE WHEN row_number() OVER place = 1 THEN label.settings END AS label_settings,
CASE WHEN row_number() OVER place = 1 THEN label.models END AS label_models
