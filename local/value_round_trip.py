"""A round trip through what a run's customers are worth together."""

from local.expectations import LONG_AGO, expect
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.value.distribution import ValueMeasure
from succotash.domain.values import RunId


def check_totals(to: LTVRepository, run_id: RunId) -> None:
    """Read the rollups of the run, which is the current one and has one customer."""
    analytics = to.get_ltv_analytics(end=LONG_AGO.date())
    expect(that=analytics.total.customers == 1)
    expect(that=to.find_ltv_analytics(end=LONG_AGO.date()).found == analytics)
    to.build_value_bins(run_id)
    found = to.find_value_bins(ValueMeasure.PREDICTED_CLV).found
    expect(that=[each.customers for each in found] == [1])
