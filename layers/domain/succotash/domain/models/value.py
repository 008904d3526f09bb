"""The expected future revenue of customers, in today's money."""

import numpy as np

from succotash.domain.models.purchases import Array, PurchaseModel

STEP_DAYS = 30.0
_YEAR = 365.0


def discounted_residual(
    model: PurchaseModel,
    frequency: Array,
    recency: Array,
    age: Array,
    expected_spend: Array,
    *,
    horizon_days: float,
    yearly_discount_rate: float,
    margin: float,
) -> Array:
    """Discounted expected margin of the purchases within `horizon_days`, of shape (customers,).

    The horizon is cut into steps of 30 days, the last one shorter; the purchases expected within a
    step count expected_spend x margin each, discounted from the middle of the step:
    sum of (E[Y(end)] - E[Y(start)]) expected_spend margin (1 + rate)^(-middle / 365).
    Money in the currency of `expected_spend`.
    """
    if horizon_days <= 0 or yearly_discount_rate <= -1:
        raise ValueError("the horizon is longer than 0 days and the discount rate above -1")
    ends = np.append(np.arange(STEP_DAYS, horizon_days, STEP_DAYS), horizon_days)
    discounted = np.zeros_like(frequency)
    start, before = 0.0, np.zeros_like(frequency)
    for end in ends:
        until = model.expected_purchases(frequency, recency, age, float(end))
        middle = (start + end) / 2
        discounted += (until - before) * (1 + yearly_discount_rate) ** (-middle / _YEAR)
        start, before = float(end), until
    return discounted * expected_spend * margin
