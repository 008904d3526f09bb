"""Dispatch: assigning everybody whom a campaign reaches, and handing their messages over."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypedDict

from succotash.application.campaigns.looks import CampaignLooks
from succotash.application.campaigns.rules import CampaignRules
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CampaignId, Clock, IdFactory
from succotash.errors import SuccotashError


class DispatchedCampaign(TypedDict):
    """The result of dispatching one campaign."""

    campaign_id: str
    assigned: int
    """People added to both groups."""
    queued: int
    """Messages handed to the outbox."""
    due_at: datetime
    """When they may leave, by the campaign's quiet hours."""


class DispatchReport(TypedDict):
    """The result of a dispatch."""

    campaigns: list[DispatchedCampaign]
    is_finished: bool
    """False where time did not suffice for all campaigns; another dispatch goes on."""
    looks_read: int
    """Campaigns whose looks at the effect were read, as far as they had come."""


class UnfinishedDispatchError(SuccotashError):
    """Campaigns are left over: time did not suffice for them."""

    def __init__(self) -> None:
        super().__init__("campaigns are left to be dispatched")


class CampaignDispatch:
    """Dispatches campaigns, each in a transaction of its own.

    Doing it again, or two at once, assigns nobody twice: what was done once is found done.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        rules: CampaignRules,
        waker: RelayWaker = NOBODY_TO_WAKE,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._rules = rules
        self._waker = waker
        self._looks = CampaignLooks(storage, clock, rules.currency)

    def dispatch(self, campaign_id: str) -> DispatchedCampaign:
        """Dispatch one campaign; nothing where it is not running. NotFoundError."""
        dispatch_id = self._new_id()
        done = self._storage.in_transaction(partial(self._work, campaign_id, dispatch_id))
        if done["queued"]:
            self._waker.wake(done["due_at"])
        return done

    def dispatch_all(self, has_time: Callable[[], bool] = lambda: True) -> DispatchReport:
        """Dispatch every campaign that is running, the oldest first, while there is time.

        The first is dispatched in any case, so that repeating this comes to an end. Then looks at
        the effect are read.
        """
        running = self._storage.repositories.retention.get_active_retention_campaigns(self._clock())
        done: list[DispatchedCampaign] = []
        for campaign in sorted(running, key=lambda each: (each.created_at, each.campaign_id)):
            if done and not has_time():
                break
            done.append(self.dispatch(campaign.campaign_id))
        is_finished = len(done) == len(running)
        looks_read = self._looks.read_all(has_time) if is_finished else 0
        return {"campaigns": done, "is_finished": is_finished, "looks_read": looks_read}

    def _work(
        self, campaign_id: str, dispatch_id: str, repositories: Repositories
    ) -> DispatchedCampaign:
        retention = repositories.retention
        campaign = retention.lock_dispatch(CampaignId(campaign_id))
        # Read under the lock: a dispatch that waited is later than the one it waited for.
        now = self._clock()
        if not campaign.is_running(now) or campaign.audience is None:
            return {"campaign_id": campaign_id, "assigned": 0, "queued": 0, "due_at": now}
        assigned = retention.assign_members(self._rules.terms(campaign, now), dispatch_id)
        queued, due_at = 0, self._rules.release(campaign, now)
        if assigned.treatment:
            queued = retention.queue_messages(campaign.campaign_id, dispatch_id, due_at)
        return {
            "campaign_id": campaign_id,
            "assigned": assigned.treatment + assigned.holdout,
            "queued": queued,
            "due_at": due_at,
        }
