"""The round trip through what the overview and costs of acquisition are read from."""

from datetime import date, timedelta
from decimal import Decimal

from local.expectations import DAY, LONG_AGO, expect
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import Currency, CustomerId, Money

ONE_MONTH = date(1901, 1, 1)


class OverviewRoundTrip:
    """Everything is made by one mark."""

    def __init__(self, repositories: Repositories, mark: str) -> None:
        self._to = repositories
        self._mark = mark
        self._customer = CustomerId(f"{mark}customer")

    def overview(self) -> None:
        """Counts of a period, revenue by day, costs, and imports that failed."""
        forms, ltv, retention = self._to.forms, self._to.ltv, self._to.retention
        source, cost = f"{self._mark}source", Money(Decimal("12.3456"), Currency("USD"))
        now, _ = forms.get_period_counts(LONG_AGO - DAY, LONG_AGO, LONG_AGO + DAY)
        expect(that=now.new_leads >= 1)
        found = forms.get_lead_breakdown(start=LONG_AGO, end=LONG_AGO + DAY).found
        expect(that=sum(found.by_source[source].by_status.values()) == 1)
        expect(that=forms.count_quarantined() >= 0)
        current, *_ = retention.get_compared_runs(DAY)
        ltv.build_revenue_days(current.run.run_id, LONG_AGO, "Europe/Berlin")
        day = LONG_AGO.date()
        days = ltv.find_revenue_days(day - timedelta(days=1), day + timedelta(days=1))
        expect(that=sum(each.orders for each in days.found) >= 1)
        ltv.save_acquisition_costs(ONE_MONTH, {source: cost})
        saved = ltv.get_acquisition_costs(start=ONE_MONTH, end=ONE_MONTH)
        expect(that=[each.cost for each in saved] == [cost])
        [value] = ltv.find_source_values(cost.currency, start=ONE_MONTH, end=ONE_MONTH).found
        expect(that=value.cost == cost.amount)
        ltv.note_import_started(source, LONG_AGO)
        expect(that=ltv.has_import_broken_off(source, LONG_AGO + DAY))
        ltv.note_import_ended(source, LONG_AGO, "format")
        expect(that=ltv.count_failed_imports(LONG_AGO, LONG_AGO) >= 1)
