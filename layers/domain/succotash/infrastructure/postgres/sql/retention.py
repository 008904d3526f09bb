"""Statements of the retention repository: activity, scoring runs, what they keep, campaigns."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.domain.retention import BRACKETS, GRID_LENGTHS, GridPeriod
from succotash.infrastructure.postgres.sql.purchases import MOMENT, PURCHASES
from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, JOINED_RUN, NAMED_RUN

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
    plan = excluded.plan
"""
WITHHOLD_RUN = """
UPDATE scoring_runs SET state = 'withheld' WHERE run_id = :run_id AND state = 'running'
RETURNING run_id
"""
MARK_SHARD = """
WITH run AS (
    SELECT run_id FROM scoring_runs WHERE run_id = :run_id FOR KEY SHARE
),
marked AS (
    INSERT INTO run_shards (run_id, shard, customers)
    SELECT run_id, CAST(:shard AS smallint), CAST(:customers AS integer) FROM run
    ON CONFLICT (run_id, shard) DO UPDATE SET customers = excluded.customers
)
SELECT run_id FROM run
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
RECORD_ACTIVITY = """
WITH given AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(CAST(:events AS json)) AS item (
        place integer, customer_id text COLLATE "C", event_id text COLLATE "C",
        occurred_at timestamptz, kind text COLLATE "C", name text,
        duration_seconds double precision, interests text[], campaign_id text COLLATE "C"
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
met AS (
    INSERT INTO customers AS known (customer_id, first_seen_at)
    SELECT customer_id, min(occurred_at)
    FROM added
    GROUP BY customer_id
    ORDER BY customer_id
    ON CONFLICT (customer_id) DO UPDATE SET first_seen_at = excluded.first_seen_at
    WHERE excluded.first_seen_at < known.first_seen_at
)
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
GET_ACTIVITY = """
SELECT
    customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
FROM activity_events
WHERE customer_id = :customer_id
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
GET_PREDICTION = f"{_PREDICTION} AND customer_id = :customer_id"
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
GET_PROFILE = f"{_PROFILE} AND customer_id = :customer_id"
PROFILES_OF_SEGMENT = f"""
{_PROFILE} AND segment = :segment
ORDER BY engagement_score DESC, customer_id
LIMIT CAST(:limit AS bigint)
"""

CLEAR_GRIDS = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM grid_cells WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
CLEAR_GRID_PARTS = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM grid_parts
    WHERE run_id = (SELECT run_id FROM run)
        AND (CAST(:shard AS smallint) IS NULL OR shard = CAST(:shard AS smallint))
)
SELECT run_id FROM run
"""
# When the lead whose id stands there asked for the first time.
_ASKED_AT = """
SELECT min(submitted_at) AS asked_at
FROM form_submissions
WHERE form_submissions.lead_id = {lead_id} AND state IN ('accepted', 'duplicate')
    AND submitted_at <= (SELECT as_of FROM moment)
"""
# Who comes after the run's moment ties no lead to a second customer between shards and finish.
_OTHER_CUSTOMER_OF_THE_LEAD = """
SELECT
FROM customers AS other
WHERE other.lead_id = known.lead_id AND other.customer_id <> known.customer_id
    AND other.first_seen_at <= (SELECT as_of FROM moment)
"""
_EARLIER = """
earlier AS (
    PARTITION BY {person} ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
"""
# On which days who joined when was active since, and on which the time before. Whoever joined by
# buying or by an event was active on that day; a lead was, where something came after the form. A
# lead's other customers may be of other shards: who has any is counted when shards are merged. When
# a lead asked goes along with what happened instead of being joined to it: the planner cannot know
# how many leads are customers.
_LIVES = f"""
WITH {PURCHASES},
happened AS (
    SELECT
        customer_id, ordered_at AS happened_at, day, true AS bought,
        CAST(NULL AS timestamptz) AS asked_at
    FROM purchases
    UNION ALL
    SELECT
        customer_id, occurred_at,
        CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date), false, NULL
    FROM activity_events
    WHERE occurred_at <= (SELECT as_of FROM moment)
    UNION ALL
    SELECT customer_id, NULL, NULL, NULL, asked_at
    FROM customers AS known CROSS JOIN LATERAL ({_ASKED_AT.format(lead_id="known.lead_id")}) AS form
    WHERE lead_id IS NOT NULL
        AND (
            CAST(:shards AS integer) IS NULL OR satisfies_hash_partition(
                CAST('orders' AS regclass), CAST(:shards AS integer), CAST(:shard AS integer),
                customer_id
            )
        )
        AND first_seen_at <= (SELECT as_of FROM moment)
        AND NOT EXISTS ({_OTHER_CUSTOMER_OF_THE_LEAD})
),
by_day AS (
    SELECT
        customer_id, day, bool_or(bought) AS bought, bool_or(NOT bought) AS did,
        max(happened_at) AS latest, min(asked_at) AS asked_at
    FROM happened
    GROUP BY customer_id, day
),
days AS MATERIALIZED (
    SELECT
        day, bought, latest,
        min(day) FILTER (WHERE bought) OVER whole AS first_bought,
        max(day) FILTER (WHERE bought) OVER whole AS last_bought,
        min(day) FILTER (WHERE did) OVER whole AS first_did,
        max(day) OVER whole AS last_day,
        min(asked_at) OVER whole AS asked_at,
        min(CAST(asked_at AT TIME ZONE (SELECT zone FROM moment) AS date)) OVER whole AS asked_on,
        max(day) FILTER (WHERE bought) OVER earlier AS bought_before,
        max(day) OVER earlier AS day_before,
        max(latest) OVER earlier AS latest_before
    FROM by_day
    WINDOW whole AS (PARTITION BY customer_id), {_EARLIER.format(person="customer_id")}
),
lives AS (
    SELECT
        'purchase' AS origin, first_bought AS first_day, day, bought_before AS day_before,
        day = last_bought AS is_last
    FROM days
    WHERE bought
    UNION ALL
    SELECT
        'activity', first_did, day, CASE WHEN day_before >= first_did THEN day_before END,
        day = last_day
    FROM days
    WHERE day >= first_did
    UNION ALL
    SELECT
        'form', asked_on, day, CASE WHEN latest_before >= asked_at THEN day_before END,
        day = last_day
    FROM days
    WHERE latest >= asked_at AND day >= asked_on
)
"""
SHARED_LEADS = f"""
WITH {MOMENT}
SELECT customer_id, lead_id
FROM customers AS known
WHERE lead_id IS NOT NULL AND first_seen_at <= (SELECT as_of FROM moment)
    AND EXISTS ({_OTHER_CUSTOMER_OF_THE_LEAD})
"""
_SHARED_LIVES = f"""
WITH {PURCHASES},
tied AS (
    SELECT customer_id COLLATE "C" AS customer_id, lead_id COLLATE "C" AS lead_id
    FROM unnest(CAST(:customer_ids AS text[]), CAST(:lead_ids AS text[])) AS item (
        customer_id, lead_id
    )
),
happened AS (
    SELECT lead_id, ordered_at AS happened_at, day, CAST(NULL AS timestamptz) AS asked_at
    FROM purchases JOIN tied USING (customer_id)
    UNION ALL
    SELECT
        lead_id, occurred_at, CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date), NULL
    FROM activity_events JOIN tied USING (customer_id)
    WHERE occurred_at <= (SELECT as_of FROM moment)
    UNION ALL
    SELECT lead_id, NULL, NULL, asked_at
    FROM (SELECT DISTINCT lead_id FROM tied) AS leads
    CROSS JOIN LATERAL ({_ASKED_AT.format(lead_id="leads.lead_id")}) AS form
),
by_day AS (
    SELECT lead_id, day, max(happened_at) AS latest, min(asked_at) AS asked_at
    FROM happened
    GROUP BY lead_id, day
),
days AS (
    SELECT
        day, latest,
        max(day) OVER whole AS last_day,
        min(asked_at) OVER whole AS asked_at,
        min(CAST(asked_at AT TIME ZONE (SELECT zone FROM moment) AS date)) OVER whole AS asked_on,
        max(day) OVER earlier AS day_before,
        max(latest) OVER earlier AS latest_before
    FROM by_day
    WINDOW whole AS (PARTITION BY lead_id), {_EARLIER.format(person="lead_id")}
),
lives AS (
    SELECT
        'form' AS origin, asked_on AS first_day, day,
        CASE WHEN latest_before >= asked_at THEN day_before END AS day_before,
        day = last_day AS is_last
    FROM days
    WHERE latest >= asked_at AND day >= asked_on
)
"""
_WEEK = "({day} - DATE '0001-01-01') / 7"
_MONTH = "CAST(12 * extract(year FROM {day}) + extract(month FROM {day}) AS integer)"
_COHORTS = {
    GridPeriod.DAY: "first_day",
    GridPeriod.WEEK: "first_day - (first_day - DATE '0001-01-01') % 7",
    GridPeriod.MONTH: "CAST(date_trunc('month', CAST(first_day AS timestamp)) AS date)",
}
_PLACES = {
    GridPeriod.DAY: "day - first_day",
    GridPeriod.WEEK: f"{_WEEK.format(day='day')} - {_WEEK.format(day='first_day')}",
    GridPeriod.MONTH: f"{_MONTH.format(day='day')} - {_MONTH.format(day='first_day')}",
}
_LONGEST_DAYS = {GridPeriod.DAY: 1, GridPeriod.WEEK: 7, GridPeriod.MONTH: 31}
_BRACKET = f"width_bucket({{age}}, ARRAY{[first for first, _ in BRACKETS]})"
_LAST_DAY_OF_BRACKET = (
    f"(ARRAY{[last for _, last in BRACKETS]})[{_BRACKET.format(age='day - first_day')}]"
)
_ACTIVE = " UNION ALL ".join(
    f"""
    SELECT
        origin, '{period}' AS period, 'active' AS kind, {_COHORTS[period]} AS starts_on,
        {_PLACES[period]} AS place, of_{period} AS members
    FROM counted
    WHERE of_{period} > 0 AND day - first_day < {(length + 1) * _LONGEST_DAYS[period]}
        AND {_PLACES[period]} <= {length}
    """
    for period, length in GRID_LENGTHS.items()
)
_COHORTS_OF_DAY = ", ".join(f"('{period}', {start})" for period, start in _COHORTS.items())
_LASTS = ", ".join(
    f"('{period}', {_COHORTS[period]}, least({_PLACES[period]}, {length}))"
    for period, length in GRID_LENGTHS.items()
)
# Who was active in a period is counted on the first day of theirs in it, so that nobody has to be
# told apart; and of those who are counted together, there are no more kinds than pairs of days.
# 0001-01-01 was a Monday, with which weeks begin (ISO 8601). Rows go in in order, so that of two
# who score the same shard one waits.
_PARTS_OF_LIVES = f"""
, counted AS MATERIALIZED (
    SELECT
        origin, first_day, day,
        count(*) AS of_day,
        count(*) FILTER (
            WHERE {_WEEK.format(day="day")} IS DISTINCT FROM {_WEEK.format(day="day_before")}
        ) AS of_week,
        count(*) FILTER (
            WHERE day_before IS NULL
                OR date_trunc('month', CAST(day AS timestamp))
                <> date_trunc('month', CAST(day_before AS timestamp))
        ) AS of_month,
        count(*) FILTER (
            WHERE {_BRACKET.format(age="day - first_day")}
                IS DISTINCT FROM {_BRACKET.format(age="day_before - first_day")}
        ) AS of_bracket,
        count(*) FILTER (WHERE is_last) AS lasts
    FROM lives
    GROUP BY origin, first_day, day
),
placed AS (
    {_ACTIVE}
    UNION ALL
    SELECT origin, period, 'last', starts_on, place, lasts
    FROM counted CROSS JOIN LATERAL (VALUES {_LASTS}) AS periods (period, starts_on, place)
    WHERE lasts > 0
    UNION ALL
    SELECT
        origin, 'day', 'bracket', first_day, {_BRACKET.format(age="day - first_day")} - 1,
        of_bracket
    FROM counted
    WHERE of_bracket > 0 AND day - first_day <= {_LAST_DAY_OF_BRACKET}
),
cells AS (
    SELECT origin, period, kind, starts_on, place, CAST(sum(members) AS integer) AS members
    FROM placed
    GROUP BY origin, period, kind, starts_on, place
)
INSERT INTO grid_parts (run_id, shard, origin, period, kind, cohort_starts_on, places, members)
SELECT
    CAST(:run_id AS text), CAST(:shard AS smallint), origin, period, kind, starts_on,
    array_agg(place), array_agg(members)
FROM cells
GROUP BY origin, period, kind, starts_on
ORDER BY origin, period, kind, starts_on
"""
BUILD_GRID_PARTS = f"{_LIVES}{_PARTS_OF_LIVES}"
BUILD_SHARED_GRID_PARTS = f"{_SHARED_LIVES}{_PARTS_OF_LIVES}"
# A shard whose customers were not active in a cell has no part of it. Everybody who joined by
# buying or by an event is at place 0; of leads, who never came back has no part at all. Leads may
# be erased, or tied to more customers, since their shard was counted: no cell exceeds its cohort.
MERGE_GRIDS = f"""
WITH {MOMENT},
added AS MATERIALIZED (
    SELECT origin, period, kind, cohort_starts_on, place, sum(item.members) AS members
    FROM grid_parts
    CROSS JOIN LATERAL unnest(places, grid_parts.members) AS item (place, members)
    WHERE run_id = :run_id
    GROUP BY origin, period, kind, cohort_starts_on, place
),
leads AS (
    SELECT min(submitted_at) AS asked_at
    FROM form_submissions
    WHERE lead_id IS NOT NULL AND state IN ('accepted', 'duplicate')
        AND submitted_at <= (SELECT as_of FROM moment)
    GROUP BY lead_id
),
asked AS (
    SELECT
        CAST(asked_at AT TIME ZONE (SELECT zone FROM moment) AS date) AS first_day,
        count(*) AS members
    FROM leads
    GROUP BY first_day
),
sizes AS MATERIALIZED (
    SELECT origin, period, cohort_starts_on, members AS size
    FROM added
    WHERE kind = 'active' AND place = 0 AND origin <> 'form'
    UNION ALL
    SELECT 'form', period, starts_on, sum(members)
    FROM asked CROSS JOIN LATERAL (VALUES {_COHORTS_OF_DAY}) AS periods (period, starts_on)
    GROUP BY period, starts_on
),
counted AS (
    SELECT origin, period, 'nday' AS mode, cohort_starts_on, place, members AS active
    FROM added
    WHERE kind = 'active'
    UNION ALL
    SELECT origin, period, 'unbounded', cohort_starts_on, reached.place, sum(members)
    FROM added CROSS JOIN generate_series(0, added.place) AS reached (place)
    WHERE kind = 'last'
    GROUP BY origin, period, cohort_starts_on, reached.place
    UNION ALL
    SELECT origin, periods.period, 'brackets', starts_on, place, sum(members)
    FROM (
        SELECT origin, cohort_starts_on AS first_day, place, members
        FROM added
        WHERE kind = 'bracket'
    ) AS bracketed
    CROSS JOIN LATERAL (VALUES {_COHORTS_OF_DAY}) AS periods (period, starts_on)
    GROUP BY origin, periods.period, starts_on, place
    UNION ALL
    SELECT origin, period, mode, cohort_starts_on, 0, CASE mode WHEN 'brackets' THEN 0 ELSE size END
    FROM sizes CROSS JOIN unnest(ARRAY['nday', 'unbounded', 'brackets']) AS modes (mode)
),
gone AS (
    DELETE FROM grid_parts WHERE run_id = :run_id
)
INSERT INTO grid_cells (
    run_id, origin, period, mode, cohort_starts_on, place, cohort_size, active
)
SELECT
    CAST(:run_id AS text), origin, period, mode, cohort_starts_on, place, size,
    least(max(active), size)
FROM counted JOIN sizes USING (origin, period, cohort_starts_on)
GROUP BY origin, period, mode, cohort_starts_on, place, size
"""
GET_GRID = f"""
SELECT cohort_starts_on, cohort_size, place, active
FROM grid_cells
WHERE run_id = {CURRENT_RUN} AND origin = :origin AND period = :period AND mode = :mode
ORDER BY cohort_starts_on, place
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
