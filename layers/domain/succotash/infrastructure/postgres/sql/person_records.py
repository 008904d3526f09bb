"""Statements about all that forms hold about a person."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.lead_records import SCORED_LEAD
from succotash.infrastructure.postgres.sql.submissions import SUBMISSION

SUBMISSIONS_OF_PERSON = f"""
{SUBMISSION}
WHERE canonical_email = :canonical_email
    OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
ORDER BY submitted_at DESC, submission_id DESC
"""
PERSON = f"{SCORED_LEAD} WHERE canonical_email = :canonical_email"
STATUS_CHANGES = """
SELECT change.status, change.changed_at
FROM lead_status_changes AS change JOIN leads USING (lead_id)
WHERE leads.canonical_email = :canonical_email
ORDER BY change.change_id
"""

ERASE_PERSON = """
WITH person AS (
    SELECT lead_id FROM leads WHERE canonical_email = :canonical_email
),
own AS (
    SELECT submission_id
    FROM form_submissions
    WHERE canonical_email = :canonical_email OR lead_id = (SELECT lead_id FROM person)
),
answers AS (
    DELETE FROM idempotency_keys WHERE submission_id IN (SELECT submission_id FROM own)
    RETURNING 1
),
submissions AS (
    DELETE FROM form_submissions WHERE submission_id IN (SELECT submission_id FROM own)
    RETURNING 1
),
changes AS (
    DELETE FROM lead_status_changes WHERE lead_id IN (SELECT lead_id FROM person)
    RETURNING 1
),
scores AS (
    DELETE FROM lead_scores WHERE lead_id IN (SELECT lead_id FROM person)
    RETURNING 1
),
gone AS (
    DELETE FROM leads WHERE lead_id IN (SELECT lead_id FROM person)
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM submissions),
    (SELECT count(*) FROM answers),
    (SELECT count(*) FROM gone),
    (SELECT count(*) FROM scores),
    (SELECT count(*) FROM changes)
"""
