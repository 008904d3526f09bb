"""The expected purchases of BG/NBD and MBG/NBD, given that the customer is alive.

E[(1 - (1 + p u)^-R) / p] where R = r + x, p is beta(a, b + x) and u = t / (alpha + T) measures the
horizon t by the customer's history: equation (10) of Fader, Hardie & Lee (2005) divided by
P(alive); MBG/NBD has b + 1 for b. As a hypergeometric series it is quick but cancels for extreme
parameters; as an integral every term is positive.
"""

import numpy as np

from succotash.domain.models.purchases import Array

_SERIES_REACH = 0.97
"""The largest z = u / (1 + u): terms shrink like its powers."""
_SERIES_LARGEST_A = 50.0
_SERIES_SMALLEST_D = -20.0
_SERIES_LARGEST_RATIO = 1e5
"""Beyond these the series loses more than six of its sixteen digits."""
_SERIES_ROWS = 16_384
_QUADRATURE_ROWS = 1_024
"""Rows taken together, so that the work stays in the processor's cache."""
_QUADRATURE_NODES = 256
_NEGLIGIBLE = 60.0
"""Beyond e^-60 of its peak an integrand is over."""
_STANDARD_DEVIATIONS = 10.0
"""And beyond this many deviations, where it is nearly normal."""


def expected_if_alive(r: float, a: float, b: float, frequency: Array, until: Array) -> Array:
    """Expected purchases within the horizon, of shape (customers,); `until` is u, at least 0."""
    reach = until / (1 + until)
    tame = (
        a <= _SERIES_LARGEST_A
        and a + b - 1 - r >= _SERIES_SMALLEST_D
        and a + b <= _SERIES_LARGEST_RATIO * r
    )
    summed = (reach <= _SERIES_REACH) & tame
    expected = np.empty_like(until)
    # Rows of alike reach need equally many terms: sorted, no block waits for one slow row.
    rows = np.flatnonzero(summed)
    rows = rows[np.argsort(reach[rows])]
    for start in range(0, len(rows), _SERIES_ROWS):
        block = rows[start : start + _SERIES_ROWS]
        expected[block] = by_series(r, a, b, frequency[block], until[block])
    rows = np.flatnonzero(~summed)
    for start in range(0, len(rows), _QUADRATURE_ROWS):
        block = rows[start : start + _QUADRATURE_ROWS]
        expected[block] = by_quadrature(r, a, b, frequency[block], until[block])
    return np.maximum(expected, 0.0)


def by_series(r: float, a: float, b: float, frequency: Array, until: Array) -> Array:
    """By Euler's transformation of the paper's 2F1, with the factor 1 / (a - 1) divided out.

    With c = a + b + x - 1, d = a + b - 1 - r and z = u / (1 + u), equation (10) given alive is
    c / (a - 1) [1 - (1 - z)^(a - 1) 2F1(d, a - 1; c; z)]. Its series begins with 1, and each later
    term carries the factor (a - 1) / c, so neither a = 1 nor c = 0 is singular in
    c [1 - (1 - z)^(a - 1)] / (a - 1)
    - (1 - z)^(a - 1) sum over k >= 1 of (d)_k (a)_{k-1} z^k / ((c + 1)_{k-1} k!).
    """
    c = a + b + frequency - 1
    d = a + b - 1 - r
    z = until / (1 + until)
    length = np.log1p(until)
    bend = a - 1
    leading = -np.expm1(-bend * length) / bend if bend else length
    term = d * z
    total = term.copy()
    k = 1
    while (np.abs(term) > np.finfo(np.float64).eps / 8 * np.abs(total)).any():
        term *= z
        term /= c + k
        term *= (d + k) * (a + k - 1) / (k + 1)
        total += term
        k += 1
    series: Array = c * leading - np.exp(-bend * length) * total
    return series


def by_quadrature(r: float, a: float, b: float, frequency: Array, until: Array) -> Array:
    """By the trapezoidal rule in w, where p = logistic(mode + width sinh w).

    Double exponential decay at both ends makes the rule exact to about 1e-10, whatever the
    parameters (H. Takahasi and M. Mori, 1974, Double Exponential Formulas for Numerical
    Integration). The density's own integral on the same nodes is the divisor.
    """
    later_b = b + frequency
    width = np.minimum(1.0, np.sqrt(1 / a + 1 / later_b))
    left = np.arcsinh(_STANDARD_DEVIATIONS + _NEGLIGIBLE / (a * width))
    right = np.arcsinh(_STANDARD_DEVIATIONS + _NEGLIGIBLE / (later_b * width))
    share = np.linspace(0.0, 1.0, _QUADRATURE_NODES)
    w = -left[:, None] + (left + right)[:, None] * share
    logit = np.log(a / later_b)[:, None] + width[:, None] * np.sinh(w)
    log_p = -np.logaddexp(0.0, -logit)
    log_density = a * log_p - later_b[:, None] * np.logaddexp(0.0, logit) + np.log(np.cosh(w))
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    p = np.exp(log_p)
    rate, horizon = (r + frequency)[:, None], until[:, None]
    some = -np.expm1(-rate * np.log1p(p * horizon))
    # Where p underflows, (1 - (1 + p u)^-R) / p is its limit R u.
    tiny = np.finfo(np.float64).tiny
    purchases = np.where(p > tiny, some / np.maximum(p, tiny), rate * horizon)
    integral: Array = (density * purchases).sum(axis=1) / density.sum(axis=1)
    return integral
