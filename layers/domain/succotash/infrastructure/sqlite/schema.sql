-- Instants are microseconds since 1970 in UTC, spans of time are microseconds, money is whole
-- ten-thousandths of its currency (ISO 4217), dates are ISO 8601 text, JSON is text.

PRAGMA application_id = 0x53554343;
PRAGMA user_version = 27;

CREATE TABLE forms (
    form_id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    fields TEXT NOT NULL CHECK (json_type(fields) = 'array'),
    allowed_origins TEXT NOT NULL CHECK (json_type(allowed_origins) = 'array'),
    allowed_redirects TEXT NOT NULL CHECK (json_type(allowed_redirects) = 'array'),
    duplicate_window INTEGER NOT NULL CHECK (duplicate_window >= 0),
    region TEXT NOT NULL,
    spam TEXT NOT NULL DEFAULT '{}' CHECK (json_type(spam) = 'object'),
    retention INTEGER CHECK (retention > 0),
    notify TEXT NOT NULL DEFAULT '[]' CHECK (json_type(notify) = 'array'),
    confirms INTEGER NOT NULL DEFAULT 0 CHECK (confirms IN (0, 1)),
    double_opt_in INTEGER NOT NULL DEFAULT 0 CHECK (double_opt_in IN (0, 1)),
    digest INTEGER NOT NULL DEFAULT 1 CHECK (digest IN (0, 1)),
    consent_text TEXT NOT NULL DEFAULT '',
    updated_at INTEGER
) STRICT;

CREATE TABLE validation_rules (
    rule_id TEXT NOT NULL PRIMARY KEY,
    form_id TEXT NOT NULL REFERENCES forms (form_id) ON DELETE CASCADE,
    field_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN (
        'required', 'email', 'phone', 'regex', 'length', 'range', 'choice', 'matches'
    )),
    parameters TEXT NOT NULL CHECK (json_type(parameters) = 'object'),
    message TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;
CREATE INDEX validation_rules_by_form ON validation_rules (form_id, position, rule_id);

CREATE TABLE leads (
    lead_id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    canonical_email TEXT NOT NULL UNIQUE,
    first_submission_at INTEGER NOT NULL,
    last_submission_at INTEGER NOT NULL,
    first_name TEXT,
    last_name TEXT,
    company TEXT,
    phone TEXT,
    answers TEXT NOT NULL CHECK (json_type(answers) = 'object'),
    status TEXT NOT NULL CHECK (status IN (
        'new', 'contacted', 'qualified', 'proposal', 'negotiation', 'closed_won', 'closed_lost'
    )),
    source TEXT NOT NULL,
    campaign TEXT,
    submission_count INTEGER NOT NULL
) STRICT;
CREATE INDEX leads_by_time ON leads (last_submission_at, lead_id);
CREATE INDEX leads_by_status ON leads (status, last_submission_at, lead_id);
CREATE INDEX leads_by_source ON leads (source, last_submission_at, lead_id);
CREATE INDEX leads_by_first_time ON leads (first_submission_at);

CREATE TABLE lead_status_changes (
    change_id INTEGER NOT NULL PRIMARY KEY,
    lead_id TEXT NOT NULL REFERENCES leads (lead_id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN (
        'new', 'contacted', 'qualified', 'proposal', 'negotiation', 'closed_won', 'closed_lost'
    )),
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX lead_status_changes_by_lead ON lead_status_changes (lead_id);

CREATE TABLE lead_scores (
    lead_id TEXT NOT NULL PRIMARY KEY REFERENCES leads (lead_id) ON DELETE CASCADE,
    points TEXT NOT NULL CHECK (json_type(points) = 'array'),
    total INTEGER NOT NULL,
    grade TEXT NOT NULL,
    is_hot INTEGER NOT NULL CHECK (is_hot IN (0, 1)),
    scored_at INTEGER NOT NULL,
    rules_version INTEGER NOT NULL
) STRICT;
CREATE INDEX lead_scores_hot ON lead_scores (total DESC, lead_id) WHERE is_hot = 1;

CREATE TABLE lead_scoring_rules (
    version INTEGER NOT NULL PRIMARY KEY,
    rules TEXT NOT NULL CHECK (json_type(rules) = 'array'),
    hot_total INTEGER NOT NULL,
    grade_totals TEXT NOT NULL CHECK (json_type(grade_totals) = 'array'),
    made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE form_submissions (
    submission_id TEXT NOT NULL PRIMARY KEY,
    form_id TEXT NOT NULL REFERENCES forms (form_id),
    answers TEXT NOT NULL CHECK (json_type(answers) = 'object'),
    submitted_at INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    attribution TEXT NOT NULL CHECK (json_type(attribution) = 'object'),
    source TEXT NOT NULL,
    canonical_email TEXT,
    lead_id TEXT REFERENCES leads (lead_id),
    ip_address TEXT,
    user_agent TEXT,
    state TEXT NOT NULL CHECK (state IN (
        'accepted', 'quarantined', 'duplicate', 'unconfirmed'
    )),
    duplicate_of TEXT REFERENCES form_submissions (submission_id) ON DELETE SET NULL,
    spam_reasons TEXT NOT NULL CHECK (json_type(spam_reasons) = 'array'),
    text_digest TEXT,
    consent TEXT,
    waited_until INTEGER
) STRICT;
CREATE INDEX form_submissions_by_form
ON form_submissions (form_id, submitted_at, submission_id);
CREATE INDEX form_submissions_quarantined
ON form_submissions (form_id, coalesce(waited_until, submitted_at), submission_id)
WHERE state = 'quarantined';
CREATE INDEX form_submissions_by_time ON form_submissions (submitted_at);
CREATE INDEX form_submissions_by_fingerprint
ON form_submissions (form_id, fingerprint, submitted_at) WHERE state = 'accepted';
CREATE INDEX form_submissions_by_address
ON form_submissions (ip_address, submitted_at, submission_id);
CREATE INDEX form_submissions_by_text
ON form_submissions (text_digest, submitted_at) WHERE text_digest IS NOT NULL;
CREATE INDEX form_submissions_by_email ON form_submissions (canonical_email);
CREATE INDEX form_submissions_by_lead ON form_submissions (lead_id);
CREATE INDEX form_submissions_by_original ON form_submissions (duplicate_of);

CREATE TABLE erasures (
    tombstone TEXT NOT NULL PRIMARY KEY,
    erased_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What people said may be sent to them: a history that only grows.
CREATE TABLE consents (
    consent_id TEXT NOT NULL PRIMARY KEY,
    canonical_email TEXT NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('granted', 'denied')),
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (
        origin IN ('form', 'import', 'link', 'bounce', 'complaint', 'api')
    ),
    text_shown TEXT,
    source_id TEXT
) STRICT;
CREATE INDEX consents_by_person ON consents (canonical_email, occurred_at, recorded_at);

-- What holds: the latest of what came by imports, and of all else. An import never gives the yes
-- after a no that came any other way.
CREATE TABLE current_consents (
    canonical_email TEXT NOT NULL,
    purpose TEXT NOT NULL,
    address_key TEXT,
    said TEXT CHECK (said IN ('granted', 'denied')),
    said_at INTEGER,
    imported TEXT CHECK (imported IN ('granted', 'denied')),
    imported_at INTEGER,
    state TEXT NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN said = 'denied' OR imported IS NULL OR said_at >= imported_at THEN said
            ELSE imported
        END
    ) STORED,
    occurred_at INTEGER NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN said = 'denied' OR imported IS NULL OR said_at >= imported_at THEN said_at
            ELSE imported_at
        END
    ) STORED,
    PRIMARY KEY (canonical_email, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX current_consents_by_key ON current_consents (address_key);

-- Addresses that are not written to, by a keyed digest (an HMAC): nothing personal, so that it
-- outlives an erasure.
CREATE TABLE suppressions (
    address_key TEXT NOT NULL,
    purpose TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('denied', 'bounce', 'complaint', 'erased')),
    since INTEGER NOT NULL,
    PRIMARY KEY (address_key, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    answer TEXT CHECK (json_type(answer) = 'object'),
    submission_id TEXT REFERENCES form_submissions (submission_id) ON DELETE CASCADE,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_submission ON idempotency_keys (submission_id);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

CREATE TABLE outbox (
    message_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    subject_id TEXT NOT NULL,
    form_id TEXT,
    payload TEXT NOT NULL CHECK (json_type(payload) = 'object'),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    delivered_to TEXT NOT NULL DEFAULT '[]' CHECK (json_type(delivered_to) = 'array'),
    delivered_at INTEGER,
    set_aside_at INTEGER,
    last_error TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, message_id)
WHERE delivered_at IS NULL AND set_aside_at IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX outbox_by_subject ON outbox (subject_id);

-- Jobs that were handed over for messages, and their outcomes: the latest of each channel.
CREATE TABLE deliveries (
    message_id TEXT NOT NULL REFERENCES outbox (message_id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'delivered', 'refused', 'uncertain')),
    handed_over_at INTEGER NOT NULL,
    recipient TEXT,
    answered_at INTEGER,
    reason TEXT,
    reference TEXT,
    PRIMARY KEY (message_id, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_uncertain ON deliveries (message_id) WHERE state = 'uncertain';

-- Mails that anybody can cause, by who got them: an HMAC, which says nothing without its key.
CREATE TABLE mail_recipients (
    recipient TEXT NOT NULL PRIMARY KEY,
    sent_at TEXT NOT NULL CHECK (json_type(sent_at) = 'array'),
    last_sent_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_recipients_by_time ON mail_recipients (last_sent_at);

-- The last digest of each form's quarantine that its owners got.
CREATE TABLE quarantine_digests (
    form_id TEXT NOT NULL PRIMARY KEY REFERENCES forms (form_id) ON DELETE CASCADE,
    since INTEGER,
    until INTEGER NOT NULL CHECK (since < until)
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    customer_id TEXT NOT NULL PRIMARY KEY,
    first_seen_at INTEGER NOT NULL,
    canonical_email TEXT,
    lead_id TEXT REFERENCES leads (lead_id) ON DELETE SET NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX customers_by_email ON customers (canonical_email, customer_id);
CREATE INDEX customers_by_lead ON customers (lead_id);

-- What senders call a customer, in addition to the id that the customer is known by.
CREATE TABLE customer_aliases (
    system TEXT NOT NULL,
    alias TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (customer_id) ON DELETE CASCADE,
    PRIMARY KEY (system, alias)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_aliases_by_customer ON customer_aliases (customer_id);

-- The two ledgers refer to nothing: a fact may arrive before what it refers to.
CREATE TABLE orders (
    customer_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    ordered_at INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    refund_of TEXT,
    PRIMARY KEY (customer_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_refunds ON orders (customer_id, refund_of, ordered_at, amount)
WHERE refund_of IS NOT NULL;
CREATE INDEX orders_by_id ON orders (order_id);

CREATE TABLE activity_events (
    customer_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'click', 'conversion', 'custom')),
    name TEXT,
    duration_seconds REAL,
    interests TEXT NOT NULL CHECK (json_type(interests) = 'array'),
    campaign_id TEXT,
    PRIMARY KEY (customer_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_events_by_time ON activity_events (customer_id, occurred_at, event_id);

-- What shop systems said of each of their orders, merged; the ledger's entries follow from it.
CREATE TABLE shop_orders (
    order_id TEXT NOT NULL PRIMARY KEY,
    system TEXT NOT NULL,
    number TEXT,
    told_at INTEGER,
    customer_id TEXT,
    ordered_at INTEGER,
    amount INTEGER,
    currency TEXT CHECK (length(currency) = 3),
    refunded INTEGER CHECK (refunded >= 0),
    refunded_at INTEGER,
    refunded_told_at INTEGER,
    refunds TEXT CHECK (json_type(refunds) = 'object')
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX shop_orders_by_number ON shop_orders (system, number)
WHERE number IS NOT NULL;

CREATE TABLE order_imports (
    import_id TEXT NOT NULL PRIMARY KEY,
    byte_offset INTEGER NOT NULL,
    line INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    conflicting INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    erased INTEGER NOT NULL,
    replaced INTEGER NOT NULL,
    skipped TEXT NOT NULL CHECK (json_type(skipped) = 'object'),
    is_finished INTEGER NOT NULL CHECK (is_finished IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE order_import_rejections (
    import_id TEXT NOT NULL REFERENCES order_imports (import_id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    is_conflicting INTEGER NOT NULL CHECK (is_conflicting IN (0, 1)),
    violations TEXT NOT NULL CHECK (json_type(violations) = 'array'),
    PRIMARY KEY (import_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_progress (
    import_id TEXT NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    failure TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE scoring_runs (
    run_id TEXT NOT NULL PRIMARY KEY,
    as_of INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'current', 'superseded', 'withheld')),
    settings TEXT NOT NULL CHECK (json_type(settings) = 'object'),
    models TEXT NOT NULL CHECK (json_type(models) = 'object'),
    backtest TEXT NOT NULL CHECK (json_type(backtest) = 'object'),
    customers INTEGER NOT NULL CHECK (customers >= 0),
    "plan" TEXT NOT NULL DEFAULT '{}' CHECK (json_type("plan") = 'object'),
    summary TEXT NOT NULL DEFAULT '{}' CHECK (json_type(summary) = 'object')
) STRICT;
CREATE UNIQUE INDEX scoring_runs_one_current ON scoring_runs (state) WHERE state = 'current';
CREATE UNIQUE INDEX scoring_runs_one_running ON scoring_runs (state) WHERE state = 'running';
CREATE INDEX scoring_runs_by_time ON scoring_runs (as_of);

CREATE TABLE scoring_run_shards (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    shard INTEGER NOT NULL CHECK (shard >= 0),
    customers INTEGER NOT NULL CHECK (customers >= 0),
    PRIMARY KEY (run_id, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_progress (
    run_id TEXT NOT NULL PRIMARY KEY,
    as_of INTEGER NOT NULL,
    requested_at INTEGER,
    started_at INTEGER,
    ended_at INTEGER,
    failure TEXT
) STRICT, WITHOUT ROWID;

-- What readers see.
CREATE VIEW current_run AS SELECT run_id FROM scoring_runs WHERE state = 'current';

CREATE TABLE customer_ltv (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    customer_id TEXT NOT NULL,
    actual_clv INTEGER NOT NULL,
    residual_value INTEGER NOT NULL,
    predicted_clv INTEGER NOT NULL GENERATED ALWAYS AS (actual_clv + residual_value) STORED,
    average_order_value INTEGER NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    order_count INTEGER NOT NULL CHECK (order_count >= 0),
    frequency INTEGER NOT NULL CHECK (frequency >= 0),
    lifetime_months REAL NOT NULL,
    probability_alive REAL NOT NULL CHECK (probability_alive BETWEEN 0 AND 1),
    expected_purchases_30 REAL NOT NULL,
    expected_purchases_90 REAL NOT NULL,
    expected_purchases_365 REAL NOT NULL,
    segment_id TEXT NOT NULL,
    cohort_id TEXT NOT NULL,
    first_purchase_at INTEGER NOT NULL,
    last_purchase_at INTEGER NOT NULL,
    residual_low INTEGER,
    residual_high INTEGER CHECK ((residual_low IS NULL) = (residual_high IS NULL)),
    residual_median INTEGER,
    probability_of_no_purchase REAL CHECK (probability_of_no_purchase BETWEEN 0 AND 1),
    CHECK (residual_low BETWEEN 0 AND residual_high),
    CHECK (residual_median BETWEEN residual_low AND residual_high),
    PRIMARY KEY (run_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_ltv_by_value ON customer_ltv (run_id, predicted_clv DESC, customer_id);
CREATE INDEX customer_ltv_by_segment ON customer_ltv (run_id, segment_id, predicted_clv);

-- Sums of money, here and in rollups, are whole ten-thousandths as text: they may pass 64 bits.
CREATE TABLE cohorts (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    cohort_id TEXT NOT NULL,
    starts_on TEXT NOT NULL CHECK (starts_on IS date(starts_on)),
    customers INTEGER NOT NULL CHECK (customers >= 0),
    revenue TEXT NOT NULL,
    average_ltv INTEGER NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (run_id, cohort_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cohort_periods (
    run_id TEXT NOT NULL,
    cohort_id TEXT NOT NULL,
    period INTEGER NOT NULL CHECK (period >= 0),
    active_customers INTEGER NOT NULL CHECK (active_customers >= 0),
    revenue TEXT NOT NULL,
    PRIMARY KEY (run_id, cohort_id, period),
    FOREIGN KEY (run_id, cohort_id) REFERENCES cohorts (run_id, cohort_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE ltv_segments (
    segment_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    lower_quantile REAL CHECK (lower_quantile BETWEEN 0 AND 1),
    lower_bound INTEGER,
    currency TEXT CHECK (length(currency) = 3),
    CHECK ((lower_quantile IS NULL) <> (lower_bound IS NULL)),
    CHECK ((lower_bound IS NULL) = (currency IS NULL))
) STRICT;

CREATE TABLE ltv_segment_bounds (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    segment_id TEXT NOT NULL REFERENCES ltv_segments (segment_id) ON DELETE CASCADE,
    lower_bound INTEGER NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (run_id, segment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ltv_segment_bounds_by_segment ON ltv_segment_bounds (segment_id);

CREATE TABLE ltv_rollups (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    first_purchase_day INTEGER NOT NULL,
    cohort_id TEXT NOT NULL,
    segment_id TEXT NOT NULL,
    source TEXT NOT NULL,
    campaign TEXT,
    customers INTEGER NOT NULL,
    revenue TEXT NOT NULL,
    predicted_clv TEXT NOT NULL,
    residual_value TEXT NOT NULL
) STRICT;
CREATE INDEX ltv_rollups_by_day ON ltv_rollups (run_id, first_purchase_day);

-- Sums of each shard apart; readers add them up.
CREATE TABLE revenue_days (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    day TEXT NOT NULL CHECK (day IS date(day)),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    shard INTEGER NOT NULL CHECK (shard >= 0),
    orders INTEGER NOT NULL CHECK (orders >= 0),
    refunds INTEGER NOT NULL CHECK (refunds >= 0),
    revenue TEXT NOT NULL,
    PRIMARY KEY (run_id, day, currency, shard)
) STRICT, WITHOUT ROWID;

-- What was spent on winning customers, as people enter it.
CREATE TABLE acquisition_costs (
    source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
    month TEXT NOT NULL CHECK (month IS date(month, 'start of month')),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (month, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE value_bins (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    measure TEXT NOT NULL CHECK (measure IN ('predicted_clv', 'actual_clv', 'residual_value')),
    bin INTEGER NOT NULL CHECK (bin >= 0),
    customers INTEGER NOT NULL CHECK (customers > 0),
    total TEXT NOT NULL,
    PRIMARY KEY (run_id, measure, bin)
) STRICT, WITHOUT ROWID;

CREATE TABLE churn_predictions (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    customer_id TEXT NOT NULL,
    churn_probability REAL NOT NULL CHECK (churn_probability BETWEEN 0 AND 1),
    probability_alive REAL NOT NULL CHECK (probability_alive BETWEEN 0 AND 1),
    risk_level TEXT NOT NULL CHECK (risk_level IN ('low', 'medium', 'high', 'lost')),
    risk_score INTEGER NOT NULL CHECK (risk_score BETWEEN 1 AND 10),
    horizon_days INTEGER NOT NULL CHECK (horizon_days > 0),
    last_seen_on TEXT NOT NULL CHECK (last_seen_on IS date(last_seen_on)),
    predicted_churn_date TEXT CHECK (predicted_churn_date IS date(predicted_churn_date)),
    reasons TEXT NOT NULL CHECK (json_type(reasons) = 'array'),
    engagement_score INTEGER NOT NULL CHECK (engagement_score BETWEEN 0 AND 100),
    likely_inactive_since TEXT CHECK (likely_inactive_since IS date(likely_inactive_since)),
    return_probability REAL CHECK (return_probability BETWEEN 0 AND 1),
    value_at_risk INTEGER NOT NULL,
    value_at_risk_currency TEXT CHECK (length(value_at_risk_currency) = 3),
    PRIMARY KEY (run_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX churn_predictions_by_value_at_risk
ON churn_predictions (run_id, value_at_risk DESC, customer_id);
CREATE INDEX churn_predictions_by_risk
ON churn_predictions (run_id, risk_level, value_at_risk DESC, customer_id);

CREATE TABLE user_engagement_profiles (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    customer_id TEXT NOT NULL,
    sessions INTEGER NOT NULL CHECK (sessions >= 0),
    clicks INTEGER NOT NULL CHECK (clicks >= 0),
    conversions INTEGER NOT NULL CHECK (conversions >= 0),
    average_session_seconds REAL,
    last_session_at INTEGER,
    interests TEXT NOT NULL CHECK (json_type(interests) = 'object'),
    engagement_score INTEGER NOT NULL CHECK (engagement_score BETWEEN 0 AND 100),
    segment TEXT NOT NULL CHECK (segment IN (
        'new_users', 'active_users', 'at_risk', 'churned', 'high_value', 'low_engagement'
    )),
    PRIMARY KEY (run_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_engagement_profiles_by_segment
ON user_engagement_profiles (run_id, segment, engagement_score DESC, customer_id);

CREATE TABLE retention_grid_cells (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    origin TEXT NOT NULL CHECK (origin IN ('purchase', 'activity', 'form')),
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month')),
    mode TEXT NOT NULL CHECK (mode IN ('nday', 'unbounded', 'brackets')),
    cohort_starts_on TEXT NOT NULL CHECK (cohort_starts_on IS date(cohort_starts_on)),
    "offset" INTEGER NOT NULL CHECK ("offset" >= 0),
    cohort_size INTEGER NOT NULL,
    active INTEGER NOT NULL CHECK (active BETWEEN 0 AND cohort_size),
    PRIMARY KEY (run_id, origin, period, mode, cohort_starts_on, "offset")
) STRICT, WITHOUT ROWID;

CREATE TABLE lifecycle_counts (
    run_id TEXT NOT NULL REFERENCES scoring_runs (run_id) ON DELETE CASCADE,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month')),
    starts_on TEXT NOT NULL CHECK (starts_on IS date(starts_on)),
    shard INTEGER NOT NULL CHECK (shard >= 0),
    arrived INTEGER NOT NULL CHECK (arrived >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    resurrected INTEGER NOT NULL CHECK (resurrected >= 0),
    dormant INTEGER NOT NULL CHECK (dormant >= 0),
    PRIMARY KEY (run_id, period, starts_on, shard)
) STRICT, WITHOUT ROWID;

-- Receipts stay when runs go, so nothing of them refers to a run.
CREATE TABLE forecast_receipts (
    run_id TEXT PRIMARY KEY NOT NULL,
    month TEXT NOT NULL UNIQUE CHECK (month IS date(month, 'start of month')),
    as_of INTEGER NOT NULL,
    is_backfilled INTEGER NOT NULL CHECK (is_backfilled IN (0, 1)),
    settings TEXT NOT NULL CHECK (json_type(settings) = 'object'),
    models TEXT NOT NULL CHECK (json_type(models) = 'object')
) STRICT, WITHOUT ROWID;

CREATE TABLE forecast_receipt_days (
    run_id TEXT NOT NULL REFERENCES forecast_receipts (run_id) ON DELETE CASCADE,
    days INTEGER NOT NULL CHECK (days > 0),
    ends_at INTEGER NOT NULL,
    graded_as_of INTEGER CHECK (graded_as_of >= ends_at),
    PRIMARY KEY (run_id, days)
) STRICT, WITHOUT ROWID;

-- Totals are whole ten-thousandths as text: they may pass 64 bits.
CREATE TABLE forecast_tallies (
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('foreseen', 'came')),
    days INTEGER NOT NULL CHECK (days > 0),
    measure TEXT NOT NULL CHECK (measure IN ('purchases', 'revenue', 'inactivity')),
    decile INTEGER NOT NULL CHECK (decile BETWEEN 1 AND 10),
    shard INTEGER NOT NULL CHECK (shard >= 0),
    customers INTEGER NOT NULL CHECK (customers > 0),
    units TEXT NOT NULL,
    PRIMARY KEY (run_id, kind, days, measure, decile, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE forecast_weeks (
    run_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('foreseen', 'came')),
    week INTEGER NOT NULL CHECK (week > 0),
    shard INTEGER NOT NULL CHECK (shard >= 0),
    purchases TEXT NOT NULL,
    revenue TEXT NOT NULL,
    PRIMARY KEY (run_id, kind, week, shard)
) STRICT, WITHOUT ROWID;

CREATE TABLE forecast_week_counts (
    run_id TEXT PRIMARY KEY REFERENCES forecast_receipts (run_id) ON DELETE CASCADE,
    weeks INTEGER NOT NULL CHECK (weeks > 0),
    counted_as_of INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE retention_campaigns (
    campaign_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN (
        'draft', 'active', 'paused', 'completed', 'cancelled'
    )),
    target_risk_level TEXT CHECK (target_risk_level IN ('low', 'medium', 'high', 'lost')),
    target_segment TEXT CHECK (target_segment IN (
        'new_users', 'active_users', 'at_risk', 'churned', 'high_value', 'low_engagement'
    )),
    starts_at INTEGER,
    ends_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    targeted INTEGER NOT NULL CHECK (targeted >= 0),
    sent INTEGER NOT NULL CHECK (sent >= 0),
    delivered INTEGER NOT NULL CHECK (delivered >= 0),
    opened INTEGER NOT NULL CHECK (opened >= 0),
    clicked INTEGER NOT NULL CHECK (clicked >= 0),
    converted INTEGER NOT NULL CHECK (converted >= 0),
    bounced INTEGER NOT NULL CHECK (bounced >= 0),
    unsubscribed INTEGER NOT NULL CHECK (unsubscribed >= 0),
    complained INTEGER NOT NULL CHECK (complained >= 0),
    revenue INTEGER,
    currency TEXT CHECK (length(currency) = 3),
    definition TEXT NOT NULL CHECK (json_type(definition) = 'object'),
    CHECK ((revenue IS NULL) = (currency IS NULL))
) STRICT;
CREATE INDEX retention_campaigns_by_time ON retention_campaigns (created_at DESC, campaign_id);

-- Of who was erased, the arm, the state and the instant stay, under a key that is nobody's.
CREATE TABLE campaign_members (
    campaign_id TEXT NOT NULL REFERENCES retention_campaigns (campaign_id),
    person_key TEXT NOT NULL,
    arm TEXT NOT NULL CHECK (arm IN ('treatment', 'holdout')),
    state TEXT NOT NULL CHECK (
        state IN ('held_out', 'queued', 'sent', 'bounced', 'refused', 'uncertain', 'withheld')
    ),
    assigned_at INTEGER NOT NULL,
    dispatch_id TEXT NOT NULL,
    customer_id TEXT,
    canonical_email TEXT,
    run_id TEXT,
    foreseen_value INTEGER,
    value_at_risk INTEGER,
    currency TEXT CHECK (length(currency) = 3),
    risk_level TEXT,
    value_segment TEXT,
    engagement_segment TEXT,
    PRIMARY KEY (campaign_id, person_key),
    CHECK ((arm = 'holdout') = (state = 'held_out')),
    CHECK ((customer_id IS NULL) = (canonical_email IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_members_by_email ON campaign_members (canonical_email, assigned_at)
WHERE canonical_email IS NOT NULL;
CREATE INDEX campaign_members_by_customer ON campaign_members (customer_id)
WHERE customer_id IS NOT NULL;

-- Of who was erased, outcomes stay under the key of their member, which is nobody's.
CREATE TABLE campaign_outcomes (
    campaign_id TEXT NOT NULL,
    person_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN (
        'sent', 'delivered', 'opened', 'clicked', 'converted', 'bounced', 'unsubscribed',
        'complained'
    )),
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, person_key, kind),
    FOREIGN KEY (campaign_id, person_key)
    REFERENCES campaign_members (campaign_id, person_key) ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;

-- Sums of members only: nothing here is about anybody.
CREATE TABLE campaign_readings (
    campaign_id TEXT NOT NULL REFERENCES retention_campaigns (campaign_id),
    look INTEGER NOT NULL CHECK (look >= 0),
    read_at INTEGER NOT NULL,
    totals TEXT NOT NULL CHECK (json_type(totals) = 'object'),
    told TEXT CHECK (json_type(told) = 'object'),
    PRIMARY KEY (campaign_id, look)
) STRICT, WITHOUT ROWID;
