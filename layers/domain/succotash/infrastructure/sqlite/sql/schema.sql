-- name: count_objects
SELECT count(*) AS objects FROM sqlite_schema;

-- name: save_form
INSERT INTO forms (
    form_id, title, fields, allowed_origins, allowed_redirects, duplicate_window, region
)
VALUES (:form_id, :title, '[]', '[]', '[]', :duplicate_window, :region);

-- name: save_rule
INSERT INTO validation_rules (rule_id, form_id, field_name, kind, parameters, message, position)
VALUES (:rule_id, :form_id, 'email', :kind, '{}', '', :position);

-- name: save_segment
INSERT INTO ltv_segments (segment_id, name, description, lower_quantile)
VALUES (:segment_id, :name, :description, :lower_quantile);

-- name: save_scoring_rules
INSERT INTO lead_scoring_rules (version, rules, hot_total, grade_totals, made_at)
VALUES (:version, :rules, :hot_total, :grade_totals, :made_at);

-- name: save_initial_run
INSERT INTO scoring_runs (run_id, as_of, state, settings, models, backtest, customers)
VALUES (:run_id, 0, 'current', '{}', '{}', '{}', 0);
