"""How long BG/NBD takes to fit here and in `lifetimes`: CDNOW, ten times as many, a million.

Run from the project's root: `python -m benchmarks.fit_against_lifetimes`. Both fits get the same
columns of single customers; here the merging of equal histories is part of the time. Both
parameter sets are judged by one likelihood, ours, in days. The best of five runs counts, of a
million customers the first. After them the other two models, here only.
"""

import time
import warnings
from collections.abc import Callable

import numpy as np

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.bg_nbd import BGNBD, fit_bg_nbd
from succotash.domain.models.likelihood import Fitted
from succotash.domain.models.mbg_nbd import MBGNBD, fit_mbg_nbd
from succotash.domain.models.pareto_nbd import ParetoNBD, fit_pareto_nbd
from succotash.domain.models.purchases import Array, PurchaseSample

with warnings.catch_warnings():
    # Importing lifetimes sets an option that pandas has deprecated.
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter

RUNS = 5
SIMULATED = 23_570
MILLION = 1_000_000
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


def best_of[Model](
    fit: Callable[[Columns], Model], columns: Columns, runs: int
) -> tuple[float, Model]:
    """Seconds of the fastest run, and the model."""
    seconds, model = np.inf, None
    for _ in range(runs):
        began = time.perf_counter()
        model = fit(columns)
        seconds = min(seconds, time.perf_counter() - began)
    assert model is not None
    return seconds, model


def mbg_nbd(columns: Columns) -> Fitted[MBGNBD]:
    """Fitted here, from single customers."""
    return fit_mbg_nbd(PurchaseSample.from_columns(*columns))


def pareto_nbd(columns: Columns) -> Fitted[ParetoNBD]:
    """Fitted here, from single customers."""
    return fit_pareto_nbd(PurchaseSample.from_columns(*columns))


def main() -> None:
    """Print the comparison as a table."""
    np.seterr(all="ignore")  # lifetimes overflows on its way
    populations = {
        "CDNOW": (cdnow(), RUNS),
        f"{SIMULATED:,} simulated": (simulated(SIMULATED), RUNS),
        f"{MILLION:,} simulated": (simulated(MILLION), 1),
    }
    print(f"{'customers':<20}{'fit by':<12}{'ms':>10}{'log-likelihood':>18}{'times as fast':>16}")
    ours(cdnow())  # imports what the first fit imports
    for title, (columns, runs) in populations.items():
        sample = PurchaseSample.from_columns(*columns)
        their_seconds, their_model = best_of(theirs, columns, runs)
        our_seconds, our_model = best_of(ours, columns, runs)
        for by, seconds, model in (
            ("lifetimes", their_seconds, their_model),
            ("succotash", our_seconds, our_model),
        ):
            print(
                f"{title:<20}{by:<12}{seconds * 1e3:>10.1f}{model.log_likelihood(sample):>18.4f}"
                f"{their_seconds / seconds:>16.1f}"
            )
        mbg_seconds, mbg = best_of(mbg_nbd, columns, runs)
        pareto_seconds, pareto = best_of(pareto_nbd, columns, runs)
        for name, seconds, log_likelihood in (
            (mbg.model.name, mbg_seconds, mbg.log_likelihood),
            (pareto.model.name, pareto_seconds, pareto.log_likelihood),
        ):
            print(f"{title:<20}{name:<12}{seconds * 1e3:>10.1f}{log_likelihood:>18.4f}")


if __name__ == "__main__":
    main()
