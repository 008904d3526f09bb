"""Values customers: past revenue, expected revenue, and how much of it is at risk."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from succotash.application.scoring.ledgers import Columns
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.models.churn import InactivityBasis, InactivityModel, rows_of_buyers
from succotash.domain.models.purchases import Array, PurchaseModel, column
from succotash.domain.models.return_chance import ModelledReturn, ReturnCalibration
from succotash.domain.models.risk_levels import RiskBasis
from succotash.domain.models.selection import FittedSpend, fit_spend
from succotash.domain.models.spend import SpendModel
from succotash.domain.models.value import discounted_residual
from succotash.domain.value.ledgers import Histories, PurchaseHistories
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import LARGEST_UNITS, MONEY_PLACES, SegmentId

UNIT = 10.0**MONEY_PLACES
"""Ten-thousandths in one unit of currency."""
_LARGEST_FLOAT = float(np.nextafter(2.0**63, 0.0))
"""The largest float that is an int64 too."""


_ROUNDING = 1e-9
"""0.55 of 20 is 11, and a little more in floating point."""


@dataclass(frozen=True, slots=True)
class Valued:
    """Expected values, one row per customer who bought."""

    residual: Array
    """In units of the currency."""
    actual: NDArray[np.int64]
    """In ten-thousandths."""

    @property
    def residual_units(self) -> NDArray[np.int64]:
        """In ten-thousandths; no more than these can count together with what there is."""
        room: NDArray[np.int64] = LARGEST_UNITS - np.maximum(self.actual, 0)
        return np.minimum(units(self.residual), room)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Actual plus residual, in ten-thousandths."""
        return self.actual + self.residual_units


def valued(
    settings: ScoringSettings,
    purchases: PurchaseHistories,
    model: PurchaseModel,
    spend: SpendModel,
) -> Valued:
    """The past and expected revenue of these customers."""
    bought = Columns.of(purchases.days)
    residual = discounted_residual(
        model,
        bought.frequency,
        bought.recency,
        bought.age,
        spend.expected_spend(bought.frequency, mean_spend(purchases, bought)),
        horizon_days=settings.value_horizon_days,
        yearly_discount_rate=settings.discount_rate,
        margin=settings.margin,
    )
    # Of opposite signs, so that 64 bits hold the sum of any two of them.
    brought = np.array(purchases.revenue, np.int64) + np.array(purchases.over_refunds, np.int64)
    # Floats hold 53 bits: without a margin to take, none is lost.
    actual = brought if settings.margin == 1 else _counted(column(brought) * settings.margin)
    return Valued(residual, actual)


def units(amounts: Array) -> NDArray[np.int64]:
    """Whole ten-thousandths; what none can count is the most that they can."""
    return _counted(amounts * UNIT)


def mean_spend(purchases: PurchaseHistories, bought: Columns) -> Array:
    """Money per repeat purchase day, in the currency's units; 0 without any."""
    return column(purchases.repeat_revenue) / UNIT / np.maximum(bought.frequency, 1.0)


def fit_spend_of(purchases: PurchaseHistories, bought: Columns) -> FittedSpend:
    """The model of what these customers spend on a day."""
    orders = column(purchases.orders).sum()
    revenue = column(purchases.revenue).sum() / UNIT
    return fit_spend(
        bought.frequency,
        mean_spend(purchases, bought),
        average_order=float(revenue / orders) if orders else 0.0,
    )


@dataclass(frozen=True, slots=True)
class RiskModels:
    """The models and thresholds of churn risk."""

    purchases: PurchaseModel
    activity: PurchaseModel
    inactivity: InactivityModel
    returning: ReturnCalibration


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The risk of everybody who bought or was active, one row each."""

    basis: RiskBasis
    rows: NDArray[np.intp]
    """Their places among those who bought, -1 where they never did."""


def at_risk(
    models: RiskModels,
    settings: ScoringSettings,
    bought: Histories,
    present: Histories,
    residual: Array,
) -> AtRisk:
    """The risk of each customer of `present`; `residual` is the value expected of who bought."""
    days, return_days = settings.churn_horizon_days, settings.return_horizon_days
    known, seen = Columns.of(bought), Columns.of(present)
    signs = inactivity_basis(models.purchases, models.activity, bought, present, days)
    inactive = models.inactivity.probability(signs)
    rows = rows_of_buyers(present.customer_ids, bought.customer_ids)
    has_bought, at = signs.has_bought, rows[signs.has_bought]
    chance = 1 - models.activity.probability_inactive(
        seen.frequency, seen.recency, seen.age, return_days
    )
    said = ModelledReturn.of(
        models.purchases, known.frequency, known.recency, known.age, return_days
    )
    chance[has_bought] = models.returning.probability(said)[at]
    value = np.zeros_like(inactive)
    value[has_bought] = np.maximum(residual[at], 0.0) * inactive[has_bought]
    gap = np.full_like(chance, np.inf)
    np.divide(seen.recency, seen.frequency, out=gap, where=seen.frequency > 0)
    basis = RiskBasis(
        has_bought=has_bought,
        probability_inactive=inactive,
        return_chance=chance,
        inactive_days=seen.age - seen.recency,
        usual_gap=gap,
        alive=signs.alive,
        value_at_risk=value,
    )
    return AtRisk(basis, rows)


def inactivity_basis(
    purchases: PurchaseModel,
    activity: PurchaseModel,
    bought: Histories,
    present: Histories,
    days: float,
) -> InactivityBasis:
    """The probabilities of two models for the customers of `present`, of whom some bought."""
    known, seen = Columns.of(bought), Columns.of(present)
    return InactivityBasis.of(
        purchases,
        activity,
        (known.frequency, known.recency, known.age),
        (seen.frequency, seen.recency, seen.age),
        rows_of_buyers(present.customer_ids, bought.customer_ids),
        days,
    )


def segment_bounds(
    segments: Sequence[LTVSegment], predicted: NDArray[np.int64]
) -> list[tuple[SegmentId, int]]:
    """Each segment's least predicted CLV, lowest segment first.

    The lowest quantile starts at nothing, or at the least of all where that is below. Of equal
    bounds the higher quantile is the higher segment, then the greater id.
    """
    lowest = min(0, int(predicted.min())) if len(predicted) else 0

    def bound(segment: LTVSegment) -> int:
        if segment.lower_bound is not None:
            return segment.lower_bound.units()
        quantile = segment.lower_quantile
        return least_of_the_best(predicted, quantile) if quantile else lowest

    ranked = sorted(
        (bound(segment), segment.lower_quantile or 0.0, segment.segment_id) for segment in segments
    )
    return [(segment_id, least) for least, _, segment_id in ranked]


def least_of_the_best(values: NDArray[np.int64], share: float) -> int:
    """The least value of those who begin where `share` of all end; 0 without values.

    It is the least that at least `share` of all lie at or below. Where equal values lie on both
    sides of that mark they stay below it, since equals belong together and the best are not most:
    then it is the least amount above theirs.
    """
    if not len(values):
        return 0
    ordered = np.sort(values)
    place = max(math.ceil(share * len(ordered) - _ROUNDING) - 1, 0)
    least = int(ordered[place])
    straddles = place > 0 and ordered[place - 1] == least
    return min(least + 1, LARGEST_UNITS) if straddles else least


def _counted(ten_thousandths: Array) -> NDArray[np.int64]:
    return np.rint(np.clip(ten_thousandths, -_LARGEST_FLOAT, _LARGEST_FLOAT)).astype(np.int64)
