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
