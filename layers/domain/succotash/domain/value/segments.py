"""Validates rules of segments."""

from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import Currency, Money, amount_violation
from succotash.errors import Violation


def segment_violation(segment: LTVSegment, currency: Currency) -> Violation | None:
    """The violation of a segment's rule, where money is in this currency, if any."""
    quantile, bound = segment.lower_quantile, segment.lower_bound
    if (quantile is None) == (bound is None):
        return Violation(
            "lower_quantile",
            "one_bound",
            "Exactly one of lower_quantile and lower_bound is required",
        )
    if quantile is not None and not 0 <= quantile < 1:
        return Violation("lower_quantile", "quantile", "Must be at least 0 and less than 1")
    return None if bound is None else _bound_violation(bound, currency)


def _bound_violation(bound: Money, currency: Currency) -> Violation | None:
    if bound.currency != currency:
        return Violation("lower_bound", "currency_mismatch", f"Must be {currency}")
    if bound.amount < 0:
        return Violation("lower_bound", "negative", "Must not be negative")
    return amount_violation("lower_bound", bound.amount)
