-- name: get_scoring_rules
${scoring_rules};

-- name: add_scoring_rules
INSERT INTO lead_scoring_rules (version, rules, hot_total, grade_totals, made_at)
SELECT
    :version AS version,
    :rules AS rules,
    :hot_total AS hot_total,
    :grade_totals AS grade_totals,
    :made_at AS made_at
WHERE :version = (SELECT max(version) + 1 FROM lead_scoring_rules);

-- name: lock_leads_to_score
${lead}
WHERE
    lead_id > :after
    AND NOT EXISTS (
        SELECT 1
        FROM lead_scores AS score
        WHERE
            score.lead_id = leads.lead_id
            AND score.rules_version = :rules_version
            AND score.scored_at >= :as_of
    )
ORDER BY lead_id
LIMIT :limit;

-- name: find_scored_lead
${scored_lead}
WHERE lead.lead_id = :lead_id;

-- name: get_status_changes
SELECT
    status,
    changed_at
FROM lead_status_changes
WHERE lead_id = :lead_id
ORDER BY change_id;

-- name: get_submissions_of_lead
${submission}
WHERE lead_id = :lead_id
ORDER BY submitted_at DESC, submission_id DESC
LIMIT :limit;

-- name: get_daily_counts
WITH happened AS (
    SELECT
        local_day(submitted_at, :time_zone) AS day_number,
        1 AS submissions,
        state = 'accepted' AS accepted,
        0 AS new_leads
    FROM form_submissions
    WHERE
        submitted_at >= :start
        AND submitted_at < :end
        AND (:form_id IS NULL OR form_id = :form_id)
        AND (:source IS NULL OR source = :source)
    UNION ALL
    SELECT
        local_day(lead.first_submission_at, :time_zone) AS day_number,
        0 AS submissions,
        0 AS accepted,
        1 AS new_leads
    FROM leads AS lead
    WHERE
        lead.first_submission_at >= :start
        AND lead.first_submission_at < :end
        AND (:source IS NULL OR lead.source = :source)
        AND ${came_of_form}
)

SELECT
    date(day_number * 86400, 'unixepoch') AS day,
    sum(submissions) AS submissions,
    sum(accepted) AS accepted,
    sum(new_leads) AS new_leads
FROM happened
GROUP BY day_number
ORDER BY day_number;

-- name: get_leads_by_id
${scored_lead}
WHERE
    lead.lead_id > :after
    AND (:status IS NULL OR lead.status = :status)
    AND (:source IS NULL OR lead.source = :source)
    AND (:min_score IS NULL OR score.total >= :min_score)
ORDER BY lead.lead_id
LIMIT :limit;

-- name: get_submissions_by_time
${submission}
WHERE
    form_id = :form_id
    AND (:state IS NULL OR state = :state)
    AND (:start IS NULL OR submitted_at >= :start)
    AND (:end IS NULL OR submitted_at < :end)
    AND (:after_at IS NULL OR (submitted_at, submission_id) > (:after_at, :after_id))
ORDER BY submitted_at, submission_id
LIMIT :limit;

-- name: get_answer_names
SELECT DISTINCT answer.key AS name
FROM form_submissions AS submission
CROSS JOIN json_each(submission.answers) AS answer
WHERE submission.form_id = :form_id
ORDER BY name
LIMIT :limit;
