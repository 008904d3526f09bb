-- part: replace_rule
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position

-- part: insert_form
INSERT INTO forms (
    form_id, title, fields, allowed_origins, allowed_redirects, duplicate_window, region,
    spam, retention, notify, digest, confirms, double_opt_in, consent_text, updated_at
)
VALUES (
    :form_id,
    :title,
    cast(:fields AS jsonb),
    cast(:allowed_origins AS jsonb),
    cast(:allowed_redirects AS jsonb),
    cast(:duplicate_window AS bigint) * interval '1 microsecond',
    :region,
    cast(:spam AS jsonb),
    cast(:retention AS bigint) * interval '1 microsecond',
    cast(:notify AS jsonb),
    cast(:digest AS boolean),
    cast(:confirms AS boolean),
    cast(:double_opt_in AS boolean),
    :consent_text,
    cast(:updated_at AS timestamptz)
)

-- part: given_rules
given AS (
    SELECT
        rule.rule_id,
        rule.form_id,
        rule.field_name,
        rule.kind,
        rule.parameters,
        rule.message,
        rule.position
    FROM jsonb_to_recordset(cast(:rules AS jsonb)) AS rule (
        rule_id text, form_id text, field_name text, kind text, parameters jsonb, message text,
        position integer
    )
)

-- name: save_form
WITH saved AS (
    ${insert_form}
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

${given_rules},

gone AS (
    DELETE FROM validation_rules
    WHERE form_id = :form_id AND rule_id NOT IN (SELECT given.rule_id FROM given)
)

INSERT INTO validation_rules (
    rule_id, form_id, field_name, kind, parameters, message, position
)
SELECT
    rule_id,
    form_id,
    field_name,
    kind,
    parameters,
    message,
    position
FROM given
ORDER BY rule_id
${replace_rule};

-- name: add_form
WITH added AS (
    ${insert_form}
    ON CONFLICT (form_id) DO NOTHING
    RETURNING form_id
),

${given_rules},

ruled AS (
    INSERT INTO validation_rules (
        rule_id, form_id, field_name, kind, parameters, message, position
    )
    SELECT
        given.rule_id,
        added.form_id,
        given.field_name,
        given.kind,
        given.parameters,
        given.message,
        given.position
    FROM given
    CROSS JOIN added
    ORDER BY given.rule_id
    ${replace_rule}
)

SELECT form_id
FROM added;

-- name: get_form
SELECT
    ${form_columns}
FROM forms
WHERE form_id = :form_id;

-- name: lock_form
SELECT
    ${form_columns}
FROM forms
WHERE form_id = :form_id
FOR UPDATE;

-- name: get_all_forms
SELECT
    ${form_columns}
FROM forms
ORDER BY form_id;

-- name: save_validation_rule
INSERT INTO validation_rules (
    rule_id, form_id, field_name, kind, parameters, message, position
)
SELECT
    cast(:rule_id AS text) AS rule_id,
    form_id,
    cast(:field_name AS text) AS field_name,
    cast(:kind AS text) AS kind,
    cast(:parameters AS jsonb) AS parameters,
    cast(:message AS text) AS message,
    cast(:position AS integer) AS position
FROM forms
WHERE form_id = :form_id
${replace_rule}
RETURNING rule_id;

-- name: get_validation_rules
${validation_rule}
WHERE form_id = :form_id
ORDER BY position, rule_id;
