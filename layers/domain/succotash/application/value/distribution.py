"""The distribution of customers' values."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict

from succotash.application.scoring.run_views import RunView, run_currency, run_or_none
from succotash.application.value.cohort_views import NOTHING
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.distribution import ValueBin, ValueMeasure
from succotash.domain.values import Currency, Money, rounded_amount


class ValueBinView(TypedDict):
    """Customers whose amounts are alike."""

    low: Decimal | None
    """The least amount that belongs here, in `currency`; None for amounts below zero."""
    high: Decimal | None
    """Amounts here are below it, in `currency`; None where there is no upper bound."""
    customers: int
    """Customers in the bin; 0 in one between others."""
    total: Decimal
    """Sum of their amounts, in `currency`."""


class ValueDistributionView(TypedDict):
    """The distribution of customers' values, as of the current run."""

    measure: str
    """`predicted_clv`, `actual_clv` or `residual_value`, as with each customer."""
    currency: str
    """The run's currency; the deployment's before the first one."""
    customers: int
    """Customers with a purchase until the run."""
    total: Decimal
    """Sum of their amounts, in `currency`."""
    average: Decimal | None
    """Mean amount per customer, in `currency`; None without customers."""
    bins: list[ValueBinView]
    """Bins by rising amount without a gap, six to each power of ten."""
    run: RunView | None
    """None before the first run."""


class ValueDistributions:
    """The distribution that the current run kept."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_value_distribution(
        self, measure: ValueMeasure = ValueMeasure.PREDICTED_CLV
    ) -> ValueDistributionView:
        """Get the distribution of customers' values."""
        labelled = self._storage.repositories.ltv.find_value_bins(measure)
        run = run_or_none(labelled.run)
        currency = run_currency(run, self._currency)
        customers = sum(each.customers for each in labelled.found)
        total = sum((each.total for each in labelled.found), NOTHING)
        return {
            "measure": measure,
            "currency": currency,
            "customers": customers,
            "total": rounded_amount(total, currency),
            "average": rounded_amount(total / customers, currency) if customers else None,
            "bins": [_bin_view(each, currency) for each in _without_gap(labelled.found)],
            "run": run,
        }


def _without_gap(bins: Sequence[ValueBin]) -> list[ValueBin]:
    """The bins from the first to the last with those between that nobody is in."""
    if not bins:
        return []
    found = {each.number: each for each in bins}
    return [
        found.get(number) or ValueBin(number, 0, NOTHING)
        for number in range(min(found), max(found) + 1)
    ]


def _bin_view(found: ValueBin, currency: Currency) -> ValueBinView:
    return {
        "low": _edge(found.low, currency),
        "high": _edge(found.high, currency),
        "customers": found.customers,
        "total": rounded_amount(found.total, currency),
    }


def _edge(edge: Decimal | None, currency: Currency) -> Decimal | None:
    return None if edge is None else Money(edge, currency).exact()
