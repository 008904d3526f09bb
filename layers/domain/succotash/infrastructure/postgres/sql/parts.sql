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

-- part: scored_lead
SELECT
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
FROM leads AS lead
LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id

-- part: is_new_lead
-- Leads first seen in the range, of one source and of one form where these are asked for.
lead.first_submission_at >= coalesce(cast(:start AS timestamptz), '-infinity')
AND lead.first_submission_at < coalesce(cast(:end AS timestamptz), 'infinity')
AND (cast(:source AS text) IS NULL OR lead.source = :source)
AND (
    cast(:form_id AS text) IS NULL
    OR EXISTS (
        SELECT
        FROM form_submissions AS own
        WHERE own.lead_id = lead.lead_id AND own.form_id = :form_id
    )
)

-- part: keep_lead
-- The lead was read under a lock, so it is written as it is from now on; as a new one it may find
-- that somebody was quicker, and is not kept.
added AS (
    INSERT INTO leads (
        lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
        last_name, company, phone, answers, status, source, campaign, submission_count
    )
    SELECT
        cast(:kept_lead_id AS text) AS lead_id,
        cast(:email AS text) AS email,
        cast(:lead_email AS text) AS canonical_email,
        cast(:first_submission_at AS timestamptz) AS first_submission_at,
        cast(:last_submission_at AS timestamptz) AS last_submission_at,
        cast(:first_name AS text) AS first_name,
        cast(:last_name AS text) AS last_name,
        cast(:company AS text) AS company,
        cast(:phone AS text) AS phone,
        cast(:lead_answers AS jsonb) AS answers,
        cast(:status AS text) AS status,
        cast(:lead_source AS text) AS source,
        cast(:campaign AS text) AS campaign,
        cast(:submission_count AS integer) AS submission_count
    WHERE cast(:is_new_lead AS boolean)
    ON CONFLICT DO NOTHING
    RETURNING lead_id, status, last_submission_at
),

changed AS (
    UPDATE leads
    SET
        first_submission_at = cast(:first_submission_at AS timestamptz),
        last_submission_at = cast(:last_submission_at AS timestamptz),
        first_name = cast(:first_name AS text),
        last_name = cast(:last_name AS text),
        company = cast(:company AS text),
        phone = cast(:phone AS text),
        answers = cast(:lead_answers AS jsonb),
        submission_count = cast(:submission_count AS integer)
    WHERE lead_id = cast(:kept_lead_id AS text) AND NOT cast(:is_new_lead AS boolean)
    RETURNING lead_id
),

kept AS (
    SELECT lead_id FROM added
    UNION ALL
    SELECT lead_id FROM changed
),

entered AS (
    INSERT INTO lead_status_changes (lead_id, status, changed_at)
    SELECT
        lead_id,
        status,
        last_submission_at
    FROM added
),

tied AS (
    UPDATE customers
    SET lead_id = kept.lead_id
    FROM kept
    WHERE customers.canonical_email = cast(:lead_email AS text) AND customers.lead_id IS NULL
)

-- part: replace_score
ON CONFLICT (lead_id) DO UPDATE SET
    total = excluded.total,
    points = excluded.points,
    grade = excluded.grade,
    is_hot = excluded.is_hot,
    scored_at = excluded.scored_at,
    rules_version = excluded.rules_version

-- part: append_messages
INSERT INTO outbox (message_id, kind, occurred_at, subject_id, form_id, payload, due_at)
SELECT
    item.message_id,
    item.kind,
    item.occurred_at,
    item.subject_id,
    item.form_id,
    item.payload,
    item.occurred_at AS due_at
FROM jsonb_to_recordset(cast(:messages AS jsonb)) AS item (
    message_id text, kind text, occurred_at timestamptz, subject_id text, form_id text,
    payload jsonb
)
ON CONFLICT (message_id) DO NOTHING

-- part: named_run
-- Whoever writes rows of a run locks it, in place of a foreign key.
run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE run_id = :run_id
    FOR KEY SHARE
)

-- part: joined_run
-- What names no run joins the current one.
run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE
        CASE
            WHEN cast(:run_id AS text) IS NULL THEN state = 'current'
            ELSE run_id = :run_id
        END
    FOR KEY SHARE
)

-- part: current_run
(SELECT current_run.run_id FROM scoring_runs AS current_run WHERE current_run.state = 'current')

-- part: meant
-- The customer whom an id names: by an alias, or else by its own id.
coalesce(
    (
        SELECT named.customer_id
        FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = cast(:customer_id AS text)
    ),
    :customer_id
)
