-- name: get_scoring_rules
SELECT
    version,
    rules,
    hot_total,
    grade_totals,
    made_at
FROM lead_scoring_rules
ORDER BY version DESC
LIMIT 1;

-- name: add_scoring_rules
-- Two that add the same version meet at its key; a gap would have to be made by hand.
INSERT INTO lead_scoring_rules (version, rules, hot_total, grade_totals, made_at)
SELECT
    cast(:version AS integer) AS version,
    cast(:rules AS jsonb) AS rules,
    cast(:hot_total AS integer) AS hot_total,
    cast(:grade_totals AS jsonb) AS grade_totals,
    cast(:made_at AS timestamptz) AS made_at
WHERE cast(:version AS integer) = (SELECT max(version) + 1 FROM lead_scoring_rules)
ON CONFLICT (version) DO NOTHING
RETURNING version;

-- name: lock_leads_to_score
${lead}
WHERE
    lead_id > cast(:after AS text)
    AND NOT EXISTS (
        SELECT
        FROM lead_scores AS score
        WHERE
            score.lead_id = leads.lead_id
            AND score.rules_version = cast(:rules_version AS integer)
            AND score.scored_at >= cast(:as_of AS timestamptz)
    )
ORDER BY lead_id
LIMIT cast(:limit AS bigint)
FOR NO KEY UPDATE;

-- name: save_lead_scores
INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
SELECT
    given.lead_id,
    given.total,
    given.points,
    given.grade,
    given.is_hot,
    given.scored_at,
    given.rules_version
FROM jsonb_to_recordset(cast(:scores AS jsonb)) AS given (
    lead_id text, total integer, points jsonb, grade text, is_hot boolean,
    scored_at timestamptz, rules_version integer
)
INNER JOIN leads ON given.lead_id = leads.lead_id
${replace_score};

-- name: get_lead_history
SELECT
    ${scored_lead_columns},
    (
        SELECT
            json_agg(
                json_build_object('status', change.status, 'changed_at', change.changed_at)
                ORDER BY change.change_id
            )
        FROM lead_status_changes AS change
        WHERE lead.lead_id = change.lead_id
    ) AS status_changes,
    (
        SELECT json_agg(to_json(sent) ORDER BY sent.submitted_at DESC, sent.submission_id DESC)
        FROM (
            ${submission}
            WHERE lead_id = :lead_id
            ORDER BY submitted_at DESC, submission_id DESC
            LIMIT cast(:limit AS bigint)
        ) AS sent
    ) AS submissions
FROM leads AS lead
LEFT JOIN lead_scores AS score ON lead.lead_id = score.lead_id
WHERE lead.lead_id = :lead_id;

-- name: get_daily_counts
WITH submitted AS (
    SELECT
        cast(submitted_at AT TIME ZONE cast(:time_zone AS text) AS date) AS day,
        count(*) AS n,
        count(*) FILTER (WHERE state = 'accepted') AS accepted
    FROM form_submissions
    WHERE
        submitted_at >= cast(:start AS timestamptz)
        AND submitted_at < cast(:end AS timestamptz)
        AND (cast(:form_id AS text) IS NULL OR form_id = :form_id)
        AND (cast(:source AS text) IS NULL OR source = :source)
    GROUP BY day
),

found AS (
    SELECT
        cast(lead.first_submission_at AT TIME ZONE cast(:time_zone AS text) AS date) AS day,
        count(*) AS n
    FROM leads AS lead
    WHERE ${is_new_lead}
    GROUP BY day
)

SELECT
    coalesce(submitted.day, found.day) AS day,
    coalesce(submitted.n, 0) AS submissions,
    coalesce(submitted.accepted, 0) AS accepted,
    coalesce(found.n, 0) AS new_leads
FROM submitted
FULL JOIN found ON submitted.day = found.day
ORDER BY day;

-- name: get_leads_by_id
${scored_lead}
WHERE
    lead.lead_id > cast(:after AS text)
    AND (cast(:status AS text) IS NULL OR lead.status = :status)
    AND (cast(:source AS text) IS NULL OR lead.source = :source)
    AND (cast(:min_score AS integer) IS NULL OR score.total >= cast(:min_score AS integer))
ORDER BY lead.lead_id
LIMIT cast(:limit AS bigint);

-- name: get_submissions_by_time
${submission}
WHERE
    form_id = :form_id
    AND (cast(:state AS text) IS NULL OR state = :state)
    AND submitted_at >= coalesce(cast(:start AS timestamptz), '-infinity')
    AND submitted_at < coalesce(cast(:end AS timestamptz), 'infinity')
    AND (submitted_at, submission_id) > (cast(:moment AS timestamptz), cast(:id AS text))
ORDER BY submitted_at, submission_id
LIMIT cast(:limit AS bigint);

-- name: get_answer_names
SELECT DISTINCT name COLLATE "C" AS name
FROM (
    SELECT answered.name
    FROM form_submissions AS submission
    CROSS JOIN jsonb_object_keys(submission.answers) AS answered (name)
    WHERE submission.form_id = :form_id
) AS answer
ORDER BY name
LIMIT cast(:limit AS bigint);
