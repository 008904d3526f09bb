"""What customers are worth, over HTTP."""

import pytest

from succotash.domain.values import Json
from tests.builders import a_value
from tests.events import sample
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


def test_a_customers_value_is_money_in_decimal_strings(scored: Gateway) -> None:
    answer = scored.send(sample("ltv_queries.customer"))

    assert answer.status == 200
    assert answer.json["customer_id"] == "customer_123"
    assert answer.json["predicted_clv"] == "42.50"
    assert answer.json["currency"] == "USD"
    assert answer.json["probability_alive"] == 0.7
    assert answer.json["first_purchase_at"] == "2024-05-06T12:00:00Z"


def test_analysis_covers_both_days_of_its_range(scored: Gateway) -> None:
    for query in ("", "start=2024-05-06&end=2024-05-06"):
        answer = scored.call("GET", "/ltv/analysis", query=query)

        assert answer.status == 200
        assert answer.json["currency"] == "USD"


def test_customers_page_by_value(gateway: Gateway) -> None:
    for number in range(5):
        value = a_value(f"c{number}", actual=str(number))
        gateway.container.get_ltv_repository().save_customer_ltv(value)

    first = gateway.call("GET", "/ltv/customers", query="limit=3").json
    rest = gateway.call("GET", "/ltv/customers", query={"cursor": first["next_cursor"]}).json

    assert [each["customer_id"] for each in first["customers"]] == ["c4", "c3", "c2"]
    assert [each["customer_id"] for each in rest["customers"]] == ["c1", "c0"]
    assert rest["next_cursor"] is None


def test_customers_are_found_by_segment_and_cohort(scored: Gateway) -> None:
    def found(query: str) -> int:
        return len(scored.call("GET", "/ltv/customers", query=query).json["customers"])

    assert found("segment=low_value&cohort_id=2024-05") == 2
    assert found("segment=vip") == 0


def test_a_segment_takes_a_quantile_or_a_bound(gateway: Gateway) -> None:
    by_quantile = gateway.call(
        "PUT", "/ltv/segments/best", json_body={"name": "Best", "lower_quantile": 0.9}
    )
    by_bound = gateway.call(
        "PUT", "/ltv/segments/rich", json_body={"name": "Rich", "lower_bound": 100.50}
    )

    assert (by_quantile.status, by_quantile.json["lower_quantile"]) == (200, 0.9)
    assert (by_bound.status, by_bound.json["lower_bound"]) == (200, "100.50")
    ids = {each["segment_id"] for each in gateway.call("GET", "/ltv/segments").json["segments"]}
    assert {"best", "rich"} <= ids


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "A"}, "lower_quantile"),
        ({"name": "A", "lower_quantile": 0.5, "lower_bound": "1"}, "lower_quantile"),
        ({"name": "A", "lower_quantile": 1}, "lower_quantile"),
        ({"name": "A", "lower_quantile": "0.5"}, "lower_quantile"),
        ({"name": "A", "lower_bound": "1", "currency": "EUR"}, "lower_bound"),
        ({"name": "A", "lower_bound": "a lot"}, "lower_bound"),
        ({"name": "A", "lower_bound": "0.00001"}, "lower_bound"),
        ({"name": "A", "lower_bound": "-1"}, "lower_bound"),
        ({"name": "A", "lower_bound": "1000000000000"}, "lower_bound"),
        ({"name": "A", "lower_bound": 1e300}, "lower_bound"),
        ({"name": "A", "lower_quantile": 0.5, "currency": "USD"}, "currency"),
        ({"lower_quantile": 0.5}, "name"),
    ],
)
def test_a_segment_that_makes_no_sense_is_refused(body: Json, field: str, gateway: Gateway) -> None:
    answer = gateway.call("PUT", "/ltv/segments/new", json_body=body)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert [each["field"] for each in errors] == [field]
    assert "new" not in str(gateway.call("GET", "/ltv/segments").json)


def test_cohorts_are_listed_and_opened(scored: Gateway) -> None:
    listed = scored.send(sample("ltv_queries.cohorts")).json["cohorts"]

    assert [each["cohort_id"] for each in listed] == ["2024-05"]
    opened = scored.call("GET", "/ltv/cohorts/2024-05")
    assert (opened.status, opened.json["revenue"]) == (200, "120.50")
    assert opened.json["run"] is None, "no run has taken place"


@pytest.mark.parametrize(
    "query", ["segment=nobody", "cohort_id=1996-01", "segment=vip&cohort_id=1996-01"]
)
def test_customers_of_what_there_is_not_are_not_found(scored: Gateway, query: str) -> None:
    require_problem(scored.call("GET", "/ltv/customers", query=query), 404, "not-found")


def test_a_segment_may_have_nobody(scored: Gateway) -> None:
    answer = scored.call("GET", "/ltv/customers", query="segment=vip")

    assert answer.json == {"customers": [], "next_cursor": None, "run": None}


def test_cohorts_are_added_up_by_quarter(scored: Gateway) -> None:
    listed = scored.call("GET", "/ltv/cohorts", query="by=quarter").json

    assert listed["by"] == "quarter"
    assert [each["cohort_id"] for each in listed["cohorts"]] == ["2024-Q2"]
    opened = scored.call("GET", "/ltv/cohorts/2024-Q2").json
    assert opened["customers"] == listed["cohorts"][0]["customers"]
    require_problem(scored.call("GET", "/ltv/cohorts/2024-Q3"), 404, "not-found")


def test_a_value_says_between_what_it_lies(scored: Gateway) -> None:
    answer = scored.call("GET", "/ltv/customers/customer_123").json

    assert answer["predicted_clv_interval"] == {
        "low": "30.00",
        "high": "70.00",
        "level": 0.8,
        "is_point": False,
    }
