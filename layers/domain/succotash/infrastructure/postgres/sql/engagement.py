"""Statements about engagement profiles."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, JOINED_RUN, NAMED_RUN
from succotash.infrastructure.postgres.sql.sightings import MEANT

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
