"""Engagement: a score from 0 to 100 and a segment, both by stated rules."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from succotash.domain.models.purchases import Array
from succotash.domain.retention.retention import EngagementSegment

RECENCY_POINTS, RECENCY_DAYS = 40.0, 30.0
RHYTHM_POINTS, RHYTHM_DAYS, RHYTHM_FULL = 30.0, 30.0, 4.0
ACTIVITY_POINTS, ACTIVITY_SCALE = 30.0, 10.0
CLICK_WEIGHT, SESSION_WEIGHT, CONVERSION_WEIGHT = 0.2, 1.0, 3.0
NEW_DAYS = 30
ACTIVE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Engagement:
    """The inputs of the score, one row per customer."""

    frequency: Array
    """Days with a purchase or activity, after the first."""
    silent_days: Array
    """Days since the last of them."""
    age: Array
    """Days since the first of them."""
    sessions: Array
    clicks: Array
    conversions: Array


def engagement_scores(seen: Engagement) -> NDArray[np.int64]:
    """Whole points from 0 to 100, of shape (customers,).

    40 exp(-inactive days / 30)
    + 30 min(1, active days per 30 days of age (at least 30) / 4)
    + 30 (1 - exp(-(sessions + clicks / 5 + 3 conversions) / 10)).

    The score never falls with more active days, sessions, clicks or conversions, nor rises with
    silence or, all else equal, with age.
    """
    recency = RECENCY_POINTS * np.exp(-np.maximum(seen.silent_days, 0.0) / RECENCY_DAYS)
    months = np.maximum(seen.age, RHYTHM_DAYS) / RHYTHM_DAYS
    rhythm = RHYTHM_POINTS * np.minimum((seen.frequency + 1.0) / months / RHYTHM_FULL, 1.0)
    weight = (
        SESSION_WEIGHT * seen.sessions
        + CLICK_WEIGHT * seen.clicks
        + CONVERSION_WEIGHT * seen.conversions
    )
    activity = ACTIVITY_POINTS * -np.expm1(-weight / ACTIVITY_SCALE)
    return np.rint(recency + rhythm + activity).astype(np.int64)


def engagement_segments(
    seen: Engagement,
    *,
    at_high_risk: NDArray[np.bool_],
    has_left: NDArray[np.bool_],
    is_valuable: NDArray[np.bool_],
    horizon_days: float,
) -> list[str]:
    """A segment per customer: the first of these that holds.

    new_users: first seen within 30 days. churned: not at high churn risk, and more probably left
    than not by the customer's own rhythm. at_risk: at high churn risk, or inactive for the churn
    horizon. high_value: among the best fifth by predicted value. active_users: seen within 30 days.
    low_engagement: everybody else.
    """
    conditions = [
        seen.age < NEW_DAYS,
        has_left & ~at_high_risk,
        at_high_risk | (seen.silent_days >= horizon_days),
        is_valuable,
        seen.silent_days < ACTIVE_DAYS,
    ]
    names = [
        EngagementSegment.NEW_USERS.value,
        EngagementSegment.CHURNED.value,
        EngagementSegment.AT_RISK.value,
        EngagementSegment.HIGH_VALUE.value,
        EngagementSegment.ACTIVE_USERS.value,
    ]
    chosen = np.select(conditions, list(range(len(names))), len(names))
    every = [*names, EngagementSegment.LOW_ENGAGEMENT.value]
    return [every[place] for place in chosen.tolist()]
