"""Dispatch: assigning everybody whom a campaign reaches, and handing their messages over."""

from collections.abc import Callable
from functools import partial
from typing import TypedDict

from succotash.application.campaigns.rules import CampaignRules
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CampaignId, Clock, IdFactory
from succotash.errors import SuccotashError


class DispatchedCampaign(TypedDict):
    """What a dispatch of one campaign did."""

    campaign_id: str
    assigned: int
    """People added to both groups."""
    queued: int
    """Messages handed to the outbox."""


class DispatchReport(TypedDict):
    """What a dispatch did."""

    campaigns: list[DispatchedCampaign]
    is_finished: bool
    """False where time did not suffice for all campaigns; another dispatch goes on."""


class UnfinishedDispatchError(SuccotashError):
    """Campaigns are left over: time did not suffice for them."""

    def __init__(self) -> None:
        super().__init__("campaigns are left to be dispatched")


class CampaignDispatch:
    """Dispatches campaigns, each in a transaction of its own.

    Doing it again, or two at once, assigns nobody twice: what was done once is found done.
    """

    def __init__(
        self, storage: Storage, clock: Clock, new_id: IdFactory, rules: CampaignRules
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._rules = rules

    def dispatch(self, campaign_id: str) -> DispatchedCampaign:
        """Dispatch one campaign; nothing where it is not running. NotFoundError."""
        dispatch_id = self._new_id()
        return self._storage.in_transaction(partial(self._work, campaign_id, dispatch_id))

    def dispatch_all(self, has_time: Callable[[], bool] = lambda: True) -> DispatchReport:
        """Dispatch every campaign that is running, the oldest first, while there is time.

        The first is dispatched in any case, so that repeating this comes to an end.
        """
        running = self._storage.repositories.retention.get_active_retention_campaigns(self._clock())
        done = []
        for campaign in sorted(running, key=lambda each: (each.created_at, each.campaign_id)):
            if done and not has_time():
                break
            done.append(self.dispatch(campaign.campaign_id))
        return {"campaigns": done, "is_finished": len(done) == len(running)}

    def _work(
        self, campaign_id: str, dispatch_id: str, repositories: Repositories
    ) -> DispatchedCampaign:
        retention = repositories.retention
        campaign = retention.lock_dispatch(CampaignId(campaign_id))
        # Read under the lock: a dispatch that waited is later than the one it waited for.
        now = self._clock()
        if not campaign.is_running(now) or campaign.audience is None:
            return {"campaign_id": campaign_id, "assigned": 0, "queued": 0}
        assigned = retention.assign_members(self._rules.terms(campaign, now), dispatch_id)
        queued = 0
        if assigned.treatment:
            due_at = self._rules.release(campaign, now)
            queued = retention.queue_messages(campaign.campaign_id, dispatch_id, due_at)
        return {
            "campaign_id": campaign_id,
            "assigned": assigned.treatment + assigned.holdout,
            "queued": queued,
        }
