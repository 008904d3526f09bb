"""Activity, engagement, churn, campaigns and scoring runs in PostgreSQL."""

import json
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import override
from zoneinfo import ZoneInfo

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.grids import (
    HOURS_LENGTHS,
    GridEntry,
    GridOrigin,
    GridRequest,
    GridWindows,
    period_start,
)
from succotash.domain.retention.lifecycle import LifecycleCounts, lifecycle_start, period_before
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
)
from succotash.domain.values import (
    PAGE,
    SHARDS,
    CampaignId,
    Currency,
    CustomerId,
    Json,
    Money,
    RunId,
    Shard,
    instant_text,
)
from succotash.errors import CurrencyMismatchError, NotFoundError, RunInProgressError
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.moments import set_moment
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only, whole
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import kept_grids
from succotash.infrastructure.postgres.sql import retention as sql
from succotash.infrastructure.postgres.sql.grids import COUNT_GRID
from succotash.infrastructure.postgres.sql.lifecycle import (
    BUILD_LIFECYCLE,
    CLEAR_LIFECYCLE,
    GET_LIFECYCLE,
)
from succotash.infrastructure.postgres.sql.purchases import of_shard


class PostgresRetentionRepository(PostgresRepository, RetentionRepository):
    """Activity and what runs make of it in tables."""

    @override
    def open_scoring_run(self, run: ScoringRun) -> None:
        def open_run(session: Session) -> None:
            session.run(sql.LOCK_RUNS)
            for run_id, as_of, state in session.run(
                sql.RUNS_CONCERNED, run_id=run.run_id, state=RunState.RUNNING
            ):
                if state != RunState.RUNNING:
                    raise RunInProgressError("this scoring run has finished already")
                if run_id == run.run_id:
                    continue
                if as_of > run.as_of - GIVEN_UP_AFTER:
                    raise RunInProgressError("another scoring run is running")
                session.run(sql.DELETE_ROWS_OF_RUNS, run_ids=[run_id])
                session.run(sql.DELETE_RUN, run_id=run_id)
            session.run(
                sql.OPEN_RUN,
                run_id=run.run_id,
                as_of=run.as_of,
                settings=Jsonb(dict(run.settings)),
                models=Jsonb(dict(run.models)),
                backtest=Jsonb(dict(run.backtest)),
                customers=run.customers,
                plan=Jsonb(dict(run.plan)),
            )

        self._in_transaction(open_run)

    @override
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        def finish(session: Session) -> None:
            session.run(sql.LOCK_RUNS)
            rows = session.run(sql.RUNS_CONCERNED, run_id=run_id, state=RunState.CURRENT)
            started = {known: as_of for known, as_of, state in rows if state == RunState.RUNNING}
            if run_id not in started:
                raise NotFoundError("scoring run")
            if any(as_of > started[run_id] for _, as_of, _ in rows):
                raise RunInProgressError("a newer scoring run has finished")
            session.run(sql.SUPERSEDE_CURRENT_RUN)
            session.run(
                sql.MAKE_CURRENT,
                run_id=run_id,
                customers=customers,
                summary=Jsonb(dict(summary or {})),
            )
            outdated = [old for [old] in session.run(sql.OUTDATED_RUNS, keep=keep)]
            session.run(sql.DELETE_ROWS_OF_RUNS, run_ids=outdated)

        self._in_transaction(finish)

    @override
    def withhold_scoring_run(self, run_id: RunId) -> None:
        only("scoring run", self._run(sql.WITHHOLD_RUN, run_id=run_id))

    @override
    def mark_shard_scored(
        self,
        run_id: RunId,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        rows = self._run(
            sql.MARK_SHARD,
            run_id=run_id,
            shard=str(shard.index),
            customers=customers,
            warnings=Jsonb(dict(warnings or {})),
        )
        only("scoring run", rows)

    @override
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        rows = self._run(sql.SHARD_WARNINGS, run_id=run_id)
        return {int(shard): warnings for shard, warnings in rows}

    @override
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        rows = self._run(sql.SCORED_SHARDS, run_id=run_id)
        return {int(shard): int(customers) for shard, customers in rows}

    @override
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        return _scoring_run(only("scoring run", self._run(sql.GET_RUN, run_id=run_id)))

    @override
    def get_current_scoring_run(self) -> ScoringRun:
        return _scoring_run(only("scoring run", self._run(sql.GET_CURRENT_RUN)))

    @override
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        rows = self._run(sql.GET_RUNS, initial_run=INITIAL_RUN, limit=limit)
        return [_scoring_run(row) for row in rows]

    @override
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[Recording]:
        documents = [_event_document(place, event) for place, event in enumerate(events)]
        rows = self._run(sql.RECORD_ACTIVITY, events=Jsonb([*documents]))
        outcomes = [outcome for [outcome] in rows]
        unseen = [place for place, outcome in enumerate(outcomes) if outcome is None]
        if unseen:
            judged = self._run(
                sql.JUDGE_ACTIVITY, events=Jsonb([documents[place] for place in unseen])
            )
            for place, [outcome] in zip(unseen, judged, strict=True):
                outcomes[place] = outcome
        return [Recording(outcome) for outcome in outcomes]

    @override
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        return [
            ActivityEvent(
                customer,
                event_id,
                occurred_at,
                ActivityKind(kind),
                name,
                duration,
                tuple(interests),
                campaign_id,
            )
            for (
                customer,
                event_id,
                occurred_at,
                kind,
                name,
                duration,
                interests,
                campaign_id,
            ) in self._run(sql.GET_ACTIVITY, customer_id=customer_id, limit=limit)
        ]

    @override
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        [row] = self._run(sql.FORGET_ACTIVITY, customer_ids=list(customer_ids))
        tables = ("activity_events", "churn_predictions", "user_engagement_profiles")
        return dict(zip(tables, row, strict=True))

    @override
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        statement = of_shard(sql.ACTIVITY_SUMMARIES, shard)

        def copy(session: Session) -> bytes:
            set_moment(session, as_of, time_zone, holdout_until)
            return session.copy_out(statement)

        columns = bulk.columns_of(self._in_transaction(copy), width=13)
        first_day, frequency, recency, age, holdout, sessions, clicks, conversions, timed = map(
            whole, columns[:9]
        )
        seconds, last_session_at, interests, customer_ids = columns[9:]
        return ActivitySummaries(
            Histories(bulk.plain(customer_ids), first_day, frequency, recency, age, holdout),
            sessions,
            clicks,
            conversions,
            array("d", map(float, seconds)),
            timed,
            bulk.plain_or_none(last_session_at),
            [json.loads(each) if each else {} for each in bulk.plain_or_none(interests)],
        )

    @override
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        self._run(
            sql.SAVE_CAMPAIGN,
            campaign_id=campaign.campaign_id,
            name=campaign.name,
            created_at=campaign.created_at,
            updated_at=campaign.updated_at,
            description=campaign.description,
            status=campaign.status,
            target_risk_level=campaign.target_risk_level,
            target_segment=campaign.target_segment,
            starts_at=campaign.starts_at,
            ends_at=campaign.ends_at,
            **_metrics(campaign.metrics),
        )

    @override
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return _campaign(only("campaign", self._run(sql.GET_CAMPAIGN, campaign_id=campaign_id)))

    @override
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return _campaign(only("campaign", self._run(sql.LOCK_CAMPAIGN, campaign_id=campaign_id)))

    @override
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        return [_campaign(row) for row in self._run(sql.GET_CAMPAIGNS, status=status)]

    @override
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        return [_campaign(row) for row in self._run(sql.GET_ACTIVE_CAMPAIGNS, at=at)]

    @override
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        rows = self._run(sql.UPDATE_CAMPAIGN_METRICS, campaign_id=campaign_id, **_metrics(metrics))
        only("campaign", rows)

    @override
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        [[by_status, *counts, revenue]] = self._run(sql.CAMPAIGN_SUMMARY, currency=currency)
        values = [by_status or {}, *counts, None if revenue is None else Money(revenue, currency)]
        return CampaignSummary(*values)

    @override
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        rows = self._run(
            sql.SAVE_PREDICTION,
            run_id=prediction.run_id,
            customer_id=prediction.customer_id,
            churn_probability=prediction.churn_probability,
            probability_alive=prediction.probability_alive,
            risk_level=prediction.risk_level,
            risk_score=prediction.risk_score,
            horizon_days=prediction.horizon_days,
            last_seen_on=prediction.last_seen_on,
            predicted_churn_date=prediction.predicted_churn_date,
            reasons=Jsonb([*prediction.reasons]),
            engagement_score=prediction.engagement_score,
        )
        only("scoring run", rows)

    @override
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        chunks = bulk.lines(
            (run_id, str(predictions.horizon_days)),
            (
                bulk.texts(predictions.customer_ids),
                bulk.numbers(predictions.churn_probability),
                bulk.numbers(predictions.probability_alive),
                bulk.texts(predictions.risk_level),
                bulk.numbers(predictions.risk_score),
                bulk.texts(predictions.last_seen_on),
                bulk.optional(predictions.predicted_churn_date),
                bulk.texts(json.dumps(list(each)) for each in predictions.reasons),
                bulk.numbers(predictions.engagement_score),
            ),
        )
        self._replace(
            run_id,
            of_shard(sql.CLEAR_PREDICTIONS, shard),
            of_shard(sql.COPY_PREDICTIONS, shard),
            chunks,
        )

    @override
    def get_churn_prediction(self, customer_id: CustomerId) -> ChurnPrediction:
        rows = self._run(sql.GET_PREDICTION, customer_id=customer_id)
        return _prediction(only("churn prediction", rows))

    @override
    def find_churn_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[float, CustomerId] | None = None,
    ) -> list[ChurnPrediction]:
        page: dict[str, object] = {
            "probability": "Infinity" if after is None else after[0],
            "id": "" if after is None else after[1],
            "limit": limit,
        }
        rows = (
            self._run(sql.PREDICTIONS, **page)
            if risk is None
            else self._run(sql.PREDICTIONS_OF_RISK, risk=risk, **page)
        )
        return [_prediction(row) for row in rows]

    @override
    def save_user_engagement_profile(self, profile: UserEngagementProfile) -> None:
        rows = self._run(
            sql.SAVE_PROFILE,
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
        self._replace(
            run_id,
            of_shard(sql.CLEAR_PROFILES, shard),
            of_shard(sql.COPY_PROFILES, shard),
            chunks,
        )

    @override
    def get_user_engagement_profile(self, customer_id: CustomerId) -> UserEngagementProfile:
        rows = self._run(sql.GET_PROFILE, customer_id=customer_id)
        return _profile(only("engagement profile", rows))

    @override
    def get_users_by_segment(
        self, segment: EngagementSegment, *, limit: int = 100
    ) -> list[UserEngagementProfile]:
        rows = self._run(sql.PROFILES_OF_SEGMENT, segment=segment, limit=limit)
        return [_profile(row) for row in rows]

    @override
    def build_retention_grids(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        def build(session: Session) -> None:
            place = None if shard is None else shard.index
            only(
                "scoring run", session.run(kept_grids.CLEAR_GRID_PARTS, run_id=run_id, shard=place)
            )
            set_moment(session, as_of, time_zone)
            session.run(
                of_shard(kept_grids.BUILD_GRID_PARTS, shard),
                run_id=run_id,
                shard=place or 0,
                shards=shard and shard.count,
            )
            if shard is None:
                _merge_grids(session, run_id)

        self._in_transaction(build)

    @override
    def merge_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        def merge(session: Session) -> None:
            set_moment(session, as_of, time_zone)
            _merge_grids(session, run_id)

        self._in_transaction(merge)

    @override
    def get_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: GridOrigin = GridOrigin.PURCHASE
    ) -> list[GridCell]:
        rows = self._run(kept_grids.GET_GRID, origin=origin, period=period, mode=mode)
        return [GridCell(*row) for row in rows]

    @override
    def build_lifecycle_counts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        place = None if shard is None else shard.index

        def build(session: Session) -> None:
            only("scoring run", session.run(CLEAR_LIFECYCLE, run_id=run_id, shard=place))
            set_moment(session, as_of, time_zone)
            session.run(
                of_shard(BUILD_LIFECYCLE, shard),
                run_id=run_id,
                shard=place,
                spans=_lifecycle_spans(as_of, time_zone),
            )

        self._in_transaction(build)

    @override
    def get_lifecycle_counts(self, period: GridPeriod) -> list[LifecycleCounts]:
        return [LifecycleCounts(*row) for row in self._run(GET_LIFECYCLE, period=period)]

    @override
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        def count(session: Session) -> list[Row]:
            set_moment(session, as_of, time_zone)
            return session.run(
                COUNT_GRID,
                origin=request.origin,
                period=request.period,
                mode=request.mode,
                recurring=request.entry is GridEntry.RECURRING,
                by_hours=request.windows is GridWindows.HOURS,
                hours_length=HOURS_LENGTHS[request.period],
                first_day=request.first_day,
                last_day=request.last_day,
                last_offset=request.last_offset,
                brackets=_places(request.brackets),
            )

        # Revenue may pass 64 bits, and so comes as a numeric.
        return [
            GridCell(cohort, size, offset, active, int(units))
            for cohort, size, offset, active, units in self._in_transaction(count)
        ]

    @override
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        [row] = self._run(sql.RETENTION_ANALYTICS, run_id=run_id)
        found, by_risk, by_segment, churn, engagement, amount, currency, other = row
        return RetentionAnalytics(
            found,
            customers=sum((by_risk or {}).values()),
            by_risk_level=by_risk or {},
            by_segment=by_segment or {},
            average_churn_probability=churn,
            average_engagement_score=engagement,
            value_at_risk=_sum_of_money(amount, currency, other),
        )

    def _replace(self, run_id: RunId, clear: str, copy: str, chunks: Sequence[bytes]) -> None:
        def replace(session: Session) -> None:
            only("scoring run", session.run(clear, run_id=run_id))
            session.copy_in(copy, chunks)

        self._in_transaction(replace)


def _merge_grids(session: Session, run_id: RunId) -> None:
    """Add up the parts of all shards, and one more: leads with customers in several."""
    only("scoring run", session.run(kept_grids.CLEAR_GRIDS, run_id=run_id))
    if tied := session.run(kept_grids.SHARED_LEADS):
        customer_ids, lead_ids = map(list, zip(*tied, strict=True))
        session.run(
            kept_grids.BUILD_SHARED_GRID_PARTS,
            run_id=run_id,
            shard=SHARDS,
            customer_ids=customer_ids,
            lead_ids=lead_ids,
        )
    session.run(kept_grids.MERGE_GRIDS, run_id=run_id)


def _lifecycle_spans(as_of: datetime, time_zone: str) -> Jsonb:
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    return Jsonb(
        [
            {
                "period": period,
                "before": period_before(first, period).isoformat(),
                "first": first.isoformat(),
                "last": period_start(today, period).isoformat(),
            }
            for period in GridPeriod
            for first in [lifecycle_start(today, period)]
        ]
    )


def _places(brackets: Sequence[tuple[int, int]]) -> Jsonb:
    return Jsonb(
        [
            {"place": place, "first": first, "last": last}
            for place, (first, last) in enumerate(brackets)
        ]
    )


def _event_document(place: int, event: ActivityEvent) -> dict[str, Json]:
    return {
        "place": place,
        "customer_id": event.customer_id,
        "event_id": event.event_id,
        "occurred_at": instant_text(event.occurred_at),
        "kind": event.kind,
        "name": event.name,
        "duration_seconds": event.duration_seconds,
        "interests": [*event.interests],
        "campaign_id": event.campaign_id,
        "email": event.canonical_email,
    }


def _scoring_run(row: Row) -> ScoringRun:
    run_id, as_of, state, *others = row
    return ScoringRun(run_id, as_of, RunState(state), *others)


def _metrics(metrics: CampaignMetrics) -> dict[str, object]:
    revenue = metrics.revenue
    return {
        "targeted": metrics.targeted,
        "sent": metrics.sent,
        "opened": metrics.opened,
        "clicked": metrics.clicked,
        "converted": metrics.converted,
        "revenue": None if revenue is None else revenue.units(),
        "currency": None if revenue is None else revenue.currency,
    }


def _campaign(row: Row) -> RetentionCampaign:
    campaign_id, name, created_at, updated_at, description, status, risk, segment = row[:8]
    starts_at, ends_at, *counts, revenue, currency = row[8:]
    metrics = [*counts, None if revenue is None else Money(revenue, currency)]
    return RetentionCampaign(
        campaign_id,
        name,
        created_at,
        updated_at,
        description,
        CampaignStatus(status),
        None if risk is None else RiskLevel(risk),
        None if segment is None else EngagementSegment(segment),
        starts_at,
        ends_at,
        CampaignMetrics(*metrics),
    )


def _sum_of_money(
    amount: Decimal | None, currency: Currency | None, other: Currency | None
) -> Money | None:
    """The sum of amounts whose least and greatest currency code are given; None of none."""
    if amount is None or currency is None or other is None:
        return None
    if currency != other:
        raise CurrencyMismatchError(currency, other)
    return Money(amount, currency)


def _prediction(row: Row) -> ChurnPrediction:
    customer_id, churn_probability, probability_alive, risk_level, *others = row
    risk_score, horizon_days, last_seen_on, predicted_churn_date, reasons, engagement, run = others
    return ChurnPrediction(
        customer_id,
        churn_probability,
        probability_alive,
        RiskLevel(risk_level),
        risk_score,
        horizon_days,
        last_seen_on,
        predicted_churn_date,
        tuple(reasons),
        engagement,
        run,
    )


def _profile(row: Row) -> UserEngagementProfile:
    *fields, segment, run_id = row
    values = [*fields, EngagementSegment(segment), run_id]
    return UserEngagementProfile(*values)
