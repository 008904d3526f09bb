"""The round trip through what the overview and costs of acquisition are read from."""

from datetime import date
from decimal import Decimal

from local.expectations import DAY, LONG_AGO, expect
from succotash.domain.repositories.storage import Repositories
from succotash.domain.scoring.overview import OverviewQuery
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
        found = forms.get_lead_breakdown(start=LONG_AGO, end=LONG_AGO + DAY).found
        expect(that=sum(found.by_source[source].by_status.values()) == 1)
        ltv.note_import_started(source, LONG_AGO)
        expect(that=ltv.has_import_broken_off(source, LONG_AGO + DAY))
        ltv.note_import_ended(source, LONG_AGO, "format")
        run = retention.get_current_scoring_run()
        ltv.build_revenue_days(run.run_id, LONG_AGO, "Europe/Berlin")
        query = OverviewQuery(
            last_day=LONG_AGO.date() + DAY,
            days=2,
            earlier=LONG_AGO - 2 * DAY,
            start=LONG_AGO,
            end=LONG_AGO + 2 * DAY,
            imports_given_up_before=LONG_AGO,
        )
        overview = retention.find_overview(query)
        expect(that=overview.run.run_id == run.run_id)
        expect(that=overview.found.now.new_leads >= 1)
        expect(that=sum(each.orders for each in overview.found.revenue) >= 1)
        expect(that=overview.found.failed_imports >= 1)
        ltv.save_acquisition_costs(ONE_MONTH, {source: cost})
        saved = ltv.get_acquisition_costs(start=ONE_MONTH, end=ONE_MONTH)
        expect(that=[each.cost for each in saved] == [cost])
        expect(that=ltv.lock_acquisition_costs(ONE_MONTH) == saved)
        [value] = ltv.find_source_values(cost.currency, start=ONE_MONTH, end=ONE_MONTH).found
        expect(that=value.cost == cost.amount)
