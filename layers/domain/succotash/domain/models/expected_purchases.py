"""The expected purchases of BG/NBD and MBG/NBD, given that the customer is alive.

E[(1 - (1 + p u)^-R) / p] where R = r + x, p is beta(a, b + x) and u = t / (alpha + T) measures the
horizon t by the customer's history: equation (10) of Fader, Hardie & Lee (2005) divided by
P(alive); MBG/NBD has b + 1 for b. As a hypergeometric series it is quick but cancels for extreme
parameters; as an integral every term is positive. Many customers who bought equally often share a
smooth curve over the horizon, so it is evaluated exactly at few points and interpolated.
"""

import numpy as np
from numpy.polynomial.chebyshev import chebinterpolate, chebval
from numpy.typing import NDArray

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
_NODES = (32, 64)
"""The nodes of the interpolation: the larger number where the smaller one does not suffice."""
_SHARED_BY = 4
"""A curve is worth interpolating from so many rows per node on."""
_TAIL = 4
_LARGEST_TAIL = 1e-11
"""The bound of the last coefficients, relative to the largest: the interpolation's error."""
_CURVE_ROWS = 8_192
_NEGLIGIBLE = 60.0
"""Beyond e^-60 of its peak an integrand is over."""
_STANDARD_DEVIATIONS = 10.0
"""And beyond this many deviations, where it is nearly normal."""


def expected_if_alive(r: float, a: float, b: float, frequency: Array, until: Array) -> Array:
    """Expected purchases within the horizon, of shape (customers,); `until` is u, at least 0."""
    summed = has_series(r, a, b, until)
    expected = np.empty_like(until)
    # Rows of alike reach need equally many terms: sorted, no block waits for one slow row.
    rows = np.flatnonzero(summed)
    rows = rows[np.argsort(until[rows])]
    for start in range(0, len(rows), _SERIES_ROWS):
        block = rows[start : start + _SERIES_ROWS]
        expected[block] = by_series(r, a, b, frequency[block], until[block])
    others = np.flatnonzero(~summed)
    if len(others):
        others = others[np.argsort(frequency[others], kind="stable")]
        values, starts = np.unique(frequency[others], return_index=True)
        alone: list[NDArray[np.intp]] = []
        for value, rows in zip(values.tolist(), np.split(others, starts[1:]), strict=True):
            found = by_curve(r, a, b, value, until[rows])
            if found is None:
                alone.append(rows)
            else:
                expected[rows] = found
        rows = np.concatenate([np.empty(0, np.intp), *alone])
        for start in range(0, len(rows), _QUADRATURE_ROWS):
            block = rows[start : start + _QUADRATURE_ROWS]
            expected[block] = by_quadrature(r, a, b, frequency[block], until[block])
    return np.maximum(expected, 0.0)


def has_series(r: float, a: float, b: float, until: Array) -> NDArray[np.bool_]:
    """The rows for which the series keeps its digits, and ends soon."""
    tame = (
        a <= _SERIES_LARGEST_A
        and a + b - 1 - r >= _SERIES_SMALLEST_D
        and a + b <= _SERIES_LARGEST_RATIO * r
    )
    return (until / (1 + until) <= _SERIES_REACH) & tame


def by_curve(r: float, a: float, b: float, frequency: float, until: Array) -> Array | None:
    """Expected purchases of customers of one frequency, by Chebyshev interpolation in the days.

    Over s = log(1 + u) the expectation divided by s has no singularity nearer to the real line than
    pi, so its coefficients fall geometrically (L. N. Trefethen, 2013, Approximation Theory and
    Approximation Practice, theorem 8.2). None for too few customers, for one horizon alone,
    and where the coefficients do not fall far enough.
    """
    if len(until) < _SHARED_BY * _NODES[0]:
        return None
    length = np.log1p(until)
    first, last = float(length.min()), float(length.max())
    if first <= 0 or last - first < np.finfo(np.float64).eps * last:
        return None
    middle, reach = (first + last) / 2, (last - first) / 2

    def exact(place: Array) -> Array:
        at = middle + reach * place
        return by_quadrature(r, a, b, np.full_like(at, frequency), np.expm1(at)) / at

    for nodes in _NODES:
        # numpy's stub takes only functions that return a single number
        coefficients = chebinterpolate(exact, nodes - 1)  # type: ignore[type-var]
        sizes = np.abs(coefficients)
        if sizes[-_TAIL:].max() <= _LARGEST_TAIL * sizes.max():
            break
    else:
        return None
    used = int(np.flatnonzero(sizes > np.finfo(np.float64).eps / 8 * sizes.max())[-1]) + 1
    expected = np.empty_like(until)
    for start in range(0, len(until), _CURVE_ROWS):
        block = slice(start, start + _CURVE_ROWS)
        place = np.clip((length[block] - middle) / reach, -1.0, 1.0)
        expected[block] = chebval(place, coefficients[:used]) * length[block]
    return expected


def by_series(r: float, a: float, b: float, frequency: Array, until: Array) -> Array:
    """Expected purchases by Euler's transformation of the 2F1, with 1 / (a - 1) divided out.

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
    """Expected purchases by the trapezoidal rule in w, where p = logistic(mode + width sinh w).

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
