import numpy as np
import pytest

from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.gamma_gamma import GammaGamma
from succotash.domain.models.pooled_rate import PooledRate, PooledSpend
from succotash.domain.models.purchases import PurchaseSample
from succotash.domain.models.selection import fit_purchases, fit_spend
from tests.cdnow import CALIBRATION_END, histories


def test_cdnow_carries_bg_nbd() -> None:
    chosen = fit_purchases(histories(CALIBRATION_END).sample())

    assert isinstance(chosen.model, BGNBD)
    assert chosen.log_likelihood == pytest.approx(-14363.53, abs=0.01)
    assert chosen.reason == (
        "BG/NBD: 2,357 customers, 946 of them with a repeat purchase, carry it."
    )


@pytest.mark.parametrize(
    ("customers", "repeaters"), [(0, 0), (1, 1), (99, 50), (5_000, 0), (5_000, 29)]
)
def test_few_customers_get_the_pooled_rate_and_the_reason(customers: int, repeaters: int) -> None:
    again = np.arange(customers) < repeaters
    chosen = fit_purchases(
        PurchaseSample.from_columns(1.0 * again, 20.0 * again, np.full(customers, 90.0))
    )

    assert isinstance(chosen.model, PooledRate)
    assert chosen.log_likelihood is None
    assert chosen.reason.startswith(f"Pooled rate: {customers:,} customers, {repeaters:,} of them")
    assert chosen.reason.endswith("which takes 100 and 30.")


def test_cdnow_carries_gamma_gamma() -> None:
    known = histories(CALIBRATION_END)
    chosen = fit_spend(known.frequency, known.mean_spend)

    assert isinstance(chosen.model, GammaGamma)
    assert chosen.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)
    assert chosen.reason == ("Gamma-Gamma: 946 repeat customers with a positive mean carry it.")


def test_few_spenders_get_the_pooled_spend_and_the_reason() -> None:
    chosen = fit_spend([1.0, 2.0, 0.0], [10.0, 0.0, 0.0], average_order=15)

    assert chosen.model == PooledSpend(10.0)
    assert chosen.log_likelihood is None
    assert chosen.reason.startswith("Pooled spend: 1 repeat customers")


def test_equal_spends_get_the_pooled_spend_and_the_reason() -> None:
    chosen = fit_spend(np.full(500, 3.0), np.full(500, 9.99))

    assert isinstance(chosen.model, PooledSpend)
    assert chosen.model.mean == pytest.approx(9.99)
    assert chosen.reason == (
        "Pooled spend: Gamma-Gamma cannot be fitted, all repeat customers spend the same."
    )


def test_spends_without_a_population_mean_get_the_pooled_spend_and_the_reason() -> None:
    """Customers whose spend follows a Gamma-Gamma with q = 0.6: the mean diverges."""
    random = np.random.default_rng(600)
    frequency = random.integers(1, 20, 3_000).astype(np.float64)
    inverse_scale = random.gamma(0.6, 1.0, 3_000)
    mean_spend = random.gamma(5.0 * frequency) / frequency / inverse_scale
    chosen = fit_spend(frequency, mean_spend)

    assert isinstance(chosen.model, PooledSpend)
    assert chosen.log_likelihood is None
    assert "without q > 1" in chosen.reason
