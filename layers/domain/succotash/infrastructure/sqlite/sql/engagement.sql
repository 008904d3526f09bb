-- name: delete_profiles
DELETE FROM user_engagement_profiles
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard);

-- name: save_profile
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
VALUES (
    :run_id,
    :customer_id,
    :sessions,
    :clicks,
    :conversions,
    :average_session_seconds,
    :last_session_at,
    :interests,
    :engagement_score,
    :segment
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    sessions = excluded.sessions,
    clicks = excluded.clicks,
    conversions = excluded.conversions,
    average_session_seconds = excluded.average_session_seconds,
    last_session_at = excluded.last_session_at,
    interests = excluded.interests,
    engagement_score = excluded.engagement_score,
    segment = excluded.segment;

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
LIMIT :limit;
