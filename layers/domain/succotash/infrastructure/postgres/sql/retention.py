"""Statements of the retention repository: activity, scoring runs, what they keep, campaigns."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.purchases import PURCHASES
from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, JOINED_RUN, NAMED_RUN
from succotash.infrastructure.postgres.sql.sightings import MEANT, MEET_SEEN

_RUN = """
SELECT run_id, as_of, state, settings, models, backtest, customers, plan, summary
FROM scoring_runs
"""
GET_RUN = f"{_RUN} WHERE run_id = :run_id"
GET_CURRENT_RUN = f"{_RUN} WHERE state = 'current'"
GET_RUNS = f"""
{_RUN}
WHERE run_id <> :initial_run
ORDER BY as_of DESC, run_id DESC
LIMIT CAST(:limit AS bigint)
"""

# Opening and finishing exclude each other; a statement of its own, so that the next one sees what
# the transaction waited for has done. A run's row is locked against the shards being written.
LOCK_RUNS = "SELECT pg_advisory_xact_lock(hashtextextended('scoring run', 0))"
RUNS_CONCERNED = """
SELECT run_id, as_of, state
FROM scoring_runs
WHERE run_id = :run_id OR state = :state
ORDER BY run_id
FOR UPDATE
"""
OPEN_RUN = """
WITH forgotten AS (
    DELETE FROM run_shards WHERE run_id = :run_id
)
INSERT INTO scoring_runs (run_id, as_of, state, settings, models, backtest, customers, plan)
VALUES (
    :run_id, CAST(:as_of AS timestamptz), 'running', CAST(:settings AS jsonb),
    CAST(:models AS jsonb), CAST(:backtest AS jsonb), CAST(:customers AS integer),
    CAST(:plan AS jsonb)
)
ON CONFLICT (run_id) DO UPDATE SET
    as_of = excluded.as_of,
    settings = excluded.settings,
    models = excluded.models,
    backtest = excluded.backtest,
    customers = excluded.customers,
    plan = excluded.plan,
    summary = '{}'
"""
WITHHOLD_RUN = """
UPDATE scoring_runs SET state = 'withheld' WHERE run_id = :run_id AND state = 'running'
RETURNING run_id
"""
# What shards are to warn of stands in the run's summary until the run has one.
MARK_SHARD = """
WITH run AS (
    UPDATE scoring_runs
    SET summary = CASE
        WHEN state = 'running' THEN summary || jsonb_build_object(
            'shards',
            coalesce(summary -> 'shards', '{}')
            || jsonb_build_object(CAST(:shard AS text), CAST(:warnings AS jsonb))
        )
        ELSE summary
    END
    WHERE run_id = :run_id
    RETURNING run_id
),
marked AS (
    INSERT INTO run_shards (run_id, shard, customers)
    SELECT run_id, CAST(CAST(:shard AS text) AS smallint), CAST(:customers AS integer) FROM run
    ON CONFLICT (run_id, shard) DO UPDATE SET customers = excluded.customers
)
SELECT run_id FROM run
"""
SHARD_WARNINGS = """
SELECT CAST(shard.key AS integer), shard.value
FROM scoring_runs
CROSS JOIN LATERAL jsonb_each(coalesce(summary -> 'shards', '{}')) AS shard
WHERE run_id = :run_id
"""
SCORED_SHARDS = """
SELECT CAST(shard AS integer), customers FROM run_shards WHERE run_id = :run_id
"""
SUPERSEDE_CURRENT_RUN = "UPDATE scoring_runs SET state = 'superseded' WHERE state = 'current'"
MAKE_CURRENT = """
UPDATE scoring_runs
SET
    state = 'current',
    customers = CAST(:customers AS integer),
    summary = CAST(:summary AS jsonb)
WHERE run_id = :run_id
"""
OUTDATED_RUNS = """
SELECT run_id
FROM scoring_runs
WHERE state = 'superseded'
ORDER BY as_of DESC, run_id DESC
OFFSET CAST(:keep AS bigint)
"""
DELETE_ROWS_OF_RUNS = """
WITH run AS (
    SELECT unnest(CAST(:run_ids AS text[])) COLLATE "C" AS run_id
),
values_gone AS (
    DELETE FROM customer_ltv USING run WHERE customer_ltv.run_id = run.run_id
),
cohorts_gone AS (
    DELETE FROM cohorts USING run WHERE cohorts.run_id = run.run_id
),
results_gone AS (
    DELETE FROM ltv_segment_results USING run WHERE ltv_segment_results.run_id = run.run_id
),
rollups_gone AS (
    DELETE FROM ltv_rollups USING run WHERE ltv_rollups.run_id = run.run_id
),
predictions_gone AS (
    DELETE FROM churn_predictions USING run WHERE churn_predictions.run_id = run.run_id
),
profiles_gone AS (
    DELETE FROM user_engagement_profiles USING run
    WHERE user_engagement_profiles.run_id = run.run_id
),
grid_parts_gone AS (
    DELETE FROM grid_parts USING run WHERE grid_parts.run_id = run.run_id
),
former_grid_parts_gone AS (
    DELETE FROM retention_grid_parts USING run WHERE retention_grid_parts.run_id = run.run_id
),
cohort_parts_gone AS (
    DELETE FROM cohort_parts USING run WHERE cohort_parts.run_id = run.run_id
),
lifecycle_gone AS (
    DELETE FROM lifecycle_counts USING run WHERE lifecycle_counts.run_id = run.run_id
)
DELETE FROM grid_cells USING run WHERE grid_cells.run_id = run.run_id
"""
DELETE_RUN = "DELETE FROM scoring_runs WHERE run_id = :run_id"

# As RECORD_ORDERS does with orders.
RECORD_ACTIVITY = f"""
WITH given AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(CAST(:events AS json)) AS item (
        place integer, customer_id text COLLATE "C", event_id text COLLATE "C",
        occurred_at timestamptz, kind text COLLATE "C", name text,
        duration_seconds double precision, interests text[], campaign_id text COLLATE "C",
        email text COLLATE "C"
    )
),
added AS (
    INSERT INTO activity_events (
        customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
    )
    SELECT
        customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
    FROM given
    ORDER BY customer_id, event_id
    ON CONFLICT (customer_id, event_id) DO NOTHING
    RETURNING customer_id, event_id, occurred_at
),
seen AS MATERIALIZED (
    SELECT
        customer_id, min(added.occurred_at) AS first_seen_at,
        (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email
    FROM given JOIN added USING (customer_id, event_id)
    GROUP BY customer_id
),
{MEET_SEEN}
SELECT
    CASE
        WHEN added.event_id IS NOT NULL THEN 'recorded'
        WHEN known.event_id IS NULL THEN NULL
        WHEN (
            known.occurred_at, known.kind, known.name, known.duration_seconds, known.interests,
            known.campaign_id
        ) IS NOT DISTINCT FROM (
            given.occurred_at, given.kind, given.name, given.duration_seconds, given.interests,
            given.campaign_id
        ) THEN 'unchanged'
        ELSE 'conflicting'
    END
FROM given
LEFT JOIN added USING (customer_id, event_id)
LEFT JOIN activity_events AS known USING (customer_id, event_id)
ORDER BY given.place
"""
JUDGE_ACTIVITY = """
SELECT
    CASE
        WHEN (
            known.occurred_at, known.kind, known.name, known.duration_seconds, known.interests,
            known.campaign_id
        ) IS NOT DISTINCT FROM (
            given.occurred_at, given.kind, given.name, given.duration_seconds, given.interests,
            given.campaign_id
        ) THEN 'unchanged'
        ELSE 'conflicting'
    END
FROM json_to_recordset(CAST(:events AS json)) AS given (
    place integer, customer_id text COLLATE "C", event_id text COLLATE "C",
    occurred_at timestamptz, kind text COLLATE "C", name text,
    duration_seconds double precision, interests text[], campaign_id text COLLATE "C"
)
JOIN activity_events AS known USING (customer_id, event_id)
ORDER BY given.place
"""
GET_ACTIVITY = f"""
SELECT
    customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
FROM activity_events
WHERE customer_id = {MEANT}
ORDER BY occurred_at DESC, event_id DESC
LIMIT CAST(:limit AS bigint)
"""
FORGET_ACTIVITY = """
WITH customer AS (
    SELECT unnest(CAST(:customer_ids AS text[])) COLLATE "C" AS customer_id
),
events AS (
    DELETE FROM activity_events AS event USING customer
    WHERE event.customer_id = customer.customer_id
    RETURNING 1
),
predictions AS (
    DELETE FROM churn_predictions AS prediction USING customer, scoring_runs AS run
    WHERE prediction.run_id = run.run_id AND prediction.customer_id = customer.customer_id
    RETURNING 1
),
profiles AS (
    DELETE FROM user_engagement_profiles AS profile USING customer, scoring_runs AS run
    WHERE profile.run_id = run.run_id AND profile.customer_id = customer.customer_id
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM events),
    (SELECT count(*) FROM predictions),
    (SELECT count(*) FROM profiles)
"""

# Columns as in the adapter's parser: numbers first, texts last. A customer without session events
# is in a session as long as no more than half an hour passes between clicks.
ACTIVITY_SUMMARIES = f"""
COPY (
WITH {PURCHASES},
events AS MATERIALIZED (
    SELECT
        customer_id, occurred_at, kind, duration_seconds, interests,
        occurred_at > (SELECT as_of FROM moment) AS held_out,
        CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date) AS day
    FROM activity_events
    WHERE occurred_at <= (SELECT until FROM moment)
),
days AS (
    SELECT customer_id, day, held_out FROM purchases
    UNION
    SELECT customer_id, day, held_out FROM events
),
histories AS (
    SELECT
        customer_id, min(day) FILTER (WHERE NOT held_out) AS first_day,
        max(day) FILTER (WHERE NOT held_out) AS last_day,
        count(*) FILTER (WHERE NOT held_out) AS days, count(*) FILTER (WHERE held_out) AS holdout
    FROM days
    GROUP BY customer_id
),
totals AS (
    SELECT
        customer_id, count(*) FILTER (WHERE kind = 'session') AS sessions,
        count(*) FILTER (WHERE kind = 'click') AS clicks,
        count(*) FILTER (WHERE kind = 'conversion') AS conversions,
        sum(duration_seconds) FILTER (WHERE kind = 'session') AS session_seconds,
        count(duration_seconds) FILTER (WHERE kind = 'session') AS timed_sessions,
        max(occurred_at) FILTER (WHERE kind = 'session') AS last_session_at,
        max(occurred_at) FILTER (WHERE kind = 'click') AS last_click_at
    FROM events
    WHERE NOT held_out
    GROUP BY customer_id
),
pauses AS (
    SELECT
        customer_id,
        occurred_at - lag(occurred_at) OVER (PARTITION BY customer_id ORDER BY occurred_at)
            AS pause
    FROM events
    WHERE kind = 'click' AND NOT held_out
),
visits AS (
    SELECT
        customer_id,
        count(*) FILTER (WHERE pause IS NULL OR pause > interval '30 minutes') AS visits
    FROM pauses
    GROUP BY customer_id
),
mentions AS (
    SELECT customer_id, interest, count(*) AS times
    FROM events CROSS JOIN unnest(interests) AS interest
    WHERE NOT held_out
    GROUP BY customer_id, interest
),
interests AS (
    SELECT customer_id, jsonb_object_agg(interest, times) AS interests
    FROM mentions
    GROUP BY customer_id
),
today AS MATERIALIZED (
    SELECT CAST(as_of AT TIME ZONE zone AS date) AS day FROM moment
)
SELECT
    first_day - date '1970-01-01', days - 1, last_day - first_day,
    (SELECT day FROM today) - first_day, holdout,
    CASE WHEN totals.sessions > 0 THEN totals.sessions ELSE coalesce(visits.visits, 0) END,
    coalesce(clicks, 0), coalesce(conversions, 0), coalesce(timed_sessions, 0),
    coalesce(session_seconds, 0),
    to_char(
        coalesce(last_session_at, last_click_at) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'
    ),
    interests, customer_id
FROM histories
LEFT JOIN totals USING (customer_id)
LEFT JOIN visits USING (customer_id)
LEFT JOIN interests USING (customer_id)
WHERE first_day IS NOT NULL
ORDER BY customer_id
) TO STDOUT
"""

_CAMPAIGN = """
SELECT
    campaign_id, name, created_at, updated_at, description, status, target_risk_level,
    target_segment, starts_at, ends_at, targeted, sent, opened, clicked, converted, revenue,
    currency
FROM retention_campaigns
"""
SAVE_CAMPAIGN = """
INSERT INTO retention_campaigns (
    campaign_id, name, created_at, updated_at, description, status, target_risk_level,
    target_segment, starts_at, ends_at, targeted, sent, opened, clicked, converted, revenue,
    currency
)
VALUES (
    :campaign_id, :name, CAST(:created_at AS timestamptz), CAST(:updated_at AS timestamptz),
    :description, :status, CAST(:target_risk_level AS text), CAST(:target_segment AS text),
    CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz), CAST(:targeted AS bigint),
    CAST(:sent AS bigint), CAST(:opened AS bigint), CAST(:clicked AS bigint),
    CAST(:converted AS bigint), CAST(:revenue AS bigint) * 0.0001, CAST(:currency AS text)
)
ON CONFLICT (campaign_id) DO UPDATE SET
    name = excluded.name,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at,
    description = excluded.description,
    status = excluded.status,
    target_risk_level = excluded.target_risk_level,
    target_segment = excluded.target_segment,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    targeted = excluded.targeted,
    sent = excluded.sent,
    opened = excluded.opened,
    clicked = excluded.clicked,
    converted = excluded.converted,
    revenue = excluded.revenue,
    currency = excluded.currency
"""
GET_CAMPAIGN = f"{_CAMPAIGN} WHERE campaign_id = :campaign_id"
LOCK_CAMPAIGN = f"{GET_CAMPAIGN} FOR NO KEY UPDATE"
GET_CAMPAIGNS = f"""
{_CAMPAIGN}
WHERE CAST(:status AS text) IS NULL OR status = :status
ORDER BY created_at DESC, campaign_id
"""
GET_ACTIVE_CAMPAIGNS = f"""
{_CAMPAIGN}
WHERE status = 'active'
    AND coalesce(starts_at, '-infinity') <= CAST(:at AS timestamptz)
    AND coalesce(ends_at, 'infinity') > CAST(:at AS timestamptz)
ORDER BY created_at DESC, campaign_id
"""
UPDATE_CAMPAIGN_METRICS = """
UPDATE retention_campaigns
SET
    targeted = CAST(:targeted AS bigint),
    sent = CAST(:sent AS bigint),
    opened = CAST(:opened AS bigint),
    clicked = CAST(:clicked AS bigint),
    converted = CAST(:converted AS bigint),
    revenue = CAST(:revenue AS bigint) * 0.0001,
    currency = CAST(:currency AS text)
WHERE campaign_id = :campaign_id
RETURNING campaign_id
"""
CAMPAIGN_SUMMARY = """
WITH by_status AS (
    SELECT status, count(*) AS campaigns FROM retention_campaigns GROUP BY status
)
SELECT
    (SELECT jsonb_object_agg(status, campaigns) FROM by_status),
    CAST(coalesce(sum(targeted), 0) AS bigint), CAST(coalesce(sum(sent), 0) AS bigint),
    CAST(coalesce(sum(opened), 0) AS bigint), CAST(coalesce(sum(clicked), 0) AS bigint),
    CAST(coalesce(sum(converted), 0) AS bigint), sum(revenue) FILTER (WHERE currency = :currency)
FROM retention_campaigns
"""

SAVE_PREDICTION = f"""
WITH {JOINED_RUN},
saved AS (
    INSERT INTO churn_predictions (
        run_id, customer_id, churn_probability, probability_alive, risk_level, risk_score,
        horizon_days, last_seen_on, predicted_churn_date, reasons, engagement_score
    )
    SELECT
        run_id, CAST(:customer_id AS text), CAST(:churn_probability AS double precision),
        CAST(:probability_alive AS double precision), CAST(:risk_level AS text),
        CAST(:risk_score AS smallint), CAST(:horizon_days AS integer), CAST(:last_seen_on AS date),
        CAST(:predicted_churn_date AS date), CAST(:reasons AS jsonb),
        CAST(:engagement_score AS smallint)
    FROM run
    ON CONFLICT (run_id, customer_id) DO UPDATE SET
        churn_probability = excluded.churn_probability,
        probability_alive = excluded.probability_alive,
        risk_level = excluded.risk_level,
        risk_score = excluded.risk_score,
        horizon_days = excluded.horizon_days,
        last_seen_on = excluded.last_seen_on,
        predicted_churn_date = excluded.predicted_churn_date,
        reasons = excluded.reasons,
        engagement_score = excluded.engagement_score
)
SELECT run_id FROM run
"""
CLEAR_PREDICTIONS = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM churn_predictions WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
COPY_PREDICTIONS = """
COPY churn_predictions (
    run_id, horizon_days, customer_id, churn_probability, probability_alive, risk_level, risk_score,
    last_seen_on, predicted_churn_date, reasons, engagement_score
) FROM STDIN
"""
_PREDICTION = f"""
SELECT
    customer_id, churn_probability, probability_alive, risk_level, risk_score, horizon_days,
    last_seen_on, predicted_churn_date, reasons, engagement_score, run_id
FROM churn_predictions
WHERE run_id = {CURRENT_RUN}
"""
_BY_PROBABILITY = """
    AND churn_probability <= CAST(:probability AS double precision)
    AND (
        churn_probability < CAST(:probability AS double precision)
        OR customer_id > CAST(:id AS text)
    )
ORDER BY churn_probability DESC, customer_id
LIMIT CAST(:limit AS bigint)
"""
GET_PREDICTION = f"{_PREDICTION} AND customer_id = {MEANT}"
PREDICTIONS = f"{_PREDICTION} {_BY_PROBABILITY}"
PREDICTIONS_OF_RISK = f"{_PREDICTION} AND risk_level = :risk {_BY_PROBABILITY}"

SAVE_PROFILE = f"""
WITH {JOINED_RUN},
saved AS (
    INSERT INTO user_engagement_profiles (
        run_id, customer_id, sessions, clicks, conversions, average_session_seconds,
        last_session_at, interests, engagement_score, segment
    )
    SELECT
        run_id, CAST(:customer_id AS text), CAST(:sessions AS integer), CAST(:clicks AS integer),
        CAST(:conversions AS integer), CAST(:average_session_seconds AS double precision),
        CAST(:last_session_at AS timestamptz), CAST(:interests AS jsonb),
        CAST(:engagement_score AS smallint), CAST(:segment AS text)
    FROM run
    ON CONFLICT (run_id, customer_id) DO UPDATE SET
        sessions = excluded.sessions,
        clicks = excluded.clicks,
        conversions = excluded.conversions,
        average_session_seconds = excluded.average_session_seconds,
        last_session_at = excluded.last_session_at,
        interests = excluded.interests,
        engagement_score = excluded.engagement_score,
        segment = excluded.segment
)
SELECT run_id FROM run
"""
CLEAR_PROFILES = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM user_engagement_profiles WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
COPY_PROFILES = """
COPY user_engagement_profiles (
    run_id, customer_id, sessions, clicks, conversions, average_session_seconds, last_session_at,
    interests, engagement_score, segment
) FROM STDIN
"""
_PROFILE = f"""
SELECT
    customer_id, sessions, clicks, conversions, average_session_seconds, last_session_at,
    interests, engagement_score, segment, run_id
FROM user_engagement_profiles
WHERE run_id = {CURRENT_RUN}
"""
GET_PROFILE = f"{_PROFILE} AND customer_id = {MEANT}"
PROFILES_OF_SEGMENT = f"""
{_PROFILE} AND segment = :segment
ORDER BY engagement_score DESC, customer_id
LIMIT CAST(:limit AS bigint)
"""

RETENTION_ANALYTICS = f"""
WITH run AS MATERIALIZED (
    SELECT coalesce(CAST(:run_id AS text), {CURRENT_RUN}) COLLATE "C" AS run_id
),
risks AS (
    SELECT risk_level, count(*) AS customers, sum(churn_probability) AS chances
    FROM churn_predictions
    WHERE run_id = (SELECT run_id FROM run)
    GROUP BY risk_level
),
segments AS (
    SELECT segment, count(*) AS customers, sum(engagement_score) AS engagement
    FROM user_engagement_profiles
    WHERE run_id = (SELECT run_id FROM run)
    GROUP BY segment
),
at_risk AS (
    SELECT sum(residual_value) AS amount, min(currency) AS currency, max(currency) AS other
    FROM churn_predictions JOIN customer_ltv USING (run_id, customer_id)
    WHERE run_id = (SELECT run_id FROM run) AND risk_level = 'high'
)
SELECT
    (SELECT run_id FROM run),
    (SELECT jsonb_object_agg(risk_level, customers) FROM risks),
    (SELECT jsonb_object_agg(segment, customers) FROM segments),
    (SELECT sum(chances) / sum(customers) FROM risks),
    (SELECT CAST(sum(engagement) / sum(customers) AS double precision) FROM segments),
    amount, currency, other
FROM at_risk
"""
