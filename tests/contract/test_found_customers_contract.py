"""What every storage tells of customers who are looked for, listed, or followed while imported."""

from datetime import timedelta

import pytest

from succotash.domain.consents.consents import MARKETING, Consent, ConsentOrigin, ConsentState
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.customers import CustomerFilter, CustomerRecord, CustomerRow
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.value.ledgers import ActivityKind
from succotash.domain.value.order_import import OrderImport
from succotash.domain.values import CustomerId, SegmentId
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_lead,
    a_prediction,
    a_profile,
    a_run,
    a_value,
    an_event,
    an_order,
    days,
)

ADA, BOB = CustomerId("ada"), CustomerId("bob")
EMAIL = "ada@example.com"


def fill(to: Repositories) -> None:
    """Ada, who is scored and has two aliases, and Bob, who is not."""
    to.ltv.record_orders([an_order(customer_id=ADA, email=EMAIL), an_order("o2", customer_id=BOB)])
    to.customers.save_aliases({CustomerId("shopify:7"): ADA, CustomerId("1007"): ADA})
    to.ltv.save_customer_ltv(a_value(ADA))
    to.retention.save_churn_prediction(a_prediction(ADA))


def test_a_customer_is_found_by_id_alias_and_address(repositories: Repositories) -> None:
    fill(repositories)
    find = repositories.retention.find_named_customers
    by_id = find([ADA])
    [found] = by_id.found
    assert (found.customer_id, found.canonical_email, found.aliases) == (
        ADA,
        EMAIL,
        ("1007", "shopify:7"),
    )
    assert found.prediction == repositories.retention.get_churn_prediction(ADA)
    assert found.value == repositories.ltv.get_customer_ltv(ADA)
    assert by_id.run == repositories.retention.get_current_scoring_run().label
    assert find([CustomerId("shopify:7")]) == by_id
    assert find([CustomerId("person_unknown")], EMAIL) == by_id


def test_who_was_never_scored_is_found_too(repositories: Repositories) -> None:
    fill(repositories)
    [found] = repositories.retention.find_named_customers([BOB]).found
    assert (found.customer_id, found.aliases, found.prediction, found.value) == (
        BOB,
        (),
        None,
        None,
    )


def test_nobody_is_found_under_an_unknown_name(repositories: Repositories) -> None:
    found = repositories.retention.find_named_customers([CustomerId("nobody")], "no@example.com")
    assert found.found == []


class TestRecord:
    def test_all_that_is_known_of_a_customer_comes_under_any_name(
        self, repositories: Repositories
    ) -> None:
        fill(repositories)
        ltv, retention = repositories.ltv, repositories.retention
        retention.save_user_engagement_profile(a_profile(ADA))
        event = an_event(
            customer_id=ADA,
            occurred_at=NOON + timedelta(microseconds=120000),
            kind=ActivityKind.SESSION,
            name='größe "a"',
            duration_seconds=90.5,
            interests=("wool", "a\\b"),
            campaign_id="campaign",
        )
        retention.record_activity([event])

        record = retention.find_customer_record(ADA, limit=9)

        assert record.run == retention.get_current_scoring_run().label
        assert record.found == CustomerRecord(
            retention.get_churn_prediction(ADA),
            a_profile(ADA, run_id=record.run.run_id),
            ltv.get_customer_ltv(ADA),
            tuple(ltv.get_orders(ADA)),
            (event,),
        )
        assert record.found.prediction.value_segment == a_value(ADA).segment_id
        assert retention.find_customer_record(CustomerId("shopify:7"), limit=9) == record

    def test_who_never_bought_has_no_value(self, repositories: Repositories) -> None:
        repositories.retention.save_churn_prediction(a_prediction(BOB))
        found = repositories.retention.find_customer_record(BOB, limit=9).found
        assert (found.profile, found.value, found.orders, found.events) == (None, None, (), ())
        assert found.prediction.value_segment is None

    def test_the_newest_orders_and_events_come_first(self, repositories: Repositories) -> None:
        retention = repositories.retention
        retention.save_churn_prediction(a_prediction(ADA))
        orders = [
            an_order("c", customer_id=ADA, ordered_at=NOON),
            an_order("a", customer_id=ADA, ordered_at=NOON, amount="900000000000000.0001"),
            an_order("b", customer_id=ADA, ordered_at=NOON - days(1)),
        ]
        events = [
            an_event("c", customer_id=ADA, occurred_at=NOON),
            an_event("a", customer_id=ADA, occurred_at=NOON),
            an_event("b", customer_id=ADA, occurred_at=NOON - days(1)),
        ]
        repositories.ltv.record_orders(orders[::-1])
        retention.record_activity(events[::-1])

        for limit in (1, 2, 9):
            found = retention.find_customer_record(ADA, limit=limit).found
            assert found.orders == tuple(orders[:limit])
            assert found.events == tuple(events[:limit])

    def test_refunds_are_among_the_orders(self, repositories: Repositories) -> None:
        repositories.retention.save_churn_prediction(a_prediction(ADA))
        order = an_order("o", customer_id=ADA)
        refund = an_order(
            "r", customer_id=ADA, amount="-1", refund_of="o", ordered_at=NOON + days(1)
        )
        repositories.ltv.record_orders([order, refund])
        assert repositories.retention.find_customer_record(ADA, limit=9).found.orders == (
            refund,
            order,
        )

    def test_results_of_an_earlier_run_are_not_told(self, repositories: Repositories) -> None:
        fill(repositories)
        retention = repositories.retention
        retention.save_user_engagement_profile(a_profile(ADA))
        run = a_run(NOON)
        retention.open_scoring_run(run)
        retention.save_churn_prediction(a_prediction(ADA, run_id=run.run_id))
        retention.finish_scoring_run(run.run_id, 1)

        record = retention.find_customer_record(ADA, limit=9)

        assert record.run == run.label
        assert (record.found.profile, record.found.value) == (None, None)

    def test_somebody_without_a_prediction_is_not_found(self, repositories: Repositories) -> None:
        fill(repositories)
        with pytest.raises(NotFoundError) as caught:
            repositories.retention.find_customer_record(BOB, limit=9)
        assert caught.value.kind == "churn prediction"


def test_customers_are_listed_by_id_with_what_is_known_of_each(repositories: Repositories) -> None:
    fill(repositories)
    consent = Consent("c1", EMAIL, MARKETING, ConsentState.GRANTED, NOON, NOON, ConsentOrigin.API)
    repositories.consents.record_consents([consent])
    value, prediction = a_value(ADA), a_prediction(ADA)
    ada, bob = repositories.retention.get_customers_by_id(CustomerFilter(), limit=9)
    assert ada == CustomerRow(
        ADA,
        EMAIL,
        value.segment_id,
        prediction.risk_level,
        prediction.probability_alive,
        value.predicted_clv,
        prediction.value_at_risk,
        value.last_purchase_at,
        ConsentState.GRANTED,
    )
    assert bob.customer_id == BOB
    assert (bob.risk_level, bob.predicted_clv, bob.marketing) == (None, None, None)
    listed = repositories.retention.get_customers_by_id
    assert listed(CustomerFilter(), limit=1) == [ada]
    assert listed(CustomerFilter(), limit=9, after=ADA) == [bob]


def test_customers_are_listed_by_risk_and_segment(repositories: Repositories) -> None:
    fill(repositories)
    listed = repositories.retention.get_customers_by_id
    risk, segment = a_prediction(ADA).risk_level, a_value(ADA).segment_id
    other = next(each for each in RiskLevel if each is not risk)
    found = listed(CustomerFilter(risk, segment), limit=9)
    assert [each.customer_id for each in found] == [ADA]
    assert listed(CustomerFilter(risk=other), limit=9) == []
    assert listed(CustomerFilter(segment_id=SegmentId("nowhere")), limit=9) == []


def test_a_lead_is_found_by_address_whether_it_has_a_score_or_not(
    repositories: Repositories,
) -> None:
    lead = repositories.forms.save_lead(a_lead(email=EMAIL))
    [found] = repositories.forms.find_scored_leads(EMAIL)
    assert (found.lead, found.score) == (lead, None)
    assert repositories.forms.find_scored_leads("no@example.com") == []


def test_an_import_is_followed_without_opening_it(repositories: Repositories) -> None:
    assert repositories.ltv.find_import("an-import") is None
    repositories.ltv.open_import("an-import")
    assert repositories.ltv.find_import("an-import") == OrderImport("an-import")
