import json
from dataclasses import dataclass
from typing import override

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.cdnow import (
    CALIBRATION_END,
    HOLDOUT_DAYS,
    HOLDOUT_END,
    amounts_by_day,
    histories,
)
from succotash.domain.models.backtest import Backtest, backtest, backtest_spend, track
from succotash.domain.models.bg_nbd import fit_bg_nbd
from succotash.domain.models.pooled_rate import PooledRate, PooledSpend
from succotash.domain.models.purchases import Array, PurchaseSample
from tests.unit.models.lifetimes_reference import BetaGeoFitter


@dataclass(frozen=True, slots=True)
class Oracle(PooledRate):
    """Says of the i-th customer what it was told."""

    silent: tuple[float, ...] = ()
    purchases: tuple[float, ...] = ()

    @override
    def probability_inactive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        return np.array(self.silent)

    @override
    def expected_purchases(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        return np.array(self.purchases)


class Twenty(PooledSpend):
    """Says 20 of everybody."""

    @override
    def expected_spend(self, frequency: Array, mean_spend: Array) -> Array:
        return np.full_like(frequency, 20.0)


def judged(silent: list[float], actual: list[float], purchases: list[float]) -> Backtest:
    """Customers with one repeat purchase in 100 days, and a holdout of 50 days."""
    known = np.ones(len(actual))
    return backtest(
        Oracle(0.1, silent=tuple(silent), purchases=tuple(purchases)),
        known,
        50 * known,
        100 * known,
        holdout_purchases=np.array(actual, dtype=np.float64),
        holdout_days=50,
    )


def test_the_figures_of_three_customers_are_those_worked_out_by_hand() -> None:
    result = judged([0.9, 0.2, 0.6], [0, 3, 0], [0.5, 2.0, 1.0])

    assert result.brier == pytest.approx((0.01 + 0.04 + 0.16) / 3)
    assert result.brier_skill == pytest.approx(1 - 0.07 / (2 / 9))
    assert result.log_loss == pytest.approx(-(np.log(0.9) + np.log(0.8) + np.log(0.6)) / 3)
    assert result.auc == 1
    assert result.top_decile_lift == pytest.approx(1.5)
    assert (result.actual_purchases, result.predicted_purchases) == (3, 3.5)
    assert result.error_percent == pytest.approx(100 * 0.5 / 3)
    assert result.mae == pytest.approx((0.5 + 1 + 1) / 3)
    assert result.rmse == pytest.approx(np.sqrt((0.25 + 1 + 1) / 3))
    assert result.naive_mae == pytest.approx((0.5 + 2.5 + 0.5) / 3)
    assert result.naive_rmse == pytest.approx(np.sqrt((0.25 + 6.25 + 0.25) / 3))


def test_equal_predictions_are_worth_half_an_auc_and_one_decile() -> None:
    result = judged([0.7] * 4, [0, 1, 0, 0], [1] * 4)

    assert result.auc == 0.5
    assert result.top_decile_lift == pytest.approx(1)
    assert len(result.calibration) == 1
    assert result.calibration[0].mean_predicted == pytest.approx(0.7)
    assert result.calibration[0].observed_share == 0.75
    assert result.calibration[0].customers == 4


@pytest.mark.parametrize(("actual", "share"), [([0, 0], 1), ([2, 1], 0)])
def test_where_all_did_the_same_there_is_nothing_to_rank(actual: list[float], share: float) -> None:
    result = judged([0.2, 0.9], actual, [1, 1])

    assert result.silent_share == share
    assert result.auc is None
    assert result.brier_skill is None
    assert result.brier is not None


def test_a_certainty_that_proved_wrong_costs_much_but_not_everything() -> None:
    result = judged([1, 0], [1, 0], [0, 0])

    assert result.log_loss == pytest.approx(27.6, abs=0.1)


def test_a_backtest_of_nobody_says_nothing() -> None:
    result = judged([], [], [])

    assert result.customers == 0
    assert result.brier is result.auc is result.mae is result.error_percent is None
    assert result.calibration == ()


def test_cdnows_holdout_is_predicted_as_well_as_measured() -> None:
    """1,882 purchases in the 39 weeks after the calibration; BG/NBD tells the silent apart."""
    known = histories(CALIBRATION_END)
    model = fit_bg_nbd(known.sample()).model
    reference = BetaGeoFitter()
    reference.params_ = model.parameters()
    predicted = reference.conditional_expected_number_of_purchases_up_to_time(
        HOLDOUT_DAYS, known.frequency, known.recency, known.age
    )
    result = backtest(
        model,
        known.frequency,
        known.recency,
        known.age,
        holdout_purchases=known.holdout_purchases,
        holdout_days=HOLDOUT_DAYS,
    )

    assert result.customers == 2357
    assert result.actual_purchases == 1882
    assert result.predicted_purchases == pytest.approx(predicted.sum())
    assert result.error_percent is not None
    assert abs(result.error_percent) < 15
    assert result.brier_skill is not None
    assert result.brier_skill > 0.2
    assert result.auc is not None
    assert result.auc > 0.75
    assert result.mae is not None
    assert result.naive_mae is not None
    assert result.mae < result.naive_mae


@given(rows=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), st.floats(0, 1e6)), max_size=60))
@settings(deadline=None)
def test_every_backtest_can_be_kept_as_json(rows: list[tuple[float, int, float]]) -> None:
    result = judged([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    kept = json.loads(json.dumps(result.to_dict(), allow_nan=False))

    assert kept["customers"] == len(rows)
    assert sum(decile["customers"] for decile in kept["calibration"]) == len(rows)
    assert len(kept["calibration"]) <= 10
    predicted = [decile["mean_predicted"] for decile in kept["calibration"]]
    assert predicted == sorted(predicted)


def test_weeks_are_tracked_for_all_customers_together() -> None:
    """Two customers are one row of weight 2."""
    known = PurchaseSample.from_columns([1.0, 1.0], [50.0, 50.0], [100.0, 100.0])
    model = PooledRate(0.1)
    [in_one] = model.expected_purchases(*(known.frequency, known.recency, known.age), 7.0)
    [in_two] = model.expected_purchases(*(known.frequency, known.recency, known.age), 14.0)
    first, second = 2 * in_one, 2 * (in_two - in_one)

    tracking = track(model, known, [2, 0])

    assert tracking.actual == (2, 0)
    assert tracking.predicted == pytest.approx((first, second))
    assert tracking.error_percent == pytest.approx(100 * (abs(2 - first) + second) / 2)


def test_weeks_in_which_nobody_bought_have_no_error() -> None:
    known = PurchaseSample.from_columns([1.0], [50.0], [100.0])

    assert track(PooledRate(0.1), known, [0, 0]).error_percent is None
    assert track(PooledRate(0.1), known, []).to_dict() == {
        "actual": [],
        "predicted": [],
        "error_percent": None,
    }


def test_the_spend_figures_of_three_customers_are_those_worked_out_by_hand() -> None:
    """The third has not repeated, and did not buy again."""
    ones = np.ones(3)
    result = backtest_spend(
        Oracle(0.1, silent=(0.5, 0.5, 0.5), purchases=(1.0, 2.0, 0.5)),
        Twenty(20.0),
        np.array([1.0, 2.0, 0.0]),
        50 * ones,
        100 * ones,
        np.array([10.0, 30.0, 0.0]),
        holdout_purchases=np.array([1.0, 2.0, 0.0]),
        holdout_revenue=np.array([16.0, 50.0, 0.0]),
        holdout_days=50,
    )

    assert result.customers == 2
    assert (result.actual_revenue, result.predicted_revenue) == (66, 70)
    assert result.error_percent == pytest.approx(100 * 4 / 66)
    assert result.mae == pytest.approx((4 + 5) / 2)
    assert result.rmse == pytest.approx(np.sqrt((16 + 25) / 2))
    assert result.naive_mae == pytest.approx((6 + 5) / 2)
    assert result.naive_rmse == pytest.approx(np.sqrt((36 + 25) / 2))


def test_spend_nobody_had_has_no_errors() -> None:
    nobody = np.empty(0)
    result = backtest_spend(
        PooledRate(0.1),
        Twenty(20.0),
        *[nobody] * 4,
        holdout_purchases=nobody,
        holdout_revenue=nobody,
        holdout_days=50,
    )

    assert result.to_dict() == {
        "customers": 0,
        "actual_revenue": 0.0,
        "predicted_revenue": 0.0,
        "error_percent": None,
        "mae": None,
        "rmse": None,
        "naive_mae": None,
        "naive_rmse": None,
    }


def test_on_cdnow_the_weeks_of_the_holdout_add_up_to_its_total() -> None:
    """The published holdout: 1,882 purchases in 39 weeks after 30 September 1997."""
    known = histories(CALIBRATION_END)
    model = fit_bg_nbd(known.sample()).model
    weeks = [0] * 39
    for days in amounts_by_day().values():
        for day in list(days)[1:]:
            if CALIBRATION_END < day <= HOLDOUT_END:
                weeks[((day - CALIBRATION_END).days - 1) // 7] += 1

    tracking = track(model, known.sample(), weeks)

    assert sum(tracking.actual) == 1882
    total = model.expected_purchases(known.frequency, known.recency, known.age, HOLDOUT_DAYS).sum()
    assert sum(tracking.predicted) == pytest.approx(total)
    assert tracking.error_percent == pytest.approx(20.5, abs=0.05)
