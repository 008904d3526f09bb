-- name: find_known_events
${event}
FROM json_each(:keys) AS given
INNER JOIN activity_events AS event
    ON event.customer_id = given.value ->> 0 AND event.event_id = given.value ->> 1;

-- name: add_event
INSERT INTO activity_events (
    customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
)
VALUES (
    :customer_id, :event_id, :occurred_at, :kind, :name, :duration_seconds, :interests,
    :campaign_id
);

-- name: get_activity
${event}
FROM activity_events AS event
WHERE event.customer_id = ${meant}
ORDER BY event.occurred_at DESC, event.event_id DESC
LIMIT :limit;

-- name: forget_events
DELETE FROM activity_events
WHERE customer_id IN (SELECT given.value FROM json_each(:customer_ids) AS given);

-- name: forget_predictions
DELETE FROM churn_predictions
WHERE customer_id IN (SELECT given.value FROM json_each(:customer_ids) AS given);

-- name: forget_profiles
DELETE FROM user_engagement_profiles
WHERE customer_id IN (SELECT given.value FROM json_each(:customer_ids) AS given);

-- name: get_activity_summaries
-- A customer without session events is in a session as long as no more than :gap passes between
-- clicks.
WITH events AS MATERIALIZED (
    SELECT
        customer_id,
        occurred_at,
        kind,
        duration_seconds,
        interests,
        local_day(occurred_at, :time_zone) AS day,
        occurred_at > :as_of AS is_holdout
    FROM activity_events
    WHERE
        occurred_at <= :latest
        AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
),

event_days AS (
    SELECT
        customer_id,
        is_holdout,
        day
    FROM events
    UNION
    SELECT
        customer_id,
        is_holdout,
        day
    FROM purchases
),

days AS (
    SELECT
        customer_id,
        count(*) FILTER (WHERE is_holdout = 0) AS days,
        min(day) FILTER (WHERE is_holdout = 0) AS first_day,
        max(day) FILTER (WHERE is_holdout = 0) AS last_day,
        count(*) FILTER (WHERE is_holdout = 1) AS holdout
    FROM event_days
    GROUP BY customer_id
),

paused AS (
    SELECT
        customer_id,
        occurred_at,
        kind,
        duration_seconds,
        occurred_at - lag(occurred_at) OVER (
            PARTITION BY customer_id, kind
            ORDER BY occurred_at
        ) AS pause
    FROM events
    WHERE is_holdout = 0
),

totals AS (
    SELECT
        customer_id,
        count(*) FILTER (WHERE kind = 'session') AS sessions,
        count(*) FILTER (WHERE kind = 'click') AS clicks,
        count(*) FILTER (WHERE kind = 'click' AND (pause IS NULL OR pause > :gap))
            AS click_sessions,
        count(*) FILTER (WHERE kind = 'conversion') AS conversions,
        sum(duration_seconds) FILTER (WHERE kind = 'session') AS session_seconds,
        count(duration_seconds) FILTER (WHERE kind = 'session') AS timed_sessions,
        max(occurred_at) FILTER (WHERE kind = 'session') AS last_session_at,
        max(occurred_at) FILTER (WHERE kind = 'click') AS last_click_at
    FROM paused
    GROUP BY customer_id
),

named_interests AS (
    SELECT
        events.customer_id,
        named.value AS interest,
        count(*) AS times
    FROM events
    CROSS JOIN json_each(events.interests) AS named
    WHERE events.is_holdout = 0
    GROUP BY events.customer_id, named.value
),

interests AS (
    SELECT
        customer_id,
        json_group_object(interest, times) AS interests
    FROM named_interests
    GROUP BY customer_id
)

SELECT
    days.customer_id,
    days.first_day,
    days.holdout,
    days.days - 1 AS frequency,
    days.last_day - days.first_day AS recency,
    CASE
        WHEN totals.sessions > 0 THEN totals.sessions
        ELSE coalesce(totals.click_sessions, 0)
    END AS sessions,
    coalesce(totals.clicks, 0) AS clicks,
    coalesce(totals.conversions, 0) AS conversions,
    coalesce(totals.session_seconds, 0.0) AS session_seconds,
    coalesce(totals.timed_sessions, 0) AS timed_sessions,
    coalesce(totals.last_session_at, totals.last_click_at) AS last_session_at,
    coalesce(interests.interests, '{}') AS interests
FROM days
LEFT JOIN totals ON days.customer_id = totals.customer_id
LEFT JOIN interests ON days.customer_id = interests.customer_id
WHERE days.days > 0
ORDER BY days.customer_id;
