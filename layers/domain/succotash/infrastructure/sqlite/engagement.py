"""Engagement profiles in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from typing import override

from succotash.domain.repositories.engagement import EngagementRepository
from succotash.domain.retention.retention import (
    EngagementProfiles,
    EngagementSegment,
    UserEngagementProfile,
)
from succotash.domain.values import CustomerId, RunId, Shard
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import (
    json_text,
    json_value,
    micros_of_text,
    optional_instant,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sightings import MEANT

_DELETE_PROFILES = """
DELETE FROM user_engagement_profiles
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
"""
_SAVE_PROFILE = """
INSERT INTO user_engagement_profiles (
    run_id, customer_id, sessions, clicks, conversions, average_session_seconds, last_session_at,
    interests, engagement_score, segment
)
VALUES (
    :run_id, :customer_id, :sessions, :clicks, :conversions, :average_session_seconds,
    :last_session_at, :interests, :engagement_score, :segment
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    sessions = excluded.sessions,
    clicks = excluded.clicks,
    conversions = excluded.conversions,
    average_session_seconds = excluded.average_session_seconds,
    last_session_at = excluded.last_session_at,
    interests = excluded.interests,
    engagement_score = excluded.engagement_score,
    segment = excluded.segment
"""
_PROFILE = f"""
SELECT * FROM user_engagement_profiles
WHERE run_id = (SELECT run_id FROM current_run) AND customer_id = {MEANT}
"""
_PROFILES_BY_SEGMENT = """
SELECT * FROM user_engagement_profiles
WHERE run_id = (SELECT run_id FROM current_run) AND segment = :segment
ORDER BY engagement_score DESC, customer_id
LIMIT :limit
"""


class SQLiteEngagementRepository(SQLiteRepository, EngagementRepository):
    """Engagement profiles."""

    @override
    def save_user_engagement_profile(self, profile: UserEngagementProfile) -> None:
        with self._unit.writing() as session:
            session.run(
                _SAVE_PROFILE,
                run_id=named_run(session, profile.run_id),
                customer_id=profile.customer_id,
                sessions=profile.sessions,
                clicks=profile.clicks,
                conversions=profile.conversions,
                average_session_seconds=profile.average_session_seconds,
                last_session_at=optional_micros(profile.last_session_at),
                interests=json_text(profile.interests),
                engagement_score=profile.engagement_score,
                segment=profile.segment,
            )

    @override
    def save_engagement_profiles(
        self, run_id: RunId, shard: Shard | None, profiles: EngagementProfiles
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_PROFILES, run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SAVE_PROFILE,
                (
                    {
                        "run_id": run_id,
                        "customer_id": customer_id,
                        "sessions": int(profiles.sessions[place]),
                        "clicks": int(profiles.clicks[place]),
                        "conversions": int(profiles.conversions[place]),
                        "average_session_seconds": profiles.average_session_seconds[place],
                        "last_session_at": _optional_micros_of_text(
                            profiles.last_session_at[place]
                        ),
                        "interests": json_text(profiles.interests[place]),
                        "engagement_score": int(profiles.engagement_score[place]),
                        "segment": profiles.segment[place],
                    }
                    for place, customer_id in enumerate(profiles.customer_ids)
                ),
            )

    @override
    def get_user_engagement_profile(self, customer_id: CustomerId) -> UserEngagementProfile:
        with self._unit.reading() as session:
            for row in session.run(_PROFILE, customer_id=customer_id):
                return _profile(row)
        raise NotFoundError("engagement profile")

    @override
    def get_users_by_segment(
        self, segment: EngagementSegment, *, limit: int = 100
    ) -> list[UserEngagementProfile]:
        with self._unit.reading() as session:
            rows = session.run(_PROFILES_BY_SEGMENT, segment=segment, limit=limit)
        return [_profile(row) for row in rows]


def _optional_micros_of_text(text: str | None) -> int | None:
    return None if text is None else micros_of_text(text)


def _profile(row: Row) -> UserEngagementProfile:
    return UserEngagementProfile(
        customer_id=row["customer_id"],
        sessions=row["sessions"],
        clicks=row["clicks"],
        conversions=row["conversions"],
        average_session_seconds=row["average_session_seconds"],
        last_session_at=optional_instant(row["last_session_at"]),
        interests=json_value(row["interests"]),
        engagement_score=row["engagement_score"],
        segment=EngagementSegment(row["segment"]),
        run_id=row["run_id"],
    )
