"""Statements about forms and their validation rules."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

SAVE_FORM = """
WITH saved AS (
    INSERT INTO forms (
        form_id, title, fields, allowed_origins, allowed_redirects, duplicate_window, region,
        spam, retention, notify, digest, confirms, double_opt_in, consent_text, updated_at
    )
    VALUES (
        :form_id, :title, CAST(:fields AS jsonb), CAST(:allowed_origins AS jsonb),
        CAST(:allowed_redirects AS jsonb),
        CAST(:duplicate_window AS bigint) * interval '1 microsecond', :region,
        CAST(:spam AS jsonb), CAST(:retention AS bigint) * interval '1 microsecond',
        CAST(:notify AS jsonb), CAST(:digest AS boolean), CAST(:confirms AS boolean),
        CAST(:double_opt_in AS boolean), :consent_text,
        CAST(:updated_at AS timestamptz)
    )
    ON CONFLICT (form_id) DO UPDATE SET
        title = excluded.title,
        fields = excluded.fields,
        allowed_origins = excluded.allowed_origins,
        allowed_redirects = excluded.allowed_redirects,
        duplicate_window = excluded.duplicate_window,
        region = excluded.region,
        spam = excluded.spam,
        retention = excluded.retention,
        notify = excluded.notify,
        digest = excluded.digest,
        confirms = excluded.confirms,
        double_opt_in = excluded.double_opt_in,
        consent_text = excluded.consent_text,
        updated_at = excluded.updated_at
),
given AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rules AS jsonb)) AS rule (
        rule_id text COLLATE "C", form_id text COLLATE "C", field_name text, kind text,
        parameters jsonb, message text, position integer
    )
),
gone AS (
    DELETE FROM validation_rules
    WHERE form_id = :form_id AND rule_id NOT IN (SELECT rule_id FROM given)
)
INSERT INTO validation_rules AS known (
    rule_id, form_id, field_name, kind, parameters, message, position
)
SELECT rule_id, form_id, field_name, kind, parameters, message, position
FROM given
ORDER BY rule_id
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position
"""

FORM_COLUMNS = """
    form_id, title, fields, allowed_origins, allowed_redirects,
    CAST(extract(epoch FROM duplicate_window) * 1000000 AS bigint), region, spam,
    CAST(extract(epoch FROM retention) * 1000000 AS bigint), notify, digest, confirms,
    double_opt_in, consent_text, updated_at
"""
_FORM = f"SELECT {FORM_COLUMNS} FROM forms"
GET_FORM = f"{_FORM} WHERE form_id = :form_id"
GET_ALL_FORMS = f"{_FORM} ORDER BY form_id"

SAVE_VALIDATION_RULE = """
INSERT INTO validation_rules (
    rule_id, form_id, field_name, kind, parameters, message, position
)
SELECT
    CAST(:rule_id AS text), form_id, CAST(:field_name AS text), CAST(:kind AS text),
    CAST(:parameters AS jsonb), CAST(:message AS text), CAST(:position AS integer)
FROM forms
WHERE form_id = :form_id
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position
RETURNING rule_id
"""

GET_VALIDATION_RULES = """
SELECT rule_id, form_id, field_name, kind, parameters, message, position
FROM validation_rules
WHERE form_id = :form_id
ORDER BY position, rule_id
"""
