"""Engagement profiles in SQLite."""

from typing import override

from succotash.domain.repositories.engagement import EngagementRepository
from succotash.domain.retention.retention import (
    EngagementProfiles,
    EngagementSegment,
    UserEngagementProfile,
)
from succotash.domain.values import CustomerId, RunId, Shard
from succotash.errors import NotFoundError
from succotash.infrastructure.rows.retention import engagement_profile_of
from succotash.infrastructure.sqlite.columns import json_text, micros_of_text, optional_micros
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("engagement")


class SQLiteEngagementRepository(SQLiteRepository, EngagementRepository):
    """Engagement profiles."""

    @override
    def save_user_engagement_profile(self, profile: UserEngagementProfile) -> None:
        with self._unit.writing() as session:
            session.run(
                _SQL["save_profile"],
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
            session.run(_SQL["delete_profiles"], run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SQL["save_profile"],
                (
                    {
                        "run_id": run_id,
                        "customer_id": customer_id,
                        "sessions": int(profiles.sessions[index]),
                        "clicks": int(profiles.clicks[index]),
                        "conversions": int(profiles.conversions[index]),
                        "average_session_seconds": profiles.average_session_seconds[index],
                        "last_session_at": _optional_micros_of_text(
                            profiles.last_session_at[index]
                        ),
                        "interests": json_text(profiles.interests[index]),
                        "engagement_score": int(profiles.engagement_score[index]),
                        "segment": profiles.segment[index],
                    }
                    for index, customer_id in enumerate(profiles.customer_ids)
                ),
            )

    @override
    def get_user_engagement_profile(self, customer_id: CustomerId) -> UserEngagementProfile:
        with self._unit.reading() as session:
            for row in session.run(_SQL["get_profile"], customer_id=customer_id):
                return engagement_profile_of(row)
        raise NotFoundError("engagement profile")

    @override
    def get_users_by_segment(
        self, segment: EngagementSegment, *, limit: int = 100
    ) -> list[UserEngagementProfile]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_profiles_of_segment"], segment=segment, limit=limit)
        return [engagement_profile_of(row) for row in rows]


def _optional_micros_of_text(text: str | None) -> int | None:
    return None if text is None else micros_of_text(text)
