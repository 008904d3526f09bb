-- name: save_profile
WITH ${joined_run},

saved AS (
    INSERT INTO user_engagement_profiles (
        run_id,
        customer_id,
        sessions,
        clicks,
        conversions,
        average_session_seconds,
        last_session_at,
        interests,
        engagement_score,
        segment
    )
    SELECT
        run_id,
        cast(:customer_id AS text) AS customer_id,
        cast(:sessions AS integer) AS sessions,
        cast(:clicks AS integer) AS clicks,
        cast(:conversions AS integer) AS conversions,
        cast(:average_session_seconds AS double precision) AS average_session_seconds,
        cast(:last_session_at AS timestamptz) AS last_session_at,
        cast(:interests AS jsonb) AS interests,
        cast(:engagement_score AS smallint) AS engagement_score,
        cast(:segment AS text) AS segment
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

SELECT run_id FROM run;

-- name: clear_profiles
WITH ${named_run},

deleted AS (
    DELETE FROM user_engagement_profiles${shard} WHERE run_id = (SELECT run_id FROM run)
)

SELECT run_id FROM run;

-- name: copy_profiles
COPY user_engagement_profiles${shard} (
    run_id,
    customer_id,
    sessions,
    clicks,
    conversions,
    average_session_seconds,
    last_session_at,
    interests,
    engagement_score,
    segment
) FROM STDIN;

-- part: profile
SELECT
    customer_id,
    sessions,
    clicks,
    conversions,
    average_session_seconds,
    last_session_at,
    interests,
    engagement_score,
    segment,
    run_id
FROM user_engagement_profiles
WHERE run_id = ${current_run}

-- name: get_profile
${profile} AND customer_id = ${meant};

-- name: find_profiles_of_segment
${profile} AND segment = :segment
ORDER BY engagement_score DESC, customer_id ASC
LIMIT cast(:limit AS bigint);
