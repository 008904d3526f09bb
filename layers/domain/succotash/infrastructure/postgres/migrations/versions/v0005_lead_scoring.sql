-- The table of rules by which leads are scored, version by version.

CREATE TABLE lead_scoring_rules (
    version integer PRIMARY KEY CHECK (version > 0),
    rules jsonb NOT NULL CHECK (jsonb_typeof(rules) = 'array'),
    hot_total integer NOT NULL CHECK (hot_total BETWEEN 1 AND 100),
    grade_totals jsonb NOT NULL CHECK (jsonb_typeof(grade_totals) = 'array'),
    made_at timestamptz NOT NULL
);

INSERT INTO lead_scoring_rules (version, rules, hot_total, grade_totals, made_at)
VALUES (
    1,
    '[
        {"name": "business_email", "category": "fit", "criterion": "business_email",
            "points": 20, "reason": "writes from a company''s domain"},
        {"name": "company", "category": "fit", "criterion": "fields",
            "points": 15, "reason": "names a company", "fields": ["company"]},
        {"name": "name", "category": "completeness", "criterion": "fields",
            "points": 10, "reason": "gives a first and a last name",
            "fields": ["first_name", "last_name"]},
        {"name": "phone", "category": "completeness", "criterion": "fields",
            "points": 10, "reason": "gives a phone number", "fields": ["phone"]},
        {"name": "answers", "category": "completeness", "criterion": "other_answers",
            "points": 5, "reason": "answers more than contact questions"},
        {"name": "known_source", "category": "source", "criterion": "known_source",
            "points": 10, "reason": "came through a known source"},
        {"name": "campaign", "category": "source", "criterion": "campaign",
            "points": 5, "reason": "came through a campaign"},
        {"name": "repeat_submissions", "category": "behaviour", "criterion": "repeats",
            "points": 5, "reason": "came back", "at_most": 3},
        {"name": "last_submission", "category": "recency", "criterion": "recency",
            "points": 10, "reason": "last wrote", "days": 30}
    ]',
    70,
    '[80, 65, 50, 35]',
    '1970-01-01T00:00:00Z'
);

-- 0 is a score from before there were versions, by the release before this one: it is made again.
ALTER TABLE lead_scores ADD COLUMN rules_version integer NOT NULL DEFAULT 0;
