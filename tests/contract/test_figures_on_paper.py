"""Figures of a business as answers show them, against adding up its raw facts on paper."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import fmean

import pytest

from succotash.application.forms.analytics import FormReports
from succotash.application.leads.breakdown import LeadReports
from succotash.application.retention.overview import Overview
from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.value.acquisition import Acquisition
from succotash.application.value.cohorts import CohortReports
from succotash.application.value.distribution import ValueDistributions
from succotash.application.value.ltv_handler import LTVHandler
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import FUNNEL, LeadStatus
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.cohorts import CohortSpan
from succotash.domain.value.distribution import ValueMeasure
from succotash.domain.values import MONEY_UNIT, rounded_amount
from tests.builders import USD, at
from tests.contract.conftest import NewStorage
from tests.contract.invented_business import Business, invented
from tests.contract.on_paper import settled_on_paper

MARGIN = 0.4
CASES = (
    (1, "Pacific/Auckland", "2024-04-12T11:59:59", 1000),  # a week after clocks went back
    (2, "America/New_York", "2024-03-11T04:00:00", 0),  # the midnight after they went forward
    (3, "Europe/Berlin", "2024-02-29T23:30:00", 1000),  # 1 March there
)
"""Seed, zone, instant of the run, and up to how many customers it scores at once."""


@dataclass(frozen=True)
class Told:
    """A storage with a business that was scored, and the same business on paper."""

    storage: Storage
    paper: Business
    zone: str

    @property
    def today(self) -> date:
        return self.paper.day(self.paper.as_of)


@pytest.fixture(params=CASES, ids=lambda case: case[1])
def told(request: pytest.FixtureRequest, new_storage: NewStorage) -> Told:
    seed, zone, moment, whole_limit = request.param
    storage = new_storage()
    paper = invented(storage, seed, zone, at(moment))
    settings = ScoringSettings(
        USD, zone, margin=MARGIN, publishes_worse=True, whole_limit=whole_limit, sample_customers=10
    )
    report = ChurnScoring(storage, settings, lambda: paper.as_of).run(paper.as_of)
    assert report["state"] == "current"
    return Told(storage, paper, zone)


def test_figures_agree_with_counting_on_paper(told: Told) -> None:
    for span in (1, 28, 90):
        check_overview(told, span)
    for days in (None, 30, 200):
        check_leads(told, days)
    for form_id in (None, "contact"):
        check_forms(told, None, form_id)
        check_forms(told, 60, form_id)
    check_cohorts(told)
    check_sources(told)
    check_values(told)


def cents(amounts: Iterable[Decimal], customers: int = 1) -> Decimal:
    return rounded_amount(sum(amounts, Decimal(0)) / customers, "USD")


def check_overview(told: Told, span: int) -> None:
    paper = told.paper
    found = Overview(told.storage, lambda: paper.as_of, USD, told.zone).get_overview(span)
    periods = [(told.today - timedelta(days=span - 1), told.today)]
    periods.append((periods[0][0] - timedelta(days=span), periods[0][0] - timedelta(days=1)))
    for name, (first, last) in zip(("now", "before"), periods, strict=True):

        def within(
            moments: Iterable[datetime], first: date = first, last: date = last
        ) -> list[datetime]:
            return [each for each in moments if first <= paper.day(each) <= last]

        sent = within(each.submitted_at for each in paper.submissions)
        assert found["submissions"][name] == len(sent)  # type: ignore[literal-required]
        new = within(paper.first_seen.values())
        assert found["new_leads"][name] == len(new)  # type: ignore[literal-required]
        hot = within(paper.first_seen[each] for each, (*_, hot) in paper.scores.items() if hot)
        assert found["hot_leads"][name] == len(hot)  # type: ignore[literal-required]
        known = [each for each in paper.orders if each.ordered_at <= paper.as_of]
        there = {(each.customer_id, each.order_id) for each in known if each.refund_of is None}
        entries = [
            each
            for each in known
            if first <= paper.day(each.ordered_at) <= last
            and (each.refund_of is None or (each.customer_id, each.refund_of) in there)
        ]
        assert found["revenue"] is not None
        [revenue] = found["revenue"]["by_currency"]
        assert revenue[name] == cents(each.amount.amount for each in entries)  # type: ignore[literal-required]
        orders = sum(each.refund_of is None for each in entries)
        assert revenue[f"orders_{name}"] == orders  # type: ignore[literal-required]


def check_leads(told: Told, days: int | None) -> None:
    paper = told.paper
    start = None if days is None else told.today - timedelta(days=days)
    found = LeadReports(told.storage, told.zone).get_lead_analytics(start=start)
    new = [lead for lead, at in paper.first_seen.items() if start is None or paper.day(at) >= start]
    assert found["leads"] == len(new)
    grades = {lead: paper.scores[lead][1] if lead in paper.scores else "unscored" for lead in new}
    for name, groups in (("by_source", paper.sources), ("by_grade", grades)):
        shown = {each["name"]: each for each in found[name]}  # type: ignore[literal-required]
        assert set(shown) == {groups[lead] for lead in new}
        for group, view in shown.items():
            own = [lead for lead in new if groups[lead] == group]
            statuses = Counter(paper.histories[lead][-1] for lead in own)
            bought = sum(bool(paper.customers_of[lead] & set(paper.valued)) for lead in own)
            assert {k: v for k, v in view["by_status"].items() if v} == statuses
            assert view["hot_leads"] == sum(paper.scores.get(lead, (0, "", 0))[2] for lead in own)
            assert (view["leads"], view["won"]) == (len(own), statuses[LeadStatus.CLOSED_WON])
            assert view["customers"] == bought
            assert view["customer_rate"] == round(bought / len(own), 4)


def check_forms(told: Told, days: int | None, form_id: str | None) -> None:
    paper = told.paper
    start = None if days is None else told.today - timedelta(days=days)
    end = None if days is None else told.today
    found = FormReports(told.storage, told.zone).get_form_analytics(
        start=start, end=end, form_id=form_id
    )

    def is_within(moment: datetime) -> bool:
        return start is None or start <= paper.day(moment) <= told.today

    sent = [
        each
        for each in paper.submissions
        if is_within(each.submitted_at) and form_id in {None, each.form_id}
    ]
    wrote = {each.lead_id for each in paper.submissions if form_id in {None, each.form_id}}
    new = [lead for lead, at in paper.first_seen.items() if is_within(at) and lead in wrote]
    states = Counter(each.state for each in sent)
    metrics = found["submission_metrics"]
    assert metrics["total_submissions"] == len(sent)
    assert metrics["accepted"] == states[SubmissionState.ACCEPTED]
    assert metrics["duplicates"] == states[SubmissionState.DUPLICATE]
    assert Counter(each.source for each in sent) == found["source_distribution"]
    always = max(each.ordered_at for each in paper.orders)
    bought = sum(
        any(paper.purchases(customer, always) for customer in paper.customers_of[lead])
        for lead in new
    )
    leads = found["lead_metrics"]
    scores = [paper.scores[lead][0] for lead in new if lead in paper.scores]
    assert (leads["new_leads"], leads["customers"]) == (len(new), bought)
    assert leads["average_score"] == (round(fmean(scores), 4) if scores else None)
    furthest = [
        max(FUNNEL.index(each) for each in paper.histories[lead] if each in FUNNEL) for lead in new
    ]
    assert [each["reached"] for each in found["conversion_funnel"]["stages"]] == [
        sum(each >= stage for each in furthest) for stage in range(len(FUNNEL))
    ]
    lost = sum(paper.histories[lead][-1] is LeadStatus.CLOSED_LOST for lead in new)
    assert found["conversion_funnel"]["lost"] == lost
    if found["daily"] is not None:
        daily = {each["day"]: each for each in found["daily"]}
        by_day = Counter(paper.day(each.submitted_at) for each in sent)
        assert {day: each["submissions"] for day, each in daily.items() if each["submissions"]} == (
            by_day
        )
        joined = Counter(paper.day(paper.first_seen[lead]) for lead in new)
        assert {day: each["new_leads"] for day, each in daily.items() if each["new_leads"]} == (
            joined
        )


def check_cohorts(told: Told) -> None:
    paper = told.paper
    earned: dict[str, dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    active: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    members = Counter[str]()
    for customer, first in paper.valued.items():
        joined = paper.day(first)
        members[f"{joined:%Y-%m}"] += 1
        for moment, net, bought in settled_on_paper(paper.of(customer), paper.as_of):
            day = paper.day(moment)
            month = max(0, 12 * (day.year - joined.year) + day.month - joined.month)
            if bought or net < 0:
                earned[f"{joined:%Y-%m}"][month] += net
            if bought:
                active[f"{joined:%Y-%m}"][month].add(customer)
    reports = CohortReports(told.storage)
    shown = reports.get_cohorts()["cohorts"]
    assert {each["cohort_id"]: each["customers"] for each in shown} == members
    for each in shown:
        cohort = each["cohort_id"]
        curve = each["cumulative_revenue_per_customer"]
        assert each["revenue"] == cents(earned[cohort].values())
        elapsed = 12 * (told.today.year - each["starts_on"].year) + told.today.month
        assert len(curve) == elapsed - each["starts_on"].month + 1
        for month, amount in enumerate(curve):
            until = (net for at, net in earned[cohort].items() if at <= month)
            assert amount == cents(until, members[cohort]), (cohort, month)
        for period in reports.get_cohort(cohort)["periods"]:
            assert period["active_customers"] == len(active[cohort][period["period"]])
    for each in reports.get_cohorts(CohortSpan.QUARTER)["cohorts"]:
        starts = each["starts_on"]
        months = [f"{starts:%Y}-{month:02}" for month in range(starts.month, starts.month + 3)]
        customers = sum(members[month] for month in months)
        assert each["customers"] == customers
        for last, amount in enumerate(each["cumulative_revenue_per_customer"]):
            nets = [net for month in months for at, net in earned[month].items() if at <= last]
            assert amount == cents(nets, customers), (each["cohort_id"], last)


def check_sources(told: Told) -> None:
    paper = told.paper
    customers = told.storage.repositories.ltv.find_customers()
    values = {str(each.customer_id): each for each in customers}
    assert set(values) == set(paper.valued)
    origins = {each: paper.origin(each, first) for each, first in paper.valued.items()}
    months = {each: paper.day(first).replace(day=1) for each, first in paper.valued.items()}
    found = Acquisition(told.storage, USD).get_source_values()["sources"]
    costs = defaultdict[str, Decimal](Decimal)
    for (_, source), cost in paper.costs.items():
        costs[source] += cost
    assert {each["source"] for each in found} == set(costs) | set(origins.values())
    average = CohortReports(told.storage).get_cohorts()["average"]
    for each in found:
        source = each["source"]
        own = [customer for customer, origin in origins.items() if origin == source]
        paid = [customer for customer in own if (months[customer], source) in paper.costs]
        assert each["customers"] == len(own)
        assert each["revenue"] == cents(values[one].actual_clv.amount for one in own)
        assert each["predicted_clv"] == cents(values[one].predicted_clv.amount for one in own)
        assert each["cost"] == costs.get(source)
        assert each["customers_acquired"] == len(paid)
        assert each["cost_per_customer"] == (cents([costs[source]], len(paid)) if paid else None)
        if paid:
            per_customer = costs[source] / len(paid)
            worth = sum((values[one].predicted_clv.amount for one in paid), Decimal(0))
            assert each["ltv_to_cac"] == round(float(worth / costs[source]), 4)
            brought = [
                period["period"]
                for period in average
                if Decimal(str(MARGIN)) * period["cumulative_revenue_per_customer"] >= per_customer
            ]
            assert each["payback_months"] == (brought[0] if brought else None)


def check_values(told: Told) -> None:
    paper = told.paper
    values = told.storage.repositories.ltv.find_customers()
    for each in values:
        settled = settled_on_paper(paper.of(each.customer_id), paper.as_of)
        spent = sum((net for _, net, bought in settled if bought or net < 0), Decimal(0))
        assert abs(each.actual_clv.amount - Decimal(str(MARGIN)) * spent) <= MONEY_UNIT
        assert each.order_count == len(paper.purchases(each.customer_id, paper.as_of))
        assert each.cohort_id == f"{paper.day(paper.valued[each.customer_id]):%Y-%m}"
    for measure in ValueMeasure:
        amounts = [getattr(each, measure).amount for each in values]
        found = ValueDistributions(told.storage, USD).get_value_distribution(measure)
        assert (found["customers"], found["total"]) == (len(values), cents(amounts))
        assert found["average"] == cents(amounts, len(values))
        for each_bin in found["bins"]:
            low, high = each_bin["low"], each_bin["high"]
            own = [
                amount
                for amount in amounts
                if (low is None or amount >= low) and (high is None or amount < high)
            ]
            assert (each_bin["customers"], each_bin["total"]) == (len(own), cents(own))
    analysis = LTVHandler(told.storage, lambda: paper.as_of, USD).get_ltv_analysis()
    assert analysis["total_customers"] == len(values)
    assert analysis["total_revenue"] == cents(each.actual_clv.amount for each in values)
    assert analysis["total_predicted_clv"] == cents(each.predicted_clv.amount for each in values)
