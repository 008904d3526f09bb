"""Activity, engagement, churn, campaigns and scoring runs in memory."""

import dataclasses
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from statistics import fmean
from typing import override

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.grids import GridOrigin, GridRequest, count_grid, kept_grids
from succotash.domain.retention.lifecycle import LifecycleCounts, add_up, count_lifecycle
from succotash.domain.retention.retention import (
    GIVEN_UP_AFTER,
    INITIAL_RUN,
    CampaignMetrics,
    CampaignStatus,
    CampaignSummary,
    ChurnPrediction,
    ChurnPredictions,
    EngagementProfiles,
    EngagementSegment,
    GridCell,
    GridMode,
    GridPeriod,
    RetentionAnalytics,
    RetentionCampaign,
    RiskLevel,
    RunState,
    ScoringRun,
    UserEngagementProfile,
)
from succotash.domain.value.ledgers import (
    ActivityEvent,
    ActivityKind,
    ActivitySummaries,
    Histories,
    Recording,
    event_contents,
)
from succotash.domain.values import (
    PAGE,
    CampaignId,
    Currency,
    CustomerId,
    Json,
    Money,
    RunId,
    Shard,
)
from succotash.errors import NotFoundError, RunInProgressError
from succotash.infrastructure.in_memory.grids import people, presence
from succotash.infrastructure.in_memory.ledger import (
    Calendar,
    in_shard,
    instant_text,
    purchases_of,
)
from succotash.infrastructure.in_memory.tables import Tables, atomic, stored

_SESSION_GAP = timedelta(minutes=30)


class InMemoryRetentionRepository(RetentionRepository):
    """Activity and what runs make of it, in dictionaries."""

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables = tables or Tables()

    @override
    @atomic
    def open_scoring_run(self, run: ScoringRun) -> None:
        known = self.tables.runs.get(run.run_id)
        if known is not None and known.state is not RunState.RUNNING:
            raise RunInProgressError("this scoring run has finished already")
        for other in list(self.tables.runs_by_state[RunState.RUNNING]):
            if other.run_id == run.run_id:
                continue
            if other.as_of > run.as_of - GIVEN_UP_AFTER:
                raise RunInProgressError("another scoring run is running")
            self.tables.delete_run_rows(other.run_id)
            self.tables.runs.discard([other.run_id])
        self.tables.runs[run.run_id] = dataclasses.replace(stored(run), state=RunState.RUNNING)
        self.tables.scored_shards.discard([run.run_id])
        self.tables.shard_warnings.discard([run.run_id])

    @override
    @atomic
    def withhold_scoring_run(self, run_id: RunId) -> None:
        run = self.tables.runs[run_id]
        if run.state is not RunState.RUNNING:
            raise NotFoundError("scoring run")
        self.tables.runs[run_id] = dataclasses.replace(run, state=RunState.WITHHELD)

    @override
    @atomic
    def mark_shard_scored(
        self,
        run_id: RunId,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        run = self.tables.runs[run_id]
        scored = self.tables.scored_shards.get(run_id) or {}
        self.tables.scored_shards[run_id] = {**scored, shard.index: customers}
        if run.state is RunState.RUNNING:
            told = self.tables.shard_warnings.get(run_id) or {}
            self.tables.shard_warnings[run_id] = {**told, shard.index: dict(warnings or {})}

    @override
    @atomic
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        return dict(self.tables.shard_warnings.get(run_id) or {})

    @override
    @atomic
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        return dict(self.tables.scored_shards.get(run_id) or {})

    @override
    @atomic
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        run = self.tables.runs[run_id]
        if run.state is not RunState.RUNNING:
            raise NotFoundError("scoring run")
        current = self.tables.runs[self.tables.current_run()]
        if current.as_of > run.as_of:
            raise RunInProgressError("a newer scoring run has finished")
        self.tables.runs[current.run_id] = dataclasses.replace(current, state=RunState.SUPERSEDED)
        self.tables.runs[run_id] = dataclasses.replace(
            run, state=RunState.CURRENT, customers=customers, summary=dict(summary or {})
        )
        self.tables.shard_warnings.discard([run_id])
        superseded = _latest_first(self.tables.runs_by_state[RunState.SUPERSEDED])
        for old in superseded[keep:]:
            self.tables.delete_run_rows(old.run_id)

    @override
    @atomic
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        return self.tables.runs[run_id]

    @override
    @atomic
    def get_current_scoring_run(self) -> ScoringRun:
        return self.tables.runs[self.tables.current_run()]

    @override
    @atomic
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        runs = (run for run in self.tables.runs.values() if run.run_id != INITIAL_RUN)
        return _latest_first(runs)[:limit]

    @override
    @atomic
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[Recording]:
        return [self._record(stored(event)) for event in events]

    def _record(self, event: ActivityEvent) -> Recording:
        key = (event.customer_id, event.event_id)
        kept = event_contents(event)
        known = self.tables.events.get(key)
        if known is not None:
            return Recording.UNCHANGED if known == kept else Recording.CONFLICTING
        self.tables.events[key] = kept
        self.tables.see_customer(event.customer_id, event.occurred_at, event.canonical_email)
        return Recording.RECORDED

    @override
    @atomic
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        events = self.tables.events_by_customer[self.tables.meant(customer_id)]
        newest_first = sorted(
            events, key=lambda event: (event.occurred_at, event.event_id), reverse=True
        )
        return newest_first[:limit]

    @override
    @atomic
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        tables = self.tables
        gone = Counter[str]()
        for customer_id in customer_ids:
            gone["activity_events"] += tables.events.discard(
                list(tables.events_by_customer.keys(customer_id))
            )
            gone["churn_predictions"] += tables.predictions.discard(
                list(tables.predictions_by_customer.keys(customer_id))
            )
            gone["user_engagement_profiles"] += tables.profiles.discard(
                list(tables.profiles_by_customer.keys(customer_id))
            )
        return dict(gone)

    @override
    @atomic
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        calendar = Calendar(time_zone)
        today = calendar.day(as_of)
        days = Histories([], array("q"), array("q"), array("q"), array("q"), array("q"))
        found = ActivitySummaries(
            days, array("q"), array("q"), array("q"), array("d"), array("q"), [], []
        )
        for customer_id in self._customers_seen(shard):
            events = sorted(
                self.tables.events_by_customer[customer_id], key=lambda event: event.occurred_at
            )
            past = [event for event in events if event.occurred_at <= as_of]
            seen_on = sorted(self._days(customer_id, past, as_of, calendar))
            if not seen_on:
                continue
            until = holdout_until or as_of
            held_out = self._days(
                customer_id,
                (event for event in events if event.occurred_at <= until),
                until,
                calendar,
                after=as_of,
            )
            days.customer_ids.append(customer_id)
            days.first_day.append(seen_on[0])
            days.frequency.append(len(seen_on) - 1)
            days.recency.append(seen_on[-1] - seen_on[0])
            days.age.append(today - seen_on[0])
            days.holdout.append(len(held_out))
            _summarise(past, found)
        return found

    def _customers_seen(self, shard: Shard | None) -> Iterator[CustomerId]:
        for customer in sorted(self.tables.customers.values(), key=lambda each: each.customer_id):
            if in_shard(customer.customer_id, shard):
                yield customer.customer_id

    def _days(
        self,
        customer_id: CustomerId,
        events: Iterable[ActivityEvent],
        until: datetime,
        calendar: Calendar,
        after: datetime | None = None,
    ) -> set[int]:
        purchases = purchases_of(self.tables.orders_by_customer[customer_id], until)
        moments = [each.at for each in purchases] + [event.occurred_at for event in events]
        return {calendar.day(moment) for moment in moments if after is None or moment > after}

    @override
    @atomic
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        self.tables.campaigns[campaign.campaign_id] = stored(campaign)

    @override
    @atomic
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return self.tables.campaigns[campaign_id]

    @override
    @atomic
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        # A transaction holds all of the tables.
        return self.tables.campaigns[campaign_id]

    @override
    @atomic
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        matching = (
            each for each in self.tables.campaigns.values() if status in {None, each.status}
        )
        by_id = sorted(matching, key=lambda campaign: campaign.campaign_id)
        return sorted(by_id, key=lambda campaign: campaign.created_at, reverse=True)

    @override
    @atomic
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        return [
            campaign
            for campaign in self.get_all_retention_campaigns(status=CampaignStatus.ACTIVE)
            if (campaign.starts_at is None or campaign.starts_at <= at)
            and (campaign.ends_at is None or at < campaign.ends_at)
        ]

    @override
    @atomic
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        campaign = self.tables.campaigns[campaign_id]
        self.tables.campaigns[campaign_id] = dataclasses.replace(campaign, metrics=metrics)

    @override
    @atomic
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        campaigns = list(self.tables.campaigns.values())
        metrics = [campaign.metrics for campaign in campaigns]
        return CampaignSummary(
            campaigns_by_status=dict(Counter(each.status.value for each in campaigns)),
            targeted=sum(each.targeted for each in metrics),
            sent=sum(each.sent for each in metrics),
            opened=sum(each.opened for each in metrics),
            clicked=sum(each.clicked for each in metrics),
            converted=sum(each.converted for each in metrics),
            revenue=_total(
                each.revenue
                for each in metrics
                if each.revenue is not None and each.revenue.currency == currency
            ),
        )

    @override
    @atomic
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        run_id = self.tables.run_named(prediction.run_id)
        self.tables.predictions[run_id, prediction.customer_id] = dataclasses.replace(
            prediction, run_id=run_id
        )

    @override
    @atomic
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        self.tables.runs[run_id]
        self.tables.predictions.discard(
            [key for key in self.tables.predictions_by_run.keys(run_id) if in_shard(key[1], shard)]
        )
        for place, customer_id in enumerate(predictions.customer_ids):
            churn_date = predictions.predicted_churn_date[place]
            self.tables.predictions[run_id, CustomerId(customer_id)] = ChurnPrediction(
                CustomerId(customer_id),
                churn_probability=predictions.churn_probability[place],
                probability_alive=predictions.probability_alive[place],
                risk_level=RiskLevel(predictions.risk_level[place]),
                risk_score=predictions.risk_score[place],
                horizon_days=predictions.horizon_days,
                last_seen_on=date.fromisoformat(predictions.last_seen_on[place]),
                predicted_churn_date=date.fromisoformat(churn_date) if churn_date else None,
                reasons=tuple(predictions.reasons[place]),
                engagement_score=predictions.engagement_score[place],
                run_id=run_id,
            )

    @override
    @atomic
    def get_churn_prediction(self, customer_id: CustomerId) -> ChurnPrediction:
        return self.tables.predictions[self.tables.current_run(), self.tables.meant(customer_id)]

    @override
    @atomic
    def find_churn_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[float, CustomerId] | None = None,
    ) -> list[ChurnPrediction]:
        def place(prediction: ChurnPrediction) -> tuple[float, str]:
            return -prediction.churn_probability, prediction.customer_id

        start = None if after is None else (-after[0], after[1])
        matching = (
            each
            for each in self.tables.predictions_by_run[self.tables.current_run()]
            if risk in {None, each.risk_level} and (start is None or place(each) > start)
        )
        return list(islice(sorted(matching, key=place), limit))

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

    @override
    @atomic
    def merge_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        self.build_retention_grids(run_id, as_of, time_zone)

    @override
    @atomic
    def build_retention_grids(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        self.tables.runs[run_id]
        if shard is not None:  # merging counts everybody: here that costs no more
            return
        joined_by = people(self.tables, as_of, time_zone)
        self.tables.grids[run_id] = {origin: kept_grids(joined_by(origin)) for origin in GridOrigin}

    @override
    @atomic
    def get_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: GridOrigin = GridOrigin.PURCHASE
    ) -> list[GridCell]:
        grids = self.tables.grids.get(self.tables.current_run())
        return [] if grids is None else list(grids[origin][period, mode])

    @override
    @atomic
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        return count_grid(request, people(self.tables, as_of, time_zone)(request.origin))

    @override
    @atomic
    def build_lifecycle_counts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        self.tables.runs[run_id]
        lives = presence(self.tables, as_of, time_zone, shard)
        today = Calendar(time_zone).date(as_of)
        counted = {period: count_lifecycle(lives, period, today) for period in GridPeriod}
        others = {} if shard is None else self.tables.lifecycle.get(run_id) or {}
        place = 0 if shard is None else shard.index
        self.tables.lifecycle[run_id] = {**others, place: counted}

    @override
    @atomic
    def get_lifecycle_counts(self, period: GridPeriod) -> list[LifecycleCounts]:
        shards = self.tables.lifecycle.get(self.tables.current_run()) or {}
        return add_up(counts for shard in shards.values() for counts in shard[period])

    @override
    @atomic
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        run_id = self.tables.run_named(run_id)
        predictions = list(self.tables.predictions_by_run[run_id])
        profiles = list(self.tables.profiles_by_run[run_id])
        chances = [each.churn_probability for each in predictions]
        engagement = [each.engagement_score for each in profiles]
        at_risk = (
            self.tables.values.get((run_id, each.customer_id))
            for each in predictions
            if each.risk_level is RiskLevel.HIGH
        )
        return RetentionAnalytics(
            run_id,
            customers=len(predictions),
            by_risk_level=dict(Counter(each.risk_level.value for each in predictions)),
            by_segment=dict(Counter(each.segment.value for each in profiles)),
            average_churn_probability=fmean(chances) if chances else None,
            average_engagement_score=fmean(engagement) if engagement else None,
            value_at_risk=_total(value.residual_value for value in at_risk if value is not None),
        )


def _latest_first(runs: Iterable[ScoringRun]) -> list[ScoringRun]:
    return sorted(runs, key=lambda run: (run.as_of, run.run_id), reverse=True)


def _total(amounts: Iterable[Money]) -> Money | None:
    total: Money | None = None
    for amount in amounts:
        total = amount if total is None else total + amount
    return total


def _summarise(events: Sequence[ActivityEvent], summaries: ActivitySummaries) -> None:
    """Append what one customer's events, earliest first, consist of."""
    of_kind: defaultdict[ActivityKind, list[ActivityEvent]] = defaultdict(list)
    for event in events:
        of_kind[event.kind].append(event)
    sessions, clicks = of_kind[ActivityKind.SESSION], of_kind[ActivityKind.CLICK]
    pauses = (later.occurred_at - earlier.occurred_at for earlier, later in pairwise(clicks))
    runs_of_clicks = bool(clicks) + sum(pause > _SESSION_GAP for pause in pauses)
    durations = [event.duration_seconds for event in sessions if event.duration_seconds is not None]
    last = (sessions or clicks)[-1:]
    summaries.sessions.append(len(sessions) or runs_of_clicks)
    summaries.clicks.append(len(clicks))
    summaries.conversions.append(len(of_kind[ActivityKind.CONVERSION]))
    summaries.session_seconds.append(sum(durations))
    summaries.timed_sessions.append(len(durations))
    summaries.last_session_at.append(instant_text(last[0].occurred_at) if last else None)
    summaries.interests.append(Counter(name for event in events for name in event.interests))
