"""Reading the looks at a campaign that have come."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from succotash.application.campaigns.effects import told_at
from succotash.domain.campaigns.campaigns import RetentionCampaign
from succotash.domain.campaigns.looks import LookPlan
from succotash.domain.campaigns.readings import LookReading, LookTerms
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, Currency


class CampaignLooks:
    """Reads looks once each: what was read first stays, so that what it decided is a fact."""

    def __init__(self, storage: Storage, clock: Clock, currency: Currency) -> None:
        self._storage = storage
        self._clock = clock
        self._currency = currency

    def read(self, campaign: RetentionCampaign) -> list[LookReading]:
        """The looks that have come, with those that nobody has read yet, in one transaction."""
        now = self._clock()
        plan = campaign.definition.look_plan
        if plan is None or not plan.reached(now):
            return []
        return self._storage.in_transaction(partial(self._work, campaign, plan, now))

    def read_all(self, has_time: Callable[[], bool] = lambda: True) -> int:
        """Read looks of all campaigns, while there is time; how many campaigns have any read.

        What time does not suffice for is read by the next, or when somebody asks.
        """
        done = 0
        for campaign in self._storage.repositories.retention.get_all_retention_campaigns():
            if done and not has_time():
                break
            done += bool(self.read(campaign))
        return done

    def _work(
        self,
        campaign: RetentionCampaign,
        plan: LookPlan,
        now: datetime,
        repositories: Repositories,
    ) -> list[LookReading]:
        retention = repositories.retention
        known = retention.get_look_readings(campaign.campaign_id)
        due = [each.at for each in plan.looks[len(known) : plan.reached(now)]]
        if not due:
            return known
        terms = LookTerms(
            campaign.campaign_id,
            due,
            plan.looks[len(known) - 1].at if known else None,
            campaign.definition.attribution,
            self._currency,
        )
        readings = known
        for look, totals in enumerate(retention.total_looks(terms), len(known)):
            reading = LookReading(look, now, totals)
            told = told_at(plan, [*readings[:look], reading])
            retention.save_look_readings(campaign.campaign_id, [replace(reading, told=told)])
            # Another may have read it first: theirs stays, and what is told next follows from it.
            readings = retention.get_look_readings(campaign.campaign_id)
        return readings
