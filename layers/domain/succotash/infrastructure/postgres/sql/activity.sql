-- part: given_events
SELECT
    place,
    occurred_at,
    name,
    duration_seconds,
    interests,
    customer_id COLLATE "C" AS customer_id,
    event_id COLLATE "C" AS event_id,
    kind COLLATE "C" AS kind,
    campaign_id COLLATE "C" AS campaign_id,
    email COLLATE "C" AS email
FROM json_to_recordset(cast(:events AS json)) AS (
    place integer,
    customer_id text,
    event_id text,
    occurred_at timestamptz,
    kind text,
    name text,
    duration_seconds double precision,
    interests text[],
    campaign_id text,
    email text
)

-- part: is_same_event
known.occurred_at = given.occurred_at
AND known.kind = given.kind
AND known.interests = given.interests
AND (known.name = given.name OR (known.name IS NULL AND given.name IS NULL))
AND (
    known.duration_seconds = given.duration_seconds
    OR (known.duration_seconds IS NULL AND given.duration_seconds IS NULL)
)
AND (
    known.campaign_id = given.campaign_id
    OR (known.campaign_id IS NULL AND given.campaign_id IS NULL)
)

-- name: record_activity
-- As record_orders does with orders.
WITH given AS MATERIALIZED (
    ${given_events}
),

added AS (
    INSERT INTO activity_events (
        customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
    )
    SELECT
        customer_id,
        event_id,
        occurred_at,
        kind,
        name,
        duration_seconds,
        interests,
        campaign_id
    FROM given
    ORDER BY customer_id, event_id
    ON CONFLICT (customer_id, event_id) DO NOTHING
    RETURNING customer_id, event_id, occurred_at
),

seen AS MATERIALIZED (
    SELECT
        given.customer_id,
        min(added.occurred_at) AS first_seen_at,
        (array_agg(given.email ORDER BY given.place) FILTER (WHERE given.email IS NOT NULL))[1]
            AS email
    FROM given
    INNER JOIN added ON given.customer_id = added.customer_id AND given.event_id = added.event_id
    GROUP BY given.customer_id
),

${meet_seen}

SELECT
    CASE
        WHEN added.event_id IS NOT NULL THEN 'recorded'
        WHEN known.event_id IS NULL THEN NULL
        WHEN ${is_same_event} THEN 'unchanged'
        ELSE 'conflicting'
    END AS outcome
FROM given
LEFT JOIN added ON given.customer_id = added.customer_id AND given.event_id = added.event_id
LEFT JOIN activity_events AS known
    ON given.customer_id = known.customer_id AND given.event_id = known.event_id
ORDER BY given.place;

-- name: judge_activity
WITH given AS (
    ${given_events}
)

SELECT
    CASE
        WHEN ${is_same_event} THEN 'unchanged'
        ELSE 'conflicting'
    END AS outcome
FROM given
INNER JOIN activity_events AS known
    ON given.customer_id = known.customer_id AND given.event_id = known.event_id
ORDER BY given.place;

-- name: get_activity
${event}
WHERE customer_id = ${meant}
ORDER BY occurred_at DESC, event_id DESC
LIMIT cast(:limit AS bigint);

-- name: forget_activity
WITH customer AS (
    SELECT unnest(cast(:customer_ids AS text[])) COLLATE "C" AS customer_id
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
    (SELECT count(*) FROM events) AS activity_events,
    (SELECT count(*) FROM predictions) AS churn_predictions,
    (SELECT count(*) FROM profiles) AS user_engagement_profiles;

-- name: copy_activity_summaries
-- Columns as in the adapter's parser. A customer without session events
-- is in a session as long as no more than half an hour passes between clicks.
COPY (
    WITH ${purchases},

    events AS MATERIALIZED (
        SELECT
            customer_id,
            occurred_at,
            kind,
            duration_seconds,
            interests,
            cast(occurred_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day,
            occurred_at > (SELECT moment.as_of FROM moment) AS held_out
        FROM activity_events${shard}
        WHERE occurred_at <= (SELECT moment.until FROM moment)
    ),

    days AS (
        SELECT
            customer_id,
            day,
            held_out
        FROM purchases
        UNION
        SELECT
            customer_id,
            day,
            held_out
        FROM events
    ),

    histories AS (
        SELECT
            customer_id,
            min(day) FILTER (WHERE NOT held_out) AS first_day,
            max(day) FILTER (WHERE NOT held_out) AS last_day,
            count(*) FILTER (WHERE NOT held_out) AS days,
            count(*) FILTER (WHERE held_out) AS holdout
        FROM days
        GROUP BY customer_id
    ),

    totals AS (
        SELECT
            customer_id,
            count(*) FILTER (WHERE kind = 'session') AS sessions,
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
            occurred_at
            - lag(occurred_at) OVER (PARTITION BY customer_id ORDER BY occurred_at) AS pause
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
        SELECT
            events.customer_id,
            named.interest,
            count(*) AS times
        FROM events
        CROSS JOIN unnest(events.interests) AS named (interest)
        WHERE NOT events.held_out
        GROUP BY events.customer_id, named.interest
    ),

    interests AS (
        SELECT
            customer_id,
            jsonb_object_agg(interest, times) AS interests
        FROM mentions
        GROUP BY customer_id
    ),

    today AS MATERIALIZED (
        SELECT cast(as_of AT TIME ZONE zone AS date) AS day
        FROM moment
    )

    SELECT
        histories.customer_id,
        histories.holdout,
        interests.interests,
        histories.first_day - date '1970-01-01' AS first_day_number,
        histories.days - 1 AS frequency,
        histories.last_day - histories.first_day AS recency,
        (SELECT today.day FROM today) - histories.first_day AS age,
        CASE
            WHEN totals.sessions > 0 THEN totals.sessions
            ELSE coalesce(visits.visits, 0)
        END AS sessions,
        coalesce(totals.clicks, 0) AS clicks,
        coalesce(totals.conversions, 0) AS conversions,
        coalesce(totals.timed_sessions, 0) AS timed_sessions,
        coalesce(totals.session_seconds, 0) AS session_seconds,
        to_char(
            coalesce(totals.last_session_at, totals.last_click_at) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'
        ) AS last_session_at
    FROM histories
    LEFT JOIN totals ON histories.customer_id = totals.customer_id
    LEFT JOIN visits ON histories.customer_id = visits.customer_id
    LEFT JOIN interests ON histories.customer_id = interests.customer_id
    WHERE histories.first_day IS NOT NULL
    ORDER BY histories.customer_id
) TO STDOUT;
