import numpy as np
import pytest

from local.cdnow import HOLDOUT_END, histories
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.purchases import Array
from succotash.domain.models.value import discounted_residual

MODEL = BGNBD(0.25, 38.0, 0.62, 2.7)


def residual(
    known: tuple[Array, Array, Array],
    spend: Array,
    *,
    days: float = 365,
    rate: float = 0.1,
    margin: float = 1.0,
) -> Array:
    return discounted_residual(
        MODEL, *known, spend, horizon_days=days, yearly_discount_rate=rate, margin=margin
    )


def cdnow() -> tuple[tuple[Array, Array, Array], Array]:
    known = histories(HOLDOUT_END)
    return (known.frequency, known.recency, known.age), 10 + known.mean_spend


def test_without_discount_it_is_the_expected_purchases_times_spend_and_margin() -> None:
    known, spend = cdnow()

    expected = MODEL.expected_purchases(*known, 365) * spend * 0.4
    assert residual(known, spend, rate=0, margin=0.4) == pytest.approx(expected, rel=1e-9)


def test_each_step_is_discounted_from_its_middle() -> None:
    """40 days: purchases of the first 30 count from day 15, those of the last 10 from day 35."""
    known, spend = cdnow()
    first = MODEL.expected_purchases(*known, 30)
    second = MODEL.expected_purchases(*known, 40) - first

    expected = spend * (first * 1.1 ** (-15 / 365) + second * 1.1 ** (-35 / 365))
    assert residual(known, spend, days=40) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("days", [1, 29.5, 30, 31, 60, 365, 3650])
def test_the_steps_cover_the_whole_horizon(days: float) -> None:
    known, spend = cdnow()

    expected = MODEL.expected_purchases(*known, days) * spend
    assert residual(known, spend, days=days, rate=0) == pytest.approx(expected, rel=1e-9)


def test_a_higher_discount_rate_leaves_less_and_a_longer_horizon_more() -> None:
    known, spend = cdnow()

    assert (residual(known, spend, rate=0.2) < residual(known, spend)).all()
    assert (residual(known, spend, days=400) > residual(known, spend)).all()
    assert np.isfinite(residual(known, spend)).all()


@pytest.mark.parametrize(("days", "rate"), [(0, 0.1), (-1, 0.1), (30, -1)])
def test_a_horizon_or_rate_without_meaning_is_refused(days: float, rate: float) -> None:
    known, spend = cdnow()
    with pytest.raises(ValueError, match="horizon"):
        residual(known, spend, days=days, rate=rate)
