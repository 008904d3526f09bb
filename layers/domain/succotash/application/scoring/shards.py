"""Scores customers by a plan: values, churn predictions and engagement profiles as columns."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from succotash.application.scoring.ledgers import Columns, LedgerSnapshot
from succotash.application.scoring.plan import Plan
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import (
    AtRisk,
    Valued,
    at_risk,
    mean_spend,
    units,
    valued,
)
from succotash.domain.models.engagement import (
    Engagement,
    engagement_scores,
    engagement_segments,
)
from succotash.domain.models.interval import value_interval
from succotash.domain.models.purchases import column
from succotash.domain.models.risk_levels import HIGH, LOST, risk_levels, risk_scores
from succotash.domain.retention.retention import ChurnPredictions, EngagementProfiles, RiskLevel
from succotash.domain.value.ledgers import ActivitySummaries, PurchaseHistories
from succotash.domain.value.ltv import CustomerValues
from succotash.domain.values import Shard, counted

DAYS_PER_MONTH = 365.25 / 12
CENTURY_DAYS = 36_525
_NEVER = np.iinfo(np.int64).max
_SUPPOSED = "P(alive) 1 is supposed: the model lets nobody leave before a second purchase"
RISK_NAMES = (
    RiskLevel.LOW.value,
    RiskLevel.MEDIUM.value,
    RiskLevel.HIGH.value,
    RiskLevel.LOST.value,
)


def seed_of(as_of: datetime, shard: Shard | None) -> tuple[int, ...]:
    """The seed of the intervals' random draws, so that a repeated run finds the same."""
    seconds = as_of.hour * 3600 + as_of.minute * 60 + as_of.second
    return (as_of.toordinal(), seconds, 0 if shard is None else shard.index + 1)


def customer_values(
    plan: Plan, settings: ScoringSettings, purchases: PurchaseHistories, seed: Sequence[int]
) -> tuple[CustomerValues, Valued]:
    """The values of everybody who bought, as columns to save and as numbers to reckon with."""
    bought = Columns.of(purchases.days)
    worth = valued(settings, purchases, plan.purchases.model, plan.spend.model)
    return _value_columns(plan, settings, purchases, bought, worth, seed), worth


def _value_columns(
    plan: Plan,
    settings: ScoringSettings,
    purchases: PurchaseHistories,
    bought: Columns,
    worth: Valued,
    seed: Sequence[int],
) -> CustomerValues:
    model = plan.purchases.model
    history = (bought.frequency, bought.recency, bought.age)
    interval = value_interval(
        plan.purchases,
        plan.spend,
        *history,
        mean_spend(purchases, bought),
        worth.residual,
        horizon_days=settings.value_horizon_days,
        margin=settings.margin,
        random=np.random.default_rng(seed),
        drawn_level=plan.intervals.drawn_level,
    )
    orders = column(purchases.orders)
    average = np.rint(column(purchases.revenue) / np.maximum(orders, 1)).astype(np.int64)
    names = [segment_id for segment_id, _ in plan.bounds]
    places = np.searchsorted([least for _, least in plan.bounds], worth.predicted, "right")
    first_day = np.asarray(purchases.days.first_day, dtype=np.int64)
    months = first_day.astype("datetime64[D]").astype("datetime64[M]")
    return CustomerValues(
        customer_ids=purchases.days.customer_ids,
        actual_clv=worth.actual.tolist(),
        residual_value=worth.residual_units.tolist(),
        average_order_value=average.tolist(),
        order_count=purchases.orders,
        frequency=purchases.days.frequency,
        lifetime_months=(bought.age / DAYS_PER_MONTH).tolist(),
        probability_alive=model.probability_alive(*history).tolist(),
        expected_purchases_30=model.expected_purchases(*history, 30).tolist(),
        expected_purchases_90=model.expected_purchases(*history, 90).tolist(),
        expected_purchases_365=model.expected_purchases(*history, 365).tolist(),
        segment_ids=[names[max(place - 1, 0)] for place in places.tolist()],
        cohort_ids=months.astype(str).tolist(),
        first_purchase_at=purchases.first_purchase_at,
        last_purchase_at=purchases.last_purchase_at,
        residual_low=units(interval.low).tolist(),
        residual_high=units(interval.high).tolist(),
        residual_median=units(interval.median).tolist(),
        probability_of_no_purchase=interval.probability_of_nothing.tolist(),
    )


def predictions_and_profiles(
    plan: Plan, settings: ScoringSettings, facts: LedgerSnapshot, worth: Valued
) -> tuple[ChurnPredictions, EngagementProfiles]:
    """The risk and the engagement of everybody who bought or did anything."""
    activity, rule, days = facts.activity, settings.risk_rule, settings.churn_horizon_days
    present = Columns.of(activity.days)
    risk = at_risk(plan.risk_models, settings, facts.purchases.days, activity.days, worth.residual)
    levels = risk_levels(rule, plan.thresholds, risk.basis, days)
    scores = risk_scores(rule, plan.thresholds, levels, risk.basis.probability_inactive)
    seen = Engagement(
        present.frequency,
        risk.basis.inactive_days,
        present.age,
        column(activity.sessions),
        column(activity.clicks),
        column(activity.conversions),
    )
    engagement = engagement_scores(seen)
    first_day = np.asarray(activity.days.first_day, dtype=np.int64)
    last_day = first_day + present.recency.astype(np.int64)
    today = first_day + present.age.astype(np.int64)
    leaving_day = _leaving_days(plan, facts, risk.rows)
    predictions = ChurnPredictions(
        horizon_days=days,
        currency=settings.currency,
        customer_ids=activity.days.customer_ids,
        churn_probability=risk.basis.probability_inactive.tolist(),
        probability_alive=risk.basis.alive.tolist(),
        return_probability=risk.basis.return_chance.tolist(),
        value_at_risk=units(risk.basis.value_at_risk).tolist(),
        risk_level=[RISK_NAMES[level] for level in levels.tolist()],
        risk_score=scores.tolist(),
        last_seen_on=last_day.astype("datetime64[D]").astype(str).tolist(),
        predicted_churn_date=_dates(leaving_day, leaving_day > today),
        likely_inactive_since=_dates(leaving_day, leaving_day <= today),
        reasons=_reasons(facts, risk, settings.return_horizon_days, engagement),
        engagement_score=engagement.tolist(),
    )
    segments = engagement_segments(
        seen,
        at_high_risk=levels == HIGH,
        has_left=(levels == LOST) | (leaving_day <= today),
        is_valuable=_are_valuable(plan, risk, worth),
        horizon_days=days,
    )
    return predictions, _profiles(facts.activity, engagement, segments)


def _are_valuable(plan: Plan, risk: AtRisk, worth: Valued) -> NDArray[np.bool_]:
    """Whether customers are of the best fifth; of those who never bought nobody is."""
    bought = risk.basis.has_bought
    are_valuable = np.zeros_like(bought)
    are_valuable[bought] = worth.predicted[risk.rows[bought]] >= plan.valuable_from
    return are_valuable


def _profiles(
    activity: ActivitySummaries, engagement: NDArray[np.int64], segments: list[str]
) -> EngagementProfiles:
    seconds, timed = column(activity.session_seconds), column(activity.timed_sessions)
    averages = (seconds / np.maximum(timed, 1)).tolist()
    return EngagementProfiles(
        customer_ids=activity.days.customer_ids,
        sessions=activity.sessions,
        clicks=activity.clicks,
        conversions=activity.conversions,
        average_session_seconds=[
            average if count else None
            for average, count in zip(averages, activity.timed_sessions, strict=True)
        ],
        last_session_at=activity.last_session_at,
        interests=activity.interests,
        engagement_score=engagement.tolist(),
        segment=segments,
    )


def _leaving_days(plan: Plan, facts: LedgerSnapshot, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """The day on which each P(alive) falls to one half if nothing more is heard of the customer.

    Days since 1970-01-01; far in the future where that is never, or not within a century.
    """
    present = Columns.of(facts.activity.days)
    age = plan.activity.model.age_at_even_odds(present.frequency, present.recency)
    first = np.asarray(facts.activity.days.first_day, dtype=np.int64)
    bought = Columns.of(facts.purchases.days)
    has_bought = rows >= 0
    at = rows[has_bought]
    by_purchases = plan.purchases.model.age_at_even_odds(bought.frequency, bought.recency)
    age[has_bought] = by_purchases[at]
    first[has_bought] = np.asarray(facts.purchases.days.first_day, dtype=np.int64)[at]
    falls = age < CENTURY_DAYS
    return np.where(falls, first + np.ceil(np.where(falls, age, 0.0)).astype(np.int64), _NEVER)


def _dates(days: NDArray[np.int64], applies: NDArray[np.bool_]) -> list[str | None]:
    """ISO 8601; None where it does not apply, or where that day never comes."""
    known = applies & (days < _NEVER)
    texts = np.where(known, days, 0).astype("datetime64[D]").astype(str).tolist()
    return [
        text if is_known else None for text, is_known in zip(texts, known.tolist(), strict=True)
    ]


def _reasons(
    facts: LedgerSnapshot, risk: AtRisk, return_days: int, engagement: NDArray[np.int64]
) -> list[tuple[str, ...]]:
    """In words and numbers."""
    present, supposed = Columns.of(facts.activity.days), _alive_by_supposition(facts, risk)
    gaps = present.recency / np.maximum(present.frequency, 1.0)
    within = counted(return_days, "day")
    reasons: list[tuple[str, ...]] = []
    for inactive, gap, repeats, bought, chance, score, is_supposed in zip(
        risk.basis.inactive_days.tolist(),
        gaps.tolist(),
        present.frequency.tolist(),
        risk.basis.has_bought.tolist(),
        risk.basis.return_chance.tolist(),
        engagement.tolist(),
        supposed.tolist(),
        strict=True,
    ):
        silence = (
            f"silent for {counted(inactive, 'day')}; usual gap {counted(gap, 'day')}"
            if repeats
            else f"seen on one day only, {counted(inactive, 'day')} ago"
        )
        comes = "buy" if bought else "are active"
        back = f"{100 * chance:.0f} of 100 like this {comes} again within {within}"
        told = (silence, back, f"engagement {score} of 100")
        reasons.append((*told, _SUPPOSED) if is_supposed else told)
    return reasons


def _alive_by_supposition(facts: LedgerSnapshot, risk: AtRisk) -> NDArray[np.bool_]:
    """Whether P(alive) is 1 because BG/NBD lets nobody leave before a second purchase."""
    bought, frequency = risk.basis.has_bought, column(facts.purchases.days.frequency)
    once = np.zeros_like(bought)
    once[bought] = frequency[risk.rows[bought]] == 0
    supposed: NDArray[np.bool_] = once & (risk.basis.alive == 1)
    return supposed
