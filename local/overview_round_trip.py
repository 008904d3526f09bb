"""A round trip through what the overview and costs of acquisition are read from."""

from datetime import date, timedelta
from decimal import Decimal

from local.expectations import DAY, LONG_AGO, expect
from succotash.domain.leads.leads import Lead
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.values import Currency, Money, RunId


def check_leads_of_period(to: FormRepository, lead: Lead) -> None:
    """Count the one lead, of its own source, among those of its day."""
    now, _ = to.get_period_counts(LONG_AGO - DAY, LONG_AGO, LONG_AGO + DAY)
    expect(that=now.new_leads >= 1)
    found = to.get_lead_breakdown(start=LONG_AGO, end=LONG_AGO + DAY)
    expect(that=sum(found.by_source[lead.source].by_status.values()) == 1)
    expect(that=to.count_quarantined() >= 0)


def check_acquisition(to: LTVRepository, run_id: RunId, source: str, currency: Currency) -> None:
    """Add up the revenue of the run that is the current one; enter a cost, and take it back."""
    to.build_revenue_days(run_id, LONG_AGO, "Europe/Berlin")
    days = to.find_revenue_days(LONG_AGO.date() - timedelta(days=1), LONG_AGO.date() + DAY)
    expect(that=sum(each.orders for each in days.found) >= 1)
    month, cost = date(1901, 1, 1), Money(Decimal("12.3456"), currency)
    before = to.get_acquisition_costs(start=month, end=month)
    expect(that=before == [])
    to.save_acquisition_costs(month, {source: cost})
    expect(that=[each.cost for each in to.get_acquisition_costs(start=month, end=month)] == [cost])
    [value] = to.find_source_values(currency, start=month, end=month).found
    expect(that=value.cost == cost.amount)
    to.save_acquisition_costs(month, {})
    to.note_import_started(source, LONG_AGO)
    to.note_import_ended(source, LONG_AGO, "format")
    expect(that=to.count_failed_imports(LONG_AGO, LONG_AGO) >= 1)
