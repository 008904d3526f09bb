-- part: form_columns
-- Lengths of time in microseconds, exactly: the driver reads no months.
form_id,
title,
fields,
allowed_origins,
allowed_redirects,
region,
spam,
notify,
digest,
confirms,
double_opt_in,
consent_text,
updated_at,
cast(extract(EPOCH FROM duplicate_window) * 1000000 AS bigint) AS duplicate_window,
cast(extract(EPOCH FROM retention) * 1000000 AS bigint) AS retention

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
    user_agent,
    state,
    duplicate_of,
    spam_reasons,
    text_digest,
    consent,
    waited_until,
    host(ip_address) AS ip_address
FROM form_submissions

-- part: insert_submission
INSERT INTO form_submissions (
    submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
    canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
    text_digest, consent, waited_until
)
SELECT
    cast(:submission_id AS text) AS submission_id,
    cast(:form_id AS text) AS form_id,
    cast(:answers AS jsonb) AS answers,
    cast(:submitted_at AS timestamptz) AS submitted_at,
    cast(:fingerprint AS text) AS fingerprint,
    cast(:attribution AS jsonb) AS attribution,
    cast(:source AS text) AS source,
    cast(:canonical_email AS text) AS canonical_email,
    cast(:lead_id AS text) AS lead_id,
    cast(:ip_address AS inet) AS ip_address,
    cast(:user_agent AS text) AS user_agent,
    cast(:state AS text) AS state,
    cast(:duplicate_of AS text) AS duplicate_of,
    cast(:spam_reasons AS jsonb) AS spam_reasons,
    cast(:text_digest AS text) AS text_digest,
    cast(:consent AS text) AS consent,
    cast(:waited_until AS timestamptz) AS waited_until
