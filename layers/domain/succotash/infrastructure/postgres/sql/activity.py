"""Statements about the ledger of activity."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.purchases import PURCHASES
from succotash.infrastructure.postgres.sql.sightings import MEANT, MEET_SEEN

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
