-- The first schema: forms and leads, the two ledgers, and what scoring runs keep.
--
-- Ids and codes are COLLATE "C": their order is that of their code points, in every database.
-- Money is numeric(19,4) beside its ISO 4217 code.

-- Forms ------------------------------------------------------------------------------------------

CREATE TABLE forms (
    form_id text COLLATE "C" PRIMARY KEY,
    title text NOT NULL,
    fields jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(fields) = 'array'),
    allowed_origins jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(allowed_origins) = 'array'),
    allowed_redirects jsonb NOT NULL DEFAULT '[]'
        CHECK (jsonb_typeof(allowed_redirects) = 'array'),
    duplicate_window interval NOT NULL DEFAULT '24 hours' CHECK (duplicate_window >= '0'),
    region text NOT NULL DEFAULT 'US' CHECK (region ~ '^[A-Z]{2}$'),
    updated_at timestamptz
);

CREATE TABLE validation_rules (
    rule_id text COLLATE "C" PRIMARY KEY,
    form_id text COLLATE "C" NOT NULL REFERENCES forms ON DELETE CASCADE,
    field_name text NOT NULL,
    kind text NOT NULL CHECK (
        kind IN ('required', 'email', 'phone', 'regex', 'length', 'range', 'choice', 'matches')
    ),
    parameters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
    message text NOT NULL DEFAULT '',
    position integer NOT NULL DEFAULT 0
);
CREATE INDEX validation_rules_by_form ON validation_rules (form_id, position, rule_id);

CREATE TABLE leads (
    lead_id text COLLATE "C" PRIMARY KEY,
    email text NOT NULL,
    canonical_email text COLLATE "C" NOT NULL UNIQUE,
    first_submission_at timestamptz NOT NULL,
    last_submission_at timestamptz NOT NULL,
    first_name text,
    last_name text,
    company text,
    phone text,
    answers jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(answers) = 'object'),
    status text NOT NULL DEFAULT 'new' CHECK (
        status IN (
            'new', 'contacted', 'qualified', 'proposal', 'negotiation', 'closed_won', 'closed_lost'
        )
    ),
    source text NOT NULL DEFAULT 'direct',
    campaign text,
    submission_count integer NOT NULL DEFAULT 1 CHECK (submission_count >= 0),
    CHECK (first_submission_at <= last_submission_at)
);
CREATE INDEX leads_by_last_submission ON leads (last_submission_at, lead_id);
CREATE INDEX leads_by_status ON leads (status, last_submission_at, lead_id);
CREATE INDEX leads_by_source ON leads (source, last_submission_at, lead_id);
CREATE INDEX leads_by_first_submission ON leads (first_submission_at);

CREATE TABLE lead_status_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id text COLLATE "C" NOT NULL REFERENCES leads ON DELETE CASCADE,
    status text NOT NULL CHECK (
        status IN (
            'new', 'contacted', 'qualified', 'proposal', 'negotiation', 'closed_won', 'closed_lost'
        )
    ),
    changed_at timestamptz NOT NULL
);
CREATE INDEX lead_status_changes_by_lead ON lead_status_changes (lead_id, change_id);

CREATE TABLE lead_scores (
    lead_id text COLLATE "C" PRIMARY KEY REFERENCES leads ON DELETE CASCADE,
    total integer NOT NULL CHECK (total BETWEEN 0 AND 100),
    points jsonb NOT NULL CHECK (jsonb_typeof(points) = 'array'),
    grade text NOT NULL,
    is_hot boolean NOT NULL,
    scored_at timestamptz NOT NULL
);
CREATE INDEX lead_scores_hot ON lead_scores (total DESC, lead_id) WHERE is_hot;

CREATE TABLE form_submissions (
    submission_id text COLLATE "C" PRIMARY KEY,
    form_id text COLLATE "C" NOT NULL REFERENCES forms,
    answers jsonb NOT NULL CHECK (jsonb_typeof(answers) = 'object'),
    submitted_at timestamptz NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    attribution jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attribution) = 'object'),
    source text NOT NULL DEFAULT 'direct',
    canonical_email text COLLATE "C",
    lead_id text COLLATE "C" REFERENCES leads ON DELETE SET NULL,
    ip_address inet,
    user_agent text,
    state text NOT NULL DEFAULT 'accepted'
    CHECK (state IN ('accepted', 'quarantined', 'duplicate')),
    duplicate_of text COLLATE "C" REFERENCES form_submissions ON DELETE SET NULL,
    spam_reasons jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(spam_reasons) = 'array')
);
CREATE INDEX form_submissions_by_form ON form_submissions (form_id, submitted_at, submission_id);
CREATE INDEX form_submissions_by_form_state
    ON form_submissions (form_id, state, submitted_at, submission_id);
CREATE INDEX form_submissions_by_time ON form_submissions (submitted_at);
CREATE INDEX form_submissions_by_address ON form_submissions (ip_address, submitted_at);
CREATE INDEX form_submissions_by_fingerprint
    ON form_submissions (form_id, fingerprint, submitted_at) WHERE state = 'accepted';
CREATE INDEX form_submissions_by_email
    ON form_submissions (canonical_email) WHERE canonical_email IS NOT NULL;
CREATE INDEX form_submissions_by_lead ON form_submissions (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX form_submissions_by_original
    ON form_submissions (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE TABLE idempotency_keys (
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    body_digest text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL,
    answer jsonb,
    submission_id text COLLATE "C" REFERENCES form_submissions ON DELETE CASCADE,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_by_submission
    ON idempotency_keys (submission_id) WHERE submission_id IS NOT NULL;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

-- Customers and the two ledgers ------------------------------------------------------------------

CREATE TABLE customers (
    customer_id text COLLATE "C" PRIMARY KEY,
    first_seen_at timestamptz NOT NULL,
    canonical_email text COLLATE "C",
    lead_id text COLLATE "C" REFERENCES leads ON DELETE SET NULL
);
CREATE INDEX customers_by_email ON customers (canonical_email) WHERE canonical_email IS NOT NULL;
CREATE INDEX customers_by_lead ON customers (lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE orders (
    customer_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    amount numeric(19, 4) NOT NULL,
    currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    refund_of text COLLATE "C",
    PRIMARY KEY (customer_id, order_id)
) PARTITION BY HASH (customer_id);
COMMENT ON TABLE orders IS
    'Facts, never changed. Without foreign keys: a refund may arrive before its order. '
    'A partition is a shard of the scheduled run.';
CREATE INDEX orders_by_time ON orders (customer_id, ordered_at)
INCLUDE (order_id, amount, currency, refund_of);
COMMENT ON INDEX orders_by_time IS 'All that the scheduled run reads of an order.';
CREATE INDEX orders_refunds ON orders (customer_id, refund_of, ordered_at) INCLUDE (amount)
    WHERE refund_of IS NOT NULL;

CREATE TABLE activity_events (
    customer_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    occurred_at timestamptz NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('session', 'click', 'conversion', 'custom')),
    name text,
    duration_seconds double precision
        CHECK (duration_seconds >= 0 AND duration_seconds < 'Infinity'),
    interests text[] NOT NULL DEFAULT '{}',
    campaign_id text COLLATE "C",
    PRIMARY KEY (customer_id, event_id)
) PARTITION BY HASH (customer_id);
COMMENT ON TABLE activity_events IS
    'Facts, never changed, deleted only with the person. A partition is a shard of the scheduled '
    'run.';
CREATE INDEX activity_events_by_time ON activity_events (customer_id, occurred_at, event_id);

CREATE TABLE order_imports (
    import_id text COLLATE "C" PRIMARY KEY,
    byte_offset bigint NOT NULL DEFAULT 0 CHECK (byte_offset >= 0),
    line bigint NOT NULL DEFAULT 0 CHECK (line >= 0),
    recorded bigint NOT NULL DEFAULT 0 CHECK (recorded >= 0),
    unchanged bigint NOT NULL DEFAULT 0 CHECK (unchanged >= 0),
    conflicting bigint NOT NULL DEFAULT 0 CHECK (conflicting >= 0),
    rejected bigint NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    is_finished boolean NOT NULL DEFAULT FALSE
);
COMMENT ON TABLE order_imports IS
    'How far the import of a file has come, kept with the orders up to there.';

CREATE TABLE order_import_rejections (
    import_id text COLLATE "C" NOT NULL REFERENCES order_imports ON DELETE CASCADE,
    line bigint NOT NULL,
    is_conflicting boolean NOT NULL,
    violations jsonb NOT NULL CHECK (jsonb_typeof(violations) = 'array'),
    PRIMARY KEY (import_id, line)
);
COMMENT ON TABLE order_import_rejections IS 'Until they stand in the result beside the file.';

-- What scoring runs keep -------------------------------------------------------------------------

CREATE TABLE scoring_runs (
    run_id text COLLATE "C" PRIMARY KEY,
    as_of timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'current', 'superseded')),
    settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    models jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(models) = 'object'),
    backtest jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(backtest) = 'object'),
    customers integer NOT NULL DEFAULT 0 CHECK (customers >= 0)
);
CREATE UNIQUE INDEX scoring_runs_one_current ON scoring_runs (state) WHERE state = 'current';
CREATE UNIQUE INDEX scoring_runs_one_running ON scoring_runs (state) WHERE state = 'running';
CREATE INDEX scoring_runs_by_time ON scoring_runs (as_of, run_id);

CREATE TABLE customer_ltv (
    run_id text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    actual_clv numeric(19, 4) NOT NULL,
    residual_value numeric(19, 4) NOT NULL,
    predicted_clv numeric(20, 4) NOT NULL GENERATED ALWAYS AS (actual_clv + residual_value) STORED,
    average_order_value numeric(19, 4) NOT NULL,
    currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    order_count integer NOT NULL CHECK (order_count >= 0),
    frequency integer NOT NULL CHECK (frequency >= 0),
    lifetime_months double precision NOT NULL
        CHECK (lifetime_months >= 0 AND lifetime_months < 'Infinity'),
    probability_alive double precision NOT NULL CHECK (probability_alive BETWEEN 0 AND 1),
    expected_purchases_30 double precision NOT NULL
        CHECK (expected_purchases_30 >= 0 AND expected_purchases_30 < 'Infinity'),
    expected_purchases_90 double precision NOT NULL
        CHECK (expected_purchases_90 >= 0 AND expected_purchases_90 < 'Infinity'),
    expected_purchases_365 double precision NOT NULL
        CHECK (expected_purchases_365 >= 0 AND expected_purchases_365 < 'Infinity'),
    segment_id text COLLATE "C" NOT NULL,
    cohort_id text COLLATE "C" NOT NULL CHECK (cohort_id ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    first_purchase_at timestamptz NOT NULL,
    last_purchase_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, customer_id)
) PARTITION BY HASH (customer_id);
COMMENT ON TABLE customer_ltv IS
    'One row per run and customer, in the same partitions as the ledgers, so that a run replaces a '
    'shard without touching the others. Its writers lock their scoring run instead of a foreign '
    'key, which made COPY two thirds dearer.';
CREATE INDEX customer_ltv_by_value ON customer_ltv (run_id, predicted_clv DESC, customer_id);
CREATE INDEX customer_ltv_by_segment
    ON customer_ltv (run_id, segment_id, predicted_clv DESC, customer_id);
CREATE INDEX customer_ltv_by_cohort
    ON customer_ltv (run_id, cohort_id, predicted_clv DESC, customer_id);

CREATE TABLE cohorts (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    cohort_id text COLLATE "C" NOT NULL CHECK (cohort_id ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    starts_on date NOT NULL,
    customers integer NOT NULL CHECK (customers >= 0),
    revenue numeric(24, 4) NOT NULL,
    average_ltv numeric(19, 4) NOT NULL,
    currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (run_id, cohort_id)
);

CREATE TABLE cohort_periods (
    run_id text COLLATE "C" NOT NULL,
    cohort_id text COLLATE "C" NOT NULL,
    period integer NOT NULL CHECK (period >= 0),
    active_customers integer NOT NULL CHECK (active_customers >= 0),
    revenue numeric(24, 4) NOT NULL,
    PRIMARY KEY (run_id, cohort_id, period),
    FOREIGN KEY (run_id, cohort_id) REFERENCES cohorts ON DELETE CASCADE
);

CREATE TABLE ltv_segments (
    segment_id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    lower_quantile double precision CHECK (lower_quantile BETWEEN 0 AND 1),
    lower_bound numeric(19, 4),
    currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    CHECK (num_nonnulls(lower_quantile, lower_bound) = 1),
    CHECK ((lower_bound IS NULL) = (currency IS NULL))
);

CREATE TABLE ltv_segment_results (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    segment_id text COLLATE "C" NOT NULL REFERENCES ltv_segments ON DELETE CASCADE,
    lower_bound numeric(19, 4) NOT NULL,
    currency text COLLATE "C" NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (run_id, segment_id)
);
CREATE INDEX ltv_segment_results_by_segment ON ltv_segment_results (segment_id);

CREATE TABLE ltv_rollups (
    run_id text COLLATE "C" NOT NULL REFERENCES scoring_runs ON DELETE CASCADE,
    first_purchase_day date NOT NULL,
    segment_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    campaign text COLLATE "C",
    customers integer NOT NULL CHECK (customers > 0),
    revenue numeric(24, 4) NOT NULL,
    predicted_clv numeric(24, 4) NOT NULL,
    residual_value numeric(24, 4) NOT NULL,
    UNIQUE NULLS NOT DISTINCT (run_id, first_purchase_day, segment_id, source, campaign)
);

CREATE TABLE churn_predictions (
    run_id text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    churn_probability double precision NOT NULL CHECK (churn_probability BETWEEN 0 AND 1),
    probability_alive double precision NOT NULL CHECK (probability_alive BETWEEN 0 AND 1),
    risk_level text COLLATE "C" NOT NULL CHECK (risk_level IN ('low', 'medium', 'high')),
    risk_score smallint NOT NULL CHECK (risk_score BETWEEN 1 AND 10),
    horizon_days integer NOT NULL CHECK (horizon_days > 0),
    last_seen_on date NOT NULL,
    predicted_churn_date date,
    reasons jsonb NOT NULL CHECK (jsonb_typeof(reasons) = 'array'),
    engagement_score smallint NOT NULL CHECK (engagement_score BETWEEN 0 AND 100),
    PRIMARY KEY (run_id, customer_id)
) PARTITION BY HASH (customer_id);
COMMENT ON TABLE churn_predictions IS 'Partitions and writers as in customer_ltv.';
CREATE INDEX churn_predictions_by_probability
    ON churn_predictions (run_id, churn_probability DESC, customer_id);
CREATE INDEX churn_predictions_by_risk
    ON churn_predictions (run_id, risk_level, churn_probability DESC, customer_id);

CREATE TABLE user_engagement_profiles (
    run_id text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    sessions integer NOT NULL CHECK (sessions >= 0),
    clicks integer NOT NULL CHECK (clicks >= 0),
    conversions integer NOT NULL CHECK (conversions >= 0),
    average_session_seconds double precision
        CHECK (average_session_seconds >= 0 AND average_session_seconds < 'Infinity'),
    last_session_at timestamptz,
    interests jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(interests) = 'object'),
    engagement_score smallint NOT NULL CHECK (engagement_score BETWEEN 0 AND 100),
    segment text COLLATE "C" NOT NULL CHECK (
        segment IN (
            'new_users', 'active_users', 'at_risk', 'churned', 'high_value', 'low_engagement'
        )
    ),
    PRIMARY KEY (run_id, customer_id)
) PARTITION BY HASH (customer_id);
COMMENT ON TABLE user_engagement_profiles IS 'Partitions and writers as in customer_ltv.';
CREATE INDEX user_engagement_profiles_by_segment
    ON user_engagement_profiles (run_id, segment, engagement_score DESC, customer_id);

CREATE TABLE retention_grid_cells (
    run_id text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL CHECK (period IN ('day', 'week', 'month')),
    mode text COLLATE "C" NOT NULL CHECK (mode IN ('nday', 'unbounded', 'brackets')),
    cohort_starts_on date NOT NULL,
    place integer NOT NULL CHECK (place >= 0),
    cohort_size integer NOT NULL CHECK (cohort_size > 0),
    active integer NOT NULL CHECK (active BETWEEN 0 AND cohort_size),
    PRIMARY KEY (run_id, period, mode, cohort_starts_on, place)
);

CREATE TABLE retention_campaigns (
    campaign_id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'active', 'paused', 'completed')),
    target_risk_level text CHECK (target_risk_level IN ('low', 'medium', 'high')),
    target_segment text CHECK (
        target_segment IN (
            'new_users', 'active_users', 'at_risk', 'churned', 'high_value', 'low_engagement'
        )
    ),
    starts_at timestamptz,
    ends_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    targeted bigint NOT NULL DEFAULT 0 CHECK (targeted >= 0),
    sent bigint NOT NULL DEFAULT 0 CHECK (sent >= 0),
    opened bigint NOT NULL DEFAULT 0 CHECK (opened >= 0),
    clicked bigint NOT NULL DEFAULT 0 CHECK (clicked >= 0),
    converted bigint NOT NULL DEFAULT 0 CHECK (converted >= 0),
    revenue numeric(19, 4),
    currency text COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    CHECK ((revenue IS NULL) = (currency IS NULL))
);
CREATE INDEX retention_campaigns_by_age ON retention_campaigns (created_at, campaign_id);

-- Sixteen partitions of each of the large tables. A ledger only grows: vacuum follows its inserts,
-- so that the aggregate may trust the index alone. A kept table loses a whole run at a time.
DO LANGUAGE plpgsql '
DECLARE
    parent text;
    shard integer;
    settings text;
BEGIN
    FOREACH parent IN ARRAY ARRAY[
        ''orders'', ''activity_events'',
        ''customer_ltv'', ''churn_predictions'', ''user_engagement_profiles''
    ] LOOP
        settings := CASE
            WHEN parent IN (''orders'', ''activity_events'')
                THEN ''autovacuum_vacuum_insert_scale_factor = 0.05''
            ELSE ''autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05''
        END;
        FOR shard IN 0..15 LOOP
            EXECUTE ''CREATE TABLE '' || parent || ''_p'' || lpad(shard::text, 2, ''0'')
                || '' PARTITION OF '' || parent
                || '' FOR VALUES WITH (MODULUS 16, REMAINDER '' || shard || '')''
                || '' WITH ('' || settings || '')'';
        END LOOP;
    END LOOP;
END
';

-- What every storage starts with -----------------------------------------------------------------

INSERT INTO forms (form_id, title) VALUES ('default', 'Default');

INSERT INTO validation_rules (rule_id, form_id, field_name, kind, position) VALUES
    ('default.email.required', 'default', 'email', 'required', 0),
    ('default.email.email', 'default', 'email', 'email', 1);

INSERT INTO ltv_segments (segment_id, name, description, lower_quantile) VALUES
    ('low_value', 'Low value', 'The lower half', 0),
    ('medium_value', 'Medium value', 'Above the median', 0.5),
    ('high_value', 'High value', 'The best fifth', 0.8),
    ('vip', 'VIP', 'The best twentieth', 0.95);

INSERT INTO scoring_runs (run_id, as_of, state)
VALUES ('initial', '1970-01-01T00:00:00Z', 'current');
