"""How long BG/NBD takes to fit here and in `lifetimes`, on CDNOW and on ten times as many.

Run from the project's root: `python -m benchmarks.fit_against_lifetimes`. Both fits get the same
columns of single customers; here the merging of equal histories is part of the time. Both
parameter sets are judged by one likelihood, ours, in days. The best of five runs counts.
"""

import time
import warnings
from collections.abc import Callable

import numpy as np

from succotash.domain.models.bg_nbd import BGNBD, fit_bg_nbd
from succotash.domain.models.purchases import Array, PurchaseSample
from tests.cdnow import CALIBRATION_END, histories

with warnings.catch_warnings():
    # Importing lifetimes sets an option that pandas has deprecated.
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter

RUNS = 5
SIMULATED = 23_570
TRUTH = BGNBD(r=0.2425945, alpha=30.8952, a=0.7929199, b=2.4258881)
"""What CDNOW customers are like (Fader, Hardie & Lee 2005), in days."""

type Columns = tuple[Array, Array, Array]


def cdnow() -> Columns:
    """The 2,357 customers of the CDNOW sample at the end of the calibration period."""
    known = histories(CALIBRATION_END)
    return known.frequency, known.recency, known.age


def simulated(size: int) -> Columns:
    """Customers who follow TRUTH, who came on any of 1,000 days; whole days, like real orders."""
    random = np.random.default_rng(2005)
    rate = random.gamma(TRUTH.r, 1 / TRUTH.alpha, size)
    leaving = random.beta(TRUTH.a, TRUTH.b, size)
    age = np.floor(random.uniform(0, 1_000, size))
    clock, frequency, recency = np.zeros(size), np.zeros(size), np.zeros(size)
    alive = np.ones(size, dtype=np.bool_)
    while alive.any():
        clock += random.exponential(1 / np.maximum(rate, np.finfo(np.float64).tiny))
        alive &= clock < age
        # A second purchase on one day is not another purchase.
        bought = alive & (np.ceil(clock) > recency)
        frequency[bought] += 1
        recency[bought] = np.ceil(clock[bought])
        alive &= random.random(size) >= leaving
    return frequency, recency, age


def ours(columns: Columns) -> BGNBD:
    """Fitted here, from single customers."""
    return fit_bg_nbd(PurchaseSample.from_columns(*columns)).model


def theirs(columns: Columns) -> BGNBD:
    """Fitted by lifetimes."""
    found = BetaGeoFitter().fit(*columns).params_
    return BGNBD(*(float(found[name]) for name in ("r", "alpha", "a", "b")))


def best_of(fit: Callable[[Columns], BGNBD], columns: Columns) -> tuple[float, BGNBD]:
    """Seconds of the fastest run, and the model."""
    seconds = np.inf
    model = fit(columns)
    for _ in range(RUNS):
        began = time.perf_counter()
        model = fit(columns)
        seconds = min(seconds, time.perf_counter() - began)
    return seconds, model


def main() -> None:
    """Print the comparison as a table."""
    populations = {"CDNOW": cdnow(), f"{SIMULATED:,} simulated": simulated(SIMULATED)}
    print(f"{'customers':<18}{'fit by':<12}{'ms':>8}{'log-likelihood':>18}{'times as fast':>16}")
    for title, columns in populations.items():
        sample = PurchaseSample.from_columns(*columns)
        their_seconds, their_model = best_of(theirs, columns)
        our_seconds, our_model = best_of(ours, columns)
        for by, seconds, model in (
            ("lifetimes", their_seconds, their_model),
            ("succotash", our_seconds, our_model),
        ):
            print(
                f"{title:<18}{by:<12}{seconds * 1e3:>8.1f}{model.log_likelihood(sample):>18.4f}"
                f"{their_seconds / seconds:>16.1f}"
            )


if __name__ == "__main__":
    main()
