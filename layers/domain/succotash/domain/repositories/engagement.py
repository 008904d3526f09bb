"""The port to engagement profiles."""

from abc import ABC, abstractmethod

from succotash.domain.retention.retention import (
    EngagementProfiles,
    EngagementSegment,
    UserEngagementProfile,
)
from succotash.domain.values import CustomerId, RunId, Shard


class EngagementRepository(ABC):
    """Engagement profiles.

    Readers see the current run only, all of it or none. What is saved without a run joins the
    current run. Those who ask about one customer may name an alias.
    """

    @abstractmethod
    def save_user_engagement_profile(self, profile: UserEngagementProfile) -> None:
        """Insert or replace one profile in its run.

        NotFoundError where it names a run that does not exist.
        """

    @abstractmethod
    def save_engagement_profiles(
        self, run_id: RunId, shard: Shard | None, profiles: EngagementProfiles
    ) -> None:
        """Replace a shard's profiles in a run, in bulk; without a shard, all of the run's."""

    @abstractmethod
    def get_user_engagement_profile(self, customer_id: CustomerId) -> UserEngagementProfile:
        """The customer's profile; NotFoundError where the current run has none."""

    @abstractmethod
    def get_users_by_segment(
        self, segment: EngagementSegment, *, limit: int = 100
    ) -> list[UserEngagementProfile]:
        """Profiles of one segment, highest engagement first, then by id."""
