"""What every storage tells of customers who are looked for, listed, or followed while imported."""

from succotash.domain.consents.consents import MARKETING, Consent, ConsentOrigin, ConsentState
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.customers import CustomerFilter, CustomerRow
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.value.order_import import OrderImport
from succotash.domain.values import CustomerId, SegmentId
from tests.builders import NOON, a_lead, a_prediction, a_value, an_order

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
