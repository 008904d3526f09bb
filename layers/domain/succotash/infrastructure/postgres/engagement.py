"""Engagement profiles in PostgreSQL."""

import json
from typing import override

from succotash.domain.repositories.engagement import EngagementRepository
from succotash.domain.retention.retention import (
    EngagementProfiles,
    EngagementSegment,
    UserEngagementProfile,
)
from succotash.domain.values import CustomerId, RunId, Shard
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.runs import replace_rows
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.retention import engagement_profile_of
from succotash.infrastructure.rows.row import only

_SQL = statements("engagement")


class PostgresEngagementRepository(PostgresRepository, EngagementRepository):
    """Engagement profiles."""

    @override
    def save_user_engagement_profile(self, profile: UserEngagementProfile) -> None:
        rows = self._run(
            _SQL["save_profile"],
            run_id=profile.run_id,
            customer_id=profile.customer_id,
            sessions=profile.sessions,
            clicks=profile.clicks,
            conversions=profile.conversions,
            average_session_seconds=profile.average_session_seconds,
            last_session_at=profile.last_session_at,
            interests=Jsonb({**profile.interests}),
            engagement_score=profile.engagement_score,
            segment=profile.segment,
        )
        only("scoring run", rows)

    @override
    def save_engagement_profiles(
        self, run_id: RunId, shard: Shard | None, profiles: EngagementProfiles
    ) -> None:
        chunks = bulk.lines(
            (run_id,),
            (
                bulk.texts(profiles.customer_ids),
                bulk.numbers(profiles.sessions),
                bulk.numbers(profiles.clicks),
                bulk.numbers(profiles.conversions),
                bulk.optional(profiles.average_session_seconds),
                bulk.optional(profiles.last_session_at),
                bulk.texts(json.dumps(dict(each)) for each in profiles.interests),
                bulk.numbers(profiles.engagement_score),
                bulk.texts(profiles.segment),
            ),
        )
        replace_rows(
            self._work,
            run_id,
            _SQL.of_shard("clear_profiles", partition(shard)),
            _SQL.of_shard("copy_profiles", partition(shard)),
            chunks,
        )

    @override
    def get_user_engagement_profile(self, customer_id: CustomerId) -> UserEngagementProfile:
        rows = self._run(_SQL["get_profile"], customer_id=customer_id)
        return engagement_profile_of(only("engagement profile", rows))

    @override
    def get_users_by_segment(
        self, segment: EngagementSegment, *, limit: int = 100
    ) -> list[UserEngagementProfile]:
        rows = self._run(_SQL["find_profiles_of_segment"], segment=segment, limit=limit)
        return [engagement_profile_of(row) for row in rows]
