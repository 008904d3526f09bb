"""The uncertainty of a share."""

from math import sqrt

CONFIDENCE = 0.95
NORMAL_QUANTILE = 1.959963984540054
"""The quantile of the standard normal distribution at (1 + CONFIDENCE) / 2."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The score interval of a binomial proportion, at CONFIDENCE; `trials` above 0.

    (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n): Wilson, "Probable inference, the law of
    succession, and statistical inference", JASA 22 (1927), 209-212.
    """
    share, squared = successes / trials, NORMAL_QUANTILE**2
    centre = share + squared / (2 * trials)
    spread = NORMAL_QUANTILE * sqrt(share * (1 - share) / trials + squared / (4 * trials**2))
    whole = 1 + squared / trials
    # At a share of 0 or 1 an end of the interval is the share itself, but for rounding.
    low = (centre - spread) / whole if successes else 0.0
    high = (centre + spread) / whole if successes < trials else 1.0
    return low, high
