"""Activity, engagement, churn, campaigns and scoring runs in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from array import array
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import override

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.grids import GridOrigin, GridRequest, count_grid, kept_grids
from succotash.domain.retention.lifecycle import LifecycleCounts, count_lifecycle
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
    CampaignId,
    Currency,
    CustomerId,
    Json,
    Money,
    RunId,
    Shard,
)
from succotash.errors import CurrencyMismatchError, NotFoundError, RunInProgressError
from succotash.infrastructure.sqlite.columns import (
    instant,
    instant_text,
    json_text,
    json_value,
    micros,
    micros_of_text,
    micros_span,
    money,
    optional_instant,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.functions import day_of, local_day, shard_parameters
from succotash.infrastructure.sqlite.grids import people, presence
from succotash.infrastructure.sqlite.purchases import laid_out_purchases
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sightings import MEANT, Sighting, see_customers

_SESSION_GAP = timedelta(minutes=30)

_OPEN_RUN = """
INSERT INTO scoring_runs (run_id, as_of, state, settings, models, backtest, customers, plan)
VALUES (:run_id, :as_of, 'running', :settings, :models, :backtest, :customers, :plan)
ON CONFLICT (run_id) DO UPDATE SET
    as_of = excluded.as_of,
    settings = excluded.settings,
    models = excluded.models,
    backtest = excluded.backtest,
    customers = excluded.customers,
    plan = excluded.plan,
    summary = '{}'
"""
_FORGET_SHARDS = "DELETE FROM scoring_run_shards WHERE run_id = :run_id"
_WITHHOLD_RUN = """
UPDATE scoring_runs SET state = 'withheld' WHERE run_id = :run_id AND state = 'running'
"""
_MARK_SHARD = """
INSERT INTO scoring_run_shards (run_id, shard, customers) VALUES (:run_id, :shard, :customers)
ON CONFLICT (run_id, shard) DO UPDATE SET customers = excluded.customers
"""
# What shards are to warn of stands in the run's summary until the run has one.
_SET_SUMMARY = """
UPDATE scoring_runs SET summary = :summary WHERE run_id = :run_id AND state = 'running'
"""
_SCORED_SHARDS = "SELECT shard, customers FROM scoring_run_shards WHERE run_id = :run_id"
_RUN = "SELECT * FROM scoring_runs WHERE run_id = :run_id"
_CURRENT_RUN = "SELECT * FROM scoring_runs WHERE state = 'current'"
_OTHER_RUNNING = """
SELECT * FROM scoring_runs WHERE state = 'running' AND run_id <> :run_id
"""
_RUNS = """
SELECT * FROM scoring_runs WHERE run_id <> :initial ORDER BY as_of DESC, run_id DESC LIMIT :limit
"""
_GIVE_UP_RUN = "DELETE FROM scoring_runs WHERE run_id = :run_id"
_SUPERSEDE_CURRENT = "UPDATE scoring_runs SET state = 'superseded' WHERE state = 'current'"
_MAKE_CURRENT = """
UPDATE scoring_runs SET state = 'current', customers = :customers, summary = :summary
WHERE run_id = :run_id
"""
_OUTDATED_RUNS = """
SELECT run_id FROM scoring_runs WHERE state = 'superseded'
ORDER BY as_of DESC, run_id DESC
LIMIT -1 OFFSET :keep
"""
_DELETE_RUN_ROWS = (
    "DELETE FROM customer_ltv WHERE run_id = :run_id",
    "DELETE FROM cohorts WHERE run_id = :run_id",
    "DELETE FROM ltv_segment_bounds WHERE run_id = :run_id",
    "DELETE FROM ltv_rollups WHERE run_id = :run_id",
    "DELETE FROM churn_predictions WHERE run_id = :run_id",
    "DELETE FROM user_engagement_profiles WHERE run_id = :run_id",
    "DELETE FROM retention_grid_cells WHERE run_id = :run_id",
    "DELETE FROM lifecycle_counts WHERE run_id = :run_id",
)

_KNOWN_EVENTS = """
SELECT e.*
FROM json_each(:keys) AS k
JOIN activity_events AS e ON e.customer_id = k.value ->> 0 AND e.event_id = k.value ->> 1
"""
_ADD_EVENT = """
INSERT INTO activity_events (
    customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
)
VALUES (
    :customer_id, :event_id, :occurred_at, :kind, :name, :duration_seconds, :interests,
    :campaign_id
)
"""
_ACTIVITY = f"""
SELECT * FROM activity_events WHERE customer_id = {MEANT}
ORDER BY occurred_at DESC, event_id DESC
LIMIT :limit
"""
_FORGET_EVENTS = """
DELETE FROM activity_events WHERE customer_id IN (SELECT value FROM json_each(:customer_ids))
"""
_FORGET_PREDICTIONS = """
DELETE FROM churn_predictions WHERE customer_id IN (SELECT value FROM json_each(:customer_ids))
"""
_FORGET_PROFILES = """
DELETE FROM user_engagement_profiles
WHERE customer_id IN (SELECT value FROM json_each(:customer_ids))
"""
_FORGETTING: Mapping[str, str] = {
    "activity_events": _FORGET_EVENTS,
    "churn_predictions": _FORGET_PREDICTIONS,
    "user_engagement_profiles": _FORGET_PROFILES,
}

_SUMMARIES = """
WITH events AS MATERIALIZED (
    SELECT customer_id, occurred_at, kind, duration_seconds, interests,
           local_day(occurred_at, :time_zone) AS day, occurred_at > :as_of AS is_holdout
    FROM activity_events
    WHERE occurred_at <= :latest
      AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
),
event_days AS (
    SELECT customer_id, is_holdout, day FROM events
    UNION
    SELECT customer_id, is_holdout, day FROM temp.purchases
),
days AS (
    SELECT customer_id,
           COUNT(*) FILTER (WHERE is_holdout = 0) AS days,
           MIN(day) FILTER (WHERE is_holdout = 0) AS first_day,
           MAX(day) FILTER (WHERE is_holdout = 0) AS last_day,
           COUNT(*) FILTER (WHERE is_holdout = 1) AS holdout
    FROM event_days
    GROUP BY customer_id
),
paused AS (
    SELECT *,
           occurred_at - lag(occurred_at) OVER (
               PARTITION BY customer_id, kind ORDER BY occurred_at
           ) AS pause
    FROM events
    WHERE is_holdout = 0
),
totals AS (
    SELECT customer_id,
           COUNT(*) FILTER (WHERE kind = 'session') AS sessions,
           COUNT(*) FILTER (WHERE kind = 'click') AS clicks,
           COUNT(*) FILTER (WHERE kind = 'click' AND (pause IS NULL OR pause > :gap))
               AS click_sessions,
           COUNT(*) FILTER (WHERE kind = 'conversion') AS conversions,
           SUM(duration_seconds) FILTER (WHERE kind = 'session') AS session_seconds,
           COUNT(duration_seconds) FILTER (WHERE kind = 'session') AS timed_sessions,
           MAX(occurred_at) FILTER (WHERE kind = 'session') AS last_session_at,
           MAX(occurred_at) FILTER (WHERE kind = 'click') AS last_click_at
    FROM paused
    GROUP BY customer_id
),
named_interests AS (
    SELECT events.customer_id, named.value AS interest, COUNT(*) AS times
    FROM events, json_each(events.interests) AS named
    WHERE events.is_holdout = 0
    GROUP BY events.customer_id, named.value
),
interests AS (
    SELECT customer_id, json_group_object(interest, times) AS interests
    FROM named_interests
    GROUP BY customer_id
)
SELECT days.customer_id, days.first_day, days.days - 1 AS frequency,
       days.last_day - days.first_day AS recency, days.holdout,
       CASE WHEN totals.sessions > 0 THEN totals.sessions
            ELSE coalesce(totals.click_sessions, 0) END AS sessions,
       coalesce(totals.clicks, 0) AS clicks, coalesce(totals.conversions, 0) AS conversions,
       coalesce(totals.session_seconds, 0.0) AS session_seconds,
       coalesce(totals.timed_sessions, 0) AS timed_sessions,
       coalesce(totals.last_session_at, totals.last_click_at) AS last_session_at,
       coalesce(interests.interests, '{}') AS interests
FROM days
LEFT JOIN totals USING (customer_id)
LEFT JOIN interests USING (customer_id)
WHERE days.days > 0
ORDER BY days.customer_id
"""

_SAVE_CAMPAIGN = """
INSERT INTO retention_campaigns (
    campaign_id, name, description, status, target_risk_level, target_segment, starts_at, ends_at,
    created_at, updated_at, targeted, sent, opened, clicked, converted, revenue, currency
)
VALUES (
    :campaign_id, :name, :description, :status, :target_risk_level, :target_segment, :starts_at,
    :ends_at, :created_at, :updated_at, :targeted, :sent, :opened, :clicked, :converted, :revenue,
    :currency
)
ON CONFLICT (campaign_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    status = excluded.status,
    target_risk_level = excluded.target_risk_level,
    target_segment = excluded.target_segment,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at,
    targeted = excluded.targeted,
    sent = excluded.sent,
    opened = excluded.opened,
    clicked = excluded.clicked,
    converted = excluded.converted,
    revenue = excluded.revenue,
    currency = excluded.currency
"""
_CAMPAIGN = "SELECT * FROM retention_campaigns WHERE campaign_id = :campaign_id"
_CAMPAIGNS = """
SELECT * FROM retention_campaigns
WHERE :status IS NULL OR status = :status
ORDER BY created_at DESC, campaign_id
"""
_ACTIVE_CAMPAIGNS = """
SELECT * FROM retention_campaigns
WHERE status = 'active'
  AND (starts_at IS NULL OR starts_at <= :at)
  AND (ends_at IS NULL OR ends_at > :at)
ORDER BY created_at DESC, campaign_id
"""
_UPDATE_METRICS = """
UPDATE retention_campaigns SET
    targeted = :targeted,
    sent = :sent,
    opened = :opened,
    clicked = :clicked,
    converted = :converted,
    revenue = :revenue,
    currency = :currency
WHERE campaign_id = :campaign_id
"""
_CAMPAIGN_TOTALS = """
SELECT status, COUNT(*) AS campaigns, SUM(targeted) AS targeted, SUM(sent) AS sent,
       SUM(opened) AS opened, SUM(clicked) AS clicked, SUM(converted) AS converted,
       exact_sum(revenue) FILTER (WHERE currency = :currency) AS revenue, :currency AS currency
FROM retention_campaigns
GROUP BY status
"""

_DELETE_PREDICTIONS = """
DELETE FROM churn_predictions
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
"""
_SAVE_PREDICTION = """
INSERT INTO churn_predictions (
    run_id, customer_id, churn_probability, probability_alive, risk_level, risk_score,
    horizon_days, last_seen_on, predicted_churn_date, reasons, engagement_score
)
VALUES (
    :run_id, :customer_id, :churn_probability, :probability_alive, :risk_level, :risk_score,
    :horizon_days, :last_seen_on, :predicted_churn_date, :reasons, :engagement_score
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    churn_probability = excluded.churn_probability,
    probability_alive = excluded.probability_alive,
    risk_level = excluded.risk_level,
    risk_score = excluded.risk_score,
    horizon_days = excluded.horizon_days,
    last_seen_on = excluded.last_seen_on,
    predicted_churn_date = excluded.predicted_churn_date,
    reasons = excluded.reasons,
    engagement_score = excluded.engagement_score
"""
_PREDICTION = f"""
SELECT * FROM churn_predictions
WHERE run_id = (SELECT run_id FROM current_run) AND customer_id = {MEANT}
"""
_PREDICTIONS = """
SELECT * FROM churn_predictions
WHERE run_id = (SELECT run_id FROM current_run)
  AND (:risk IS NULL OR risk_level = :risk)
  AND (:after_chance IS NULL OR churn_probability < :after_chance
       OR (churn_probability = :after_chance AND customer_id > :after_id))
ORDER BY churn_probability DESC, customer_id
LIMIT :limit
"""

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

_DELETE_GRIDS = "DELETE FROM retention_grid_cells WHERE run_id = :run_id"
_INSERT_GRID_CELL = """
INSERT INTO retention_grid_cells (
    run_id, origin, period, mode, cohort_starts_on, "offset", cohort_size, active
)
VALUES (:run_id, :origin, :period, :mode, :cohort_starts_on, :offset, :cohort_size, :active)
"""
_GRID = """
SELECT * FROM retention_grid_cells
WHERE run_id = (SELECT run_id FROM current_run)
  AND origin = :origin AND period = :period AND mode = :mode
ORDER BY cohort_starts_on, "offset"
"""

_DELETE_LIFECYCLE = """
DELETE FROM lifecycle_counts WHERE run_id = :run_id AND (:shard IS NULL OR shard = :shard)
"""
_INSERT_LIFECYCLE = """
INSERT INTO lifecycle_counts (
    run_id, shard, period, starts_on, arrived, returned, resurrected, dormant
)
VALUES (
    :run_id, :shard, :period, :starts_on, :arrived, :returned, :resurrected, :dormant
)
"""
_LIFECYCLE = """
SELECT starts_on, SUM(arrived), SUM(returned), SUM(resurrected), SUM(dormant)
FROM lifecycle_counts
WHERE run_id = (SELECT run_id FROM current_run) AND period = :period
GROUP BY starts_on
ORDER BY starts_on
"""

_RISK_TOTALS = """
SELECT p.risk_level, COUNT(*) AS customers, SUM(p.churn_probability) AS chances,
       exact_sum(v.residual_value) AS residual_value, MIN(v.currency) AS currency,
       MAX(v.currency) AS other_currency
FROM churn_predictions AS p
LEFT JOIN customer_ltv AS v ON v.run_id = p.run_id AND v.customer_id = p.customer_id
WHERE p.run_id = :run_id
GROUP BY p.risk_level
"""
_ENGAGEMENT_TOTALS = """
SELECT segment, COUNT(*) AS customers, SUM(engagement_score) AS scores
FROM user_engagement_profiles
WHERE run_id = :run_id
GROUP BY segment
"""


class SQLiteRetentionRepository(SQLiteRepository, RetentionRepository):
    """Activity and what runs make of it, in tables."""

    @override
    def open_scoring_run(self, run: ScoringRun) -> None:
        with self._unit.writing() as session:
            for row in session.run(_RUN, run_id=run.run_id):
                if row["state"] != RunState.RUNNING:
                    raise RunInProgressError("this scoring run has finished already")
            for other in session.run(_OTHER_RUNNING, run_id=run.run_id):
                if other["as_of"] > micros(run.as_of - GIVEN_UP_AFTER):
                    raise RunInProgressError("another scoring run is running")
                session.run(_GIVE_UP_RUN, run_id=other["run_id"])
            session.run(
                _OPEN_RUN,
                run_id=run.run_id,
                as_of=micros(run.as_of),
                settings=json_text(run.settings),
                models=json_text(run.models),
                backtest=json_text(run.backtest),
                customers=run.customers,
                plan=json_text(run.plan),
            )
            session.run(_FORGET_SHARDS, run_id=run.run_id)

    @override
    def withhold_scoring_run(self, run_id: RunId) -> None:
        with self._unit.writing() as session:
            if not session.change(_WITHHOLD_RUN, run_id=run_id):
                raise NotFoundError("scoring run")

    @override
    def mark_shard_scored(
        self,
        run_id: RunId,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_MARK_SHARD, run_id=run_id, shard=shard.index, customers=customers)
            [row] = session.run(_RUN, run_id=run_id)
            summary = json_value(row["summary"])
            shards = {**summary.get("shards", {}), str(shard.index): dict(warnings or {})}
            session.run(
                _SET_SUMMARY, run_id=run_id, summary=json_text({**summary, "shards": shards})
            )

    @override
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        with self._unit.reading() as session:
            rows = session.run(_RUN, run_id=run_id)
        summaries = (json_value(row["summary"]) for row in rows)
        return {
            int(shard): warnings
            for summary in summaries
            for shard, warnings in summary.get("shards", {}).items()
        }

    @override
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        with self._unit.reading() as session:
            rows = session.run(_SCORED_SHARDS, run_id=run_id)
        return {row["shard"]: row["customers"] for row in rows}

    @override
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        with self._unit.writing() as session:
            found = session.run(_RUN, run_id=run_id)
            if not found or found[0]["state"] != RunState.RUNNING:
                raise NotFoundError("scoring run")
            [current] = session.run(_CURRENT_RUN)
            if current["as_of"] > found[0]["as_of"]:
                raise RunInProgressError("a newer scoring run has finished")
            session.run(_SUPERSEDE_CURRENT)
            session.run(
                _MAKE_CURRENT,
                run_id=run_id,
                customers=customers,
                summary=json_text(summary or {}),
            )
            for outdated in session.run(_OUTDATED_RUNS, keep=keep):
                for statement in _DELETE_RUN_ROWS:
                    session.run(statement, run_id=outdated["run_id"])

    @override
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        with self._unit.reading() as session:
            for row in session.run(_RUN, run_id=run_id):
                return _run(row)
        raise NotFoundError("scoring run")

    @override
    def get_current_scoring_run(self) -> ScoringRun:
        with self._unit.reading() as session:
            [row] = session.run(_CURRENT_RUN)
        return _run(row)

    @override
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        with self._unit.reading() as session:
            return [_run(row) for row in session.run(_RUNS, initial=INITIAL_RUN, limit=limit)]

    @override
    def record_activity(self, events: Sequence[ActivityEvent]) -> list[Recording]:
        batch = [_event_columns(event) for event in events]
        keys = [(event["customer_id"], event["event_id"]) for event in batch]
        with self._unit.writing() as session:
            known = {
                (row["customer_id"], row["event_id"]): dict(row)
                for row in session.run(_KNOWN_EVENTS, keys=json_text(keys))
            }
            session.run_for_each(
                _ADD_EVENT,
                [event for key, event in zip(keys, batch, strict=True) if key not in known],
            )
            see_customers(
                session,
                [
                    Sighting(event.customer_id, micros(event.occurred_at), event.canonical_email)
                    for key, event in zip(keys, events, strict=True)
                    if key not in known
                ],
            )
        return [
            Recording.RECORDED
            if key not in known
            else Recording.UNCHANGED
            if known[key] == event
            else Recording.CONFLICTING
            for key, event in zip(keys, batch, strict=True)
        ]

    @override
    def get_activity(self, customer_id: CustomerId, *, limit: int = PAGE) -> list[ActivityEvent]:
        with self._unit.reading() as session:
            rows = session.run(_ACTIVITY, customer_id=customer_id, limit=limit)
        return [_event(row) for row in rows]

    @override
    def forget_activity(self, customer_ids: Sequence[CustomerId]) -> dict[str, int]:
        with self._unit.writing() as session:
            return {
                table: session.change(statement, customer_ids=json_text(customer_ids))
                for table, statement in _FORGETTING.items()
            }

    @override
    def activity_summaries(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> ActivitySummaries:
        with (
            self._unit.reading() as session,
            laid_out_purchases(session, as_of, time_zone, shard=shard, holdout_until=holdout_until),
        ):
            rows = session.run(
                _SUMMARIES,
                as_of=micros(as_of),
                latest=micros(as_of if holdout_until is None else holdout_until),
                time_zone=time_zone,
                **shard_parameters(shard),
                gap=micros_span(_SESSION_GAP),
            )
        today = local_day(micros(as_of), time_zone)
        days = Histories(
            customer_ids=[row["customer_id"] for row in rows],
            first_day=_integers(rows, "first_day"),
            frequency=_integers(rows, "frequency"),
            recency=_integers(rows, "recency"),
            age=array("q", [today - row["first_day"] for row in rows]),
            holdout=_integers(rows, "holdout"),
        )
        return ActivitySummaries(
            days=days,
            sessions=_integers(rows, "sessions"),
            clicks=_integers(rows, "clicks"),
            conversions=_integers(rows, "conversions"),
            session_seconds=array("d", [row["session_seconds"] for row in rows]),
            timed_sessions=_integers(rows, "timed_sessions"),
            last_session_at=[
                None if row["last_session_at"] is None else instant_text(row["last_session_at"])
                for row in rows
            ],
            interests=[json_value(row["interests"]) for row in rows],
        )

    @override
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        with self._unit.writing() as session:
            session.run(
                _SAVE_CAMPAIGN,
                campaign_id=campaign.campaign_id,
                name=campaign.name,
                description=campaign.description,
                status=campaign.status,
                target_risk_level=campaign.target_risk_level,
                target_segment=campaign.target_segment,
                starts_at=optional_micros(campaign.starts_at),
                ends_at=optional_micros(campaign.ends_at),
                created_at=micros(campaign.created_at),
                updated_at=micros(campaign.updated_at),
                **_metric_columns(campaign.metrics),
            )

    @override
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        with self._unit.reading() as session:
            for row in session.run(_CAMPAIGN, campaign_id=campaign_id):
                return _campaign(row)
        raise NotFoundError("campaign")

    @override
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            for row in session.run(_CAMPAIGN, campaign_id=campaign_id):
                return _campaign(row)
        raise NotFoundError("campaign")

    @override
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        with self._unit.reading() as session:
            return [_campaign(row) for row in session.run(_CAMPAIGNS, status=status)]

    @override
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        with self._unit.reading() as session:
            return [_campaign(row) for row in session.run(_ACTIVE_CAMPAIGNS, at=micros(at))]

    @override
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        with self._unit.writing() as session:
            changed = session.change(
                _UPDATE_METRICS, campaign_id=campaign_id, **_metric_columns(metrics)
            )
            if not changed:
                raise NotFoundError("campaign")

    @override
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        with self._unit.reading() as session:
            rows = session.run(_CAMPAIGN_TOTALS, currency=currency)
        return CampaignSummary(
            campaigns_by_status={row["status"]: row["campaigns"] for row in rows},
            targeted=sum(row["targeted"] for row in rows),
            sent=sum(row["sent"] for row in rows),
            opened=sum(row["opened"] for row in rows),
            clicked=sum(row["clicked"] for row in rows),
            converted=sum(row["converted"] for row in rows),
            revenue=_total(rows, "revenue"),
        )

    @override
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        churn_date = prediction.predicted_churn_date
        with self._unit.writing() as session:
            session.run(
                _SAVE_PREDICTION,
                run_id=named_run(session, prediction.run_id),
                customer_id=prediction.customer_id,
                churn_probability=prediction.churn_probability,
                probability_alive=prediction.probability_alive,
                risk_level=prediction.risk_level,
                risk_score=prediction.risk_score,
                horizon_days=prediction.horizon_days,
                last_seen_on=prediction.last_seen_on.isoformat(),
                predicted_churn_date=None if churn_date is None else churn_date.isoformat(),
                reasons=json_text(prediction.reasons),
                engagement_score=prediction.engagement_score,
            )

    @override
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_PREDICTIONS, run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SAVE_PREDICTION,
                (
                    {
                        "run_id": run_id,
                        "customer_id": customer_id,
                        "churn_probability": float(predictions.churn_probability[place]),
                        "probability_alive": float(predictions.probability_alive[place]),
                        "risk_level": predictions.risk_level[place],
                        "risk_score": int(predictions.risk_score[place]),
                        "horizon_days": predictions.horizon_days,
                        "last_seen_on": predictions.last_seen_on[place],
                        "predicted_churn_date": predictions.predicted_churn_date[place],
                        "reasons": json_text(list(predictions.reasons[place])),
                        "engagement_score": int(predictions.engagement_score[place]),
                    }
                    for place, customer_id in enumerate(predictions.customer_ids)
                ),
            )

    @override
    def get_churn_prediction(self, customer_id: CustomerId) -> ChurnPrediction:
        with self._unit.reading() as session:
            for row in session.run(_PREDICTION, customer_id=customer_id):
                return _prediction(row)
        raise NotFoundError("churn prediction")

    @override
    def find_churn_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[float, CustomerId] | None = None,
    ) -> list[ChurnPrediction]:
        with self._unit.reading() as session:
            rows = session.run(
                _PREDICTIONS,
                risk=risk,
                limit=limit,
                after_chance=None if after is None else after[0],
                after_id=None if after is None else after[1],
            )
        return [_prediction(row) for row in rows]

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

    @override
    def merge_retention_grids(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        self.build_retention_grids(run_id, as_of, time_zone)

    @override
    def build_retention_grids(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            if shard is not None:  # merging counts everybody: here that costs no more
                return
            session.run(_DELETE_GRIDS, run_id=run_id)
            joined_by = people(session, as_of, time_zone)
            for origin in GridOrigin:
                grids = kept_grids(joined_by(origin))
                session.run_for_each(
                    _INSERT_GRID_CELL,
                    (
                        {
                            "run_id": run_id,
                            "origin": origin,
                            "period": period,
                            "mode": mode,
                            "cohort_starts_on": cell.cohort_starts_on.isoformat(),
                            "offset": cell.offset,
                            "cohort_size": cell.cohort_size,
                            "active": cell.active,
                        }
                        for (period, mode), cells in grids.items()
                        for cell in cells
                    ),
                )

    @override
    def get_retention_grid(
        self, period: GridPeriod, mode: GridMode, origin: GridOrigin = GridOrigin.PURCHASE
    ) -> list[GridCell]:
        with self._unit.reading() as session:
            rows = session.run(_GRID, origin=origin, period=period, mode=mode)
        return [
            GridCell(
                cohort_starts_on=date.fromisoformat(row["cohort_starts_on"]),
                cohort_size=row["cohort_size"],
                offset=row["offset"],
                active=row["active"],
            )
            for row in rows
        ]

    @override
    def count_retention(
        self, request: GridRequest, as_of: datetime, time_zone: str
    ) -> list[GridCell]:
        with self._unit.reading() as session:
            return count_grid(request, people(session, as_of, time_zone)(request.origin))

    @override
    def build_lifecycle_counts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> None:
        today = day_of(local_day(micros(as_of), time_zone))
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_LIFECYCLE, run_id=run_id, shard=shard and shard.index)
            lives = presence(session, as_of, time_zone, shard)
            for period in GridPeriod:
                session.run_for_each(
                    _INSERT_LIFECYCLE,
                    [
                        {
                            "run_id": run_id,
                            "shard": 0 if shard is None else shard.index,
                            "period": period,
                            "starts_on": counts.starts_on.isoformat(),
                            "arrived": counts.arrived,
                            "returned": counts.returned,
                            "resurrected": counts.resurrected,
                            "dormant": counts.dormant,
                        }
                        for counts in count_lifecycle(lives, period, today)
                    ],
                )

    @override
    def get_lifecycle_counts(self, period: GridPeriod) -> list[LifecycleCounts]:
        with self._unit.reading() as session:
            rows = session.run(_LIFECYCLE, period=period)
        return [LifecycleCounts(date.fromisoformat(row[0]), *tuple(row)[1:]) for row in rows]

    @override
    def get_retention_analytics(self, run_id: RunId | None = None) -> RetentionAnalytics:
        with self._unit.reading() as session:
            run_id = named_run(session, run_id)
            risks = session.run(_RISK_TOTALS, run_id=run_id)
            segments = session.run(_ENGAGEMENT_TOTALS, run_id=run_id)
        at_risk = [row for row in risks if row["risk_level"] == RiskLevel.HIGH]
        for row in at_risk:
            if row["currency"] != row["other_currency"]:
                raise CurrencyMismatchError(row["currency"], row["other_currency"])
        customers = sum(row["customers"] for row in risks)
        profiled = sum(row["customers"] for row in segments)
        chances = sum(row["chances"] for row in risks)
        scores = sum(row["scores"] for row in segments)
        return RetentionAnalytics(
            run_id=run_id,
            customers=customers,
            by_risk_level={row["risk_level"]: row["customers"] for row in risks},
            by_segment={row["segment"]: row["customers"] for row in segments},
            average_churn_probability=chances / customers if customers else None,
            average_engagement_score=scores / profiled if profiled else None,
            value_at_risk=_total(at_risk, "residual_value"),
        )


def _integers(rows: Sequence[Row], column: str) -> array[int]:
    return array("q", [row[column] for row in rows])


def _optional_micros_of_text(text: str | None) -> int | None:
    return None if text is None else micros_of_text(text)


def _run(row: Row) -> ScoringRun:
    return ScoringRun(
        run_id=row["run_id"],
        as_of=instant(row["as_of"]),
        state=RunState(row["state"]),
        settings=json_value(row["settings"]),
        models=json_value(row["models"]),
        backtest=json_value(row["backtest"]),
        customers=row["customers"],
        plan=json_value(row["plan"]),
        summary=json_value(row["summary"]),
    )


def _event_columns(event: ActivityEvent) -> dict[str, object]:
    return {
        "customer_id": event.customer_id,
        "event_id": event.event_id,
        "occurred_at": micros(event.occurred_at),
        "kind": event.kind,
        "name": event.name,
        "duration_seconds": event.duration_seconds,
        "interests": json_text(event.interests),
        "campaign_id": event.campaign_id,
    }


def _event(row: Row) -> ActivityEvent:
    return ActivityEvent(
        customer_id=row["customer_id"],
        event_id=row["event_id"],
        occurred_at=instant(row["occurred_at"]),
        kind=ActivityKind(row["kind"]),
        name=row["name"],
        duration_seconds=row["duration_seconds"],
        interests=tuple(json_value(row["interests"])),
        campaign_id=row["campaign_id"],
    )


def _metric_columns(metrics: CampaignMetrics) -> dict[str, object]:
    return {
        "targeted": metrics.targeted,
        "sent": metrics.sent,
        "opened": metrics.opened,
        "clicked": metrics.clicked,
        "converted": metrics.converted,
        "revenue": None if metrics.revenue is None else metrics.revenue.units(),
        "currency": None if metrics.revenue is None else metrics.revenue.currency,
    }


def _campaign(row: Row) -> RetentionCampaign:
    risk, segment = row["target_risk_level"], row["target_segment"]
    return RetentionCampaign(
        campaign_id=row["campaign_id"],
        name=row["name"],
        created_at=instant(row["created_at"]),
        updated_at=instant(row["updated_at"]),
        description=row["description"],
        status=CampaignStatus(row["status"]),
        target_risk_level=None if risk is None else RiskLevel(risk),
        target_segment=None if segment is None else EngagementSegment(segment),
        starts_at=optional_instant(row["starts_at"]),
        ends_at=optional_instant(row["ends_at"]),
        metrics=CampaignMetrics(
            targeted=row["targeted"],
            sent=row["sent"],
            opened=row["opened"],
            clicked=row["clicked"],
            converted=row["converted"],
            revenue=money(row["revenue"], row["currency"]),
        ),
    )


def _total(rows: Sequence[Row], column: str) -> Money | None:
    """The sum of the rows' money; None where no row has any."""
    total: Money | None = None
    for row in rows:
        part = money(row[column], row["currency"])
        if part is not None:
            total = part if total is None else total + part
    return total


def _prediction(row: Row) -> ChurnPrediction:
    churn_date = row["predicted_churn_date"]
    return ChurnPrediction(
        customer_id=row["customer_id"],
        churn_probability=row["churn_probability"],
        probability_alive=row["probability_alive"],
        risk_level=RiskLevel(row["risk_level"]),
        risk_score=row["risk_score"],
        horizon_days=row["horizon_days"],
        last_seen_on=date.fromisoformat(row["last_seen_on"]),
        predicted_churn_date=None if churn_date is None else date.fromisoformat(churn_date),
        reasons=tuple(json_value(row["reasons"])),
        engagement_score=row["engagement_score"],
        run_id=row["run_id"],
    )


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
