"""Statements about how leads are scored."""

# The newest table of rules as one JSON value, for statements that read it beside other things.
SCORING_RULES = """
    SELECT jsonb_build_array(version, rules, hot_total, grade_totals, made_at)
    FROM lead_scoring_rules
    ORDER BY version DESC
    LIMIT 1
"""
# Two that add the same version meet at its key; a gap would have to be made by hand.
ADD_SCORING_RULES = """
INSERT INTO lead_scoring_rules (version, rules, hot_total, grade_totals, made_at)
SELECT
    CAST(:version AS integer), CAST(:rules AS jsonb), CAST(:hot_total AS integer),
    CAST(:grade_totals AS jsonb), CAST(:made_at AS timestamptz)
WHERE CAST(:version AS integer) = (SELECT max(version) + 1 FROM lead_scoring_rules)
ON CONFLICT (version) DO NOTHING
RETURNING version
"""

SAVE_LEAD_SCORES = """
INSERT INTO lead_scores (lead_id, total, points, grade, is_hot, scored_at, rules_version)
SELECT
    given.lead_id, given.total, given.points, given.grade, given.is_hot,
    given.scored_at, given.rules_version
FROM jsonb_to_recordset(CAST(:scores AS jsonb)) AS given (
    lead_id text COLLATE "C", total integer, points jsonb, grade text, is_hot boolean,
    scored_at timestamptz, rules_version integer
)
JOIN leads USING (lead_id)
ON CONFLICT (lead_id) DO UPDATE SET
    total = excluded.total,
    points = excluded.points,
    grade = excluded.grade,
    is_hot = excluded.is_hot,
    scored_at = excluded.scored_at,
    rules_version = excluded.rules_version
"""
