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

-- part: came_of_form
(
    :form_id IS NULL
    OR EXISTS (
        SELECT 1
        FROM form_submissions AS own
        WHERE own.lead_id = lead.lead_id AND own.form_id = :form_id
    )
)
