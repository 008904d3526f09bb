"""Statements about leads, their status and their score."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

# The lead was read under a lock, so it is written as it is from now on; as a new one it may find
# that somebody was quicker, and is not kept.
KEEP_LEAD = """
added AS (
    INSERT INTO leads (
        lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
        last_name, company, phone, answers, status, source, campaign, submission_count
    )
    SELECT
        CAST(:kept_lead_id AS text), CAST(:email AS text), CAST(:lead_email AS text),
        CAST(:first_submission_at AS timestamptz), CAST(:last_submission_at AS timestamptz),
        CAST(:first_name AS text), CAST(:last_name AS text), CAST(:company AS text),
        CAST(:phone AS text), CAST(:lead_answers AS jsonb), CAST(:status AS text),
        CAST(:lead_source AS text), CAST(:campaign AS text), CAST(:submission_count AS integer)
    WHERE CAST(:is_new_lead AS boolean)
    ON CONFLICT DO NOTHING
    RETURNING lead_id, status, last_submission_at
),
changed AS (
    UPDATE leads
    SET
        first_submission_at = CAST(:first_submission_at AS timestamptz),
        last_submission_at = CAST(:last_submission_at AS timestamptz),
        first_name = CAST(:first_name AS text),
        last_name = CAST(:last_name AS text),
        company = CAST(:company AS text),
        phone = CAST(:phone AS text),
        answers = CAST(:lead_answers AS jsonb),
        submission_count = CAST(:submission_count AS integer)
    WHERE lead_id = CAST(:kept_lead_id AS text) AND NOT CAST(:is_new_lead AS boolean)
    RETURNING lead_id
),
kept AS (
    SELECT lead_id FROM added
    UNION ALL
    SELECT lead_id FROM changed
),
entered AS (
    INSERT INTO lead_status_changes (lead_id, status, changed_at)
    SELECT lead_id, status, last_submission_at
    FROM added
),
tied AS (
    UPDATE customers
    SET lead_id = kept.lead_id
    FROM kept
    WHERE customers.canonical_email = CAST(:lead_email AS text) AND customers.lead_id IS NULL
)
"""
SAVE_LEAD = f"WITH {KEEP_LEAD} SELECT lead_id FROM kept"

LEAD = """
SELECT
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count
FROM leads
"""
GET_LEAD = f"{LEAD} WHERE lead_id = :lead_id"
GET_LEAD_BY_EMAIL = f"{LEAD} WHERE canonical_email = :canonical_email"
LOCK_LEAD_BY_EMAIL = f"{GET_LEAD_BY_EMAIL} FOR NO KEY UPDATE"

SCORED_LEAD = """
SELECT
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count,
    points, grade, is_hot, scored_at, rules_version
FROM leads LEFT JOIN lead_scores USING (lead_id)
"""
_PAGE = """
    (CAST(:min_score AS integer) IS NULL OR total >= CAST(:min_score AS integer))
    AND (last_submission_at, lead_id) < (CAST(:moment AS timestamptz), CAST(:id AS text))
ORDER BY last_submission_at DESC, lead_id DESC
LIMIT CAST(:limit AS bigint)
"""
FIND_LEADS = {
    (False, False): f"{SCORED_LEAD} WHERE {_PAGE}",
    (True, False): f"{SCORED_LEAD} WHERE status = :status AND {_PAGE}",
    (False, True): f"{SCORED_LEAD} WHERE source = :source AND {_PAGE}",
    (True, True): f"{SCORED_LEAD} WHERE status = :status AND source = :source AND {_PAGE}",
}
"""By whether a status and a source are given, so that the index of what is given serves."""
HOT_LEADS = f"""
{SCORED_LEAD}
WHERE is_hot AND status NOT IN ('closed_won', 'closed_lost')
ORDER BY total DESC, lead_id
LIMIT CAST(:limit AS bigint)
"""

LOCK_LEAD = "SELECT status FROM leads WHERE lead_id = :lead_id FOR NO KEY UPDATE"
MOVE_LEAD = """
WITH moved AS (
    UPDATE leads
    SET status = :status
    WHERE lead_id = :lead_id
    RETURNING
        lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
        last_name, company, phone, answers, status, source, campaign, submission_count
),
entered AS (
    INSERT INTO lead_status_changes (lead_id, status, changed_at)
    SELECT lead_id, status, CAST(:at AS timestamptz)
    FROM moved
)
SELECT
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count
FROM moved
"""

SAVE_LEAD_SCORE = """
INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
SELECT
    lead_id, CAST(:total AS integer), CAST(:points AS jsonb), CAST(:grade AS text),
    CAST(:is_hot AS boolean), CAST(:scored_at AS timestamptz), CAST(:rules_version AS integer)
FROM leads
WHERE lead_id = :lead_id
ON CONFLICT (lead_id) DO UPDATE SET
    total = excluded.total,
    points = excluded.points,
    grade = excluded.grade,
    is_hot = excluded.is_hot,
    scored_at = excluded.scored_at,
    rules_version = excluded.rules_version
RETURNING lead_id
"""
GET_LEAD_SCORE = """
SELECT lead_id, points, grade, is_hot, scored_at, rules_version
FROM lead_scores
WHERE lead_id = :lead_id
"""
