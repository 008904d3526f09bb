"""Engagement profiles in memory."""

import dataclasses
from datetime import datetime
from typing import override

from succotash.domain.repositories.engagement import EngagementRepository
from succotash.domain.retention.retention import (
    EngagementProfiles,
    EngagementSegment,
    UserEngagementProfile,
)
from succotash.domain.values import CustomerId, RunId, Shard
from succotash.infrastructure.in_memory.ledger import in_shard
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryEngagementRepository(InMemoryRepository, EngagementRepository):
    """Engagement profiles."""

    @override
    @atomic
    def save_user_engagement_profile(self, profile: UserEngagementProfile) -> None:
        run_id = self.tables.run_named(profile.run_id)
        self.tables.profiles[run_id, profile.customer_id] = dataclasses.replace(
            stored(profile), run_id=run_id
        )

    @override
    @atomic
    def save_engagement_profiles(
        self, run_id: RunId, shard: Shard | None, profiles: EngagementProfiles
    ) -> None:
        self.tables.runs[run_id]
        self.tables.profiles.discard(
            [key for key in self.tables.profiles_by_run.keys(run_id) if in_shard(key[1], shard)]
        )
        for place, customer_id in enumerate(profiles.customer_ids):
            last_session = profiles.last_session_at[place]
            self.tables.profiles[run_id, CustomerId(customer_id)] = UserEngagementProfile(
                CustomerId(customer_id),
                sessions=profiles.sessions[place],
                clicks=profiles.clicks[place],
                conversions=profiles.conversions[place],
                average_session_seconds=profiles.average_session_seconds[place],
                last_session_at=datetime.fromisoformat(last_session) if last_session else None,
                interests=dict(profiles.interests[place]),
                engagement_score=profiles.engagement_score[place],
                segment=EngagementSegment(profiles.segment[place]),
                run_id=run_id,
            )

    @override
    @atomic
    def get_user_engagement_profile(self, customer_id: CustomerId) -> UserEngagementProfile:
        return self.tables.profiles[self.tables.current_run(), self.tables.meant(customer_id)]

    @override
    @atomic
    def get_users_by_segment(
        self, segment: EngagementSegment, *, limit: int = 100
    ) -> list[UserEngagementProfile]:
        matching = (
            each
            for each in self.tables.profiles_by_run[self.tables.current_run()]
            if each.segment is segment
        )
        ordered = sorted(matching, key=lambda each: (-each.engagement_score, each.customer_id))
        return ordered[:limit]
