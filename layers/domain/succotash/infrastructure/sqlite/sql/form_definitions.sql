-- part: insert_form
INSERT INTO forms (
    form_id, title, fields, allowed_origins, allowed_redirects, duplicate_window, region, spam,
    retention, notify, digest, confirms, double_opt_in, consent_text, updated_at
)
VALUES (
    :form_id,
    :title,
    :fields,
    :allowed_origins,
    :allowed_redirects,
    :duplicate_window,
    :region,
    :spam,
    :retention,
    :notify,
    :digest,
    :confirms,
    :double_opt_in,
    :consent_text,
    :updated_at
)

-- name: save_form
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
    updated_at = excluded.updated_at;

-- name: add_form
${insert_form}
ON CONFLICT (form_id) DO NOTHING;

-- name: get_form
${form}
WHERE form_id = :form_id;

-- name: get_all_forms
${form}
ORDER BY form_id;

-- name: delete_validation_rules
DELETE FROM validation_rules
WHERE form_id = :form_id;

-- name: save_validation_rule
INSERT INTO validation_rules (rule_id, form_id, field_name, kind, parameters, message, position)
VALUES (:rule_id, :form_id, :field_name, :kind, :parameters, :message, :position)
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position;

-- name: get_validation_rules
${validation_rule}
WHERE form_id = :form_id
ORDER BY position, rule_id;
