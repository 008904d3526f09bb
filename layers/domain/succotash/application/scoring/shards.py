"""Scores customers by a plan: values, churn predictions and engagement profiles as columns."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from succotash.application.scoring.ledgers import Columns, LedgerSnapshot
from succotash.application.scoring.plan import Plan
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import Valued, mean_spend, risk_basis, units, valued
from succotash.domain.models.engagement import (
    Engagement,
    engagement_scores,
    engagement_segments,
)
from succotash.domain.models.interval import value_interval
from succotash.domain.models.levels import HIGH, RiskBasis, risk_levels, risk_scores
from succotash.domain.models.purchases import Array, column
from succotash.domain.retention.retention import ChurnPredictions, EngagementProfiles, RiskLevel
from succotash.domain.value.ledgers import PurchaseHistories
from succotash.domain.value.ltv import CustomerValues
from succotash.domain.values import LARGEST_UNITS, Shard

DAYS_PER_MONTH = 365.25 / 12
CENTURY_DAYS = 36_525
RISK_NAMES = (RiskLevel.LOW.value, RiskLevel.MEDIUM.value, RiskLevel.HIGH.value)


def seed_of(as_of: datetime, shard: Shard | None) -> tuple[int, ...]:
    """Of the chance in intervals: a run that is repeated finds the same."""
    seconds = as_of.hour * 3600 + as_of.minute * 60 + as_of.second
    return (as_of.toordinal(), seconds, 0 if shard is None else shard.index + 1)


def customer_values(
    plan: Plan, settings: ScoringSettings, purchases: PurchaseHistories, seed: Sequence[int]
) -> tuple[CustomerValues, dict[str, int]]:
    """The values of everybody who bought, and the predicted CLV of each in ten-thousandths."""
    bought = Columns.of(purchases.days)
    worth = valued(settings, purchases, plan.purchases.model, plan.spend.model)
    columns = _value_columns(plan, settings, purchases, bought, worth, seed)
    predicted = dict(zip(purchases.days.customer_ids, worth.predicted.tolist(), strict=True))
    return columns, predicted


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
    plan: Plan, settings: ScoringSettings, facts: LedgerSnapshot, predicted: dict[str, int]
) -> tuple[ChurnPredictions, EngagementProfiles]:
    """The risk and the engagement of everybody who bought or did anything."""
    activity = facts.activity
    ids, present = activity.days.customer_ids, Columns.of(activity.days)
    basis = risk_basis(
        plan.silence,
        plan.purchases.model,
        plan.presence.model,
        facts.purchases.days,
        activity.days,
        settings.churn_horizon_days,
    )
    levels = risk_levels(settings.risk_rule, plan.cuts, basis)
    silent_days = present.age - present.recency
    seen = Engagement(
        present.frequency,
        silent_days,
        present.age,
        column(activity.sessions),
        column(activity.clicks),
        column(activity.conversions),
    )
    scores = engagement_scores(seen)
    first_day = np.asarray(activity.days.first_day, dtype=np.int64)
    last_day = first_day + present.recency.astype(np.int64)
    even_odds = plan.presence.model.age_at_even_odds(present.frequency, present.recency)
    predictions = ChurnPredictions(
        horizon_days=settings.churn_horizon_days,
        customer_ids=ids,
        churn_probability=basis.probability_inactive.tolist(),
        probability_alive=basis.probability_alive.tolist(),
        risk_level=[RISK_NAMES[level] for level in levels.tolist()],
        risk_score=risk_scores(plan.cuts, levels, basis.probability_inactive).tolist(),
        last_seen_on=last_day.astype("datetime64[D]").astype(str).tolist(),
        predicted_churn_date=_churn_dates(first_day, even_odds),
        reasons=_reasons(present, silent_days, basis, scores),
        engagement_score=scores.tolist(),
    )
    seconds, timed = column(activity.session_seconds), column(activity.timed_sessions)
    averages = (seconds / np.maximum(timed, 1)).tolist()
    # Who never bought is worth less than any amount, those below 0 included.
    valuable = np.fromiter(
        (predicted.get(each, -LARGEST_UNITS - 1) >= plan.valuable_from for each in ids),
        bool,
        len(ids),
    )
    profiles = EngagementProfiles(
        customer_ids=ids,
        sessions=activity.sessions,
        clicks=activity.clicks,
        conversions=activity.conversions,
        average_session_seconds=[
            average if count else None
            for average, count in zip(averages, activity.timed_sessions, strict=True)
        ],
        last_session_at=activity.last_session_at,
        interests=activity.interests,
        engagement_score=scores.tolist(),
        segment=engagement_segments(
            seen,
            at_high_risk=levels == HIGH,
            is_valuable=valuable,
            horizon_days=settings.churn_horizon_days,
        ),
    )
    return predictions, profiles


def _churn_dates(first_day: NDArray[np.int64], even_odds: Array) -> list[str | None]:
    """The day P(alive) falls to one half; None where that is never, or not within a century."""
    falls = even_odds < CENTURY_DAYS
    days = first_day + np.ceil(np.where(falls, even_odds, 0.0)).astype(np.int64)
    texts = days.astype("datetime64[D]").astype(str).tolist()
    return [text if known else None for text, known in zip(texts, falls.tolist(), strict=True)]


def _reasons(
    present: Columns, silent_days: Array, basis: RiskBasis, scores: NDArray[np.int64]
) -> list[tuple[str, ...]]:
    """In words and numbers; P(alive) only where the model lets a customer leave at all."""
    gaps = present.recency / np.maximum(present.frequency, 1.0)
    reasons: list[tuple[str, ...]] = []
    for silent, gap, repeats, alive, score in zip(
        silent_days.tolist(),
        gaps.tolist(),
        present.frequency.tolist(),
        basis.probability_alive.tolist(),
        scores.tolist(),
        strict=True,
    ):
        engagement = f"engagement {score} of 100"
        if repeats:
            silence = f"silent for {silent:.0f} days; usual gap {gap:.0f}"
            reasons.append((silence, f"still a customer with probability {alive:.2f}", engagement))
        else:
            reasons.append((f"seen on one day only, {silent:.0f} days ago", engagement))
    return reasons
