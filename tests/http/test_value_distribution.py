"""How many customers are worth how much, over HTTP."""

import pytest

from tests.builders import at
from tests.http.event_bodies import an_order, send_orders
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


def spent(gateway: Gateway, *amounts: str) -> None:
    """One customer for each amount, scored."""
    send_orders(
        gateway,
        *(
            an_order(order_id=f"o{place}", customer_id=f"c{place}", amount=amount)
            for place, amount in enumerate(amounts)
        ),
    )
    gateway.container.get_churn_scoring().run(at("1998-02-01T00:00:00Z"))


def test_bins_hold_every_customer_and_leave_no_gap() -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory"})
    spent(gateway, "10.50", "14.99", "15.00", "48.00")

    found = gateway.call("GET", "/ltv/distribution", query="measure=actual_clv").json

    assert found["measure"] == "actual_clv"
    assert (found["customers"], found["total"], found["average"]) == (4, "88.49", "22.12")
    assert [(each["low"], each["high"], each["customers"]) for each in found["bins"]] == [
        ("10.00", "15.00", 2),
        ("15.00", "20.00", 1),
        ("20.00", "30.00", 0),
        ("30.00", "50.00", 1),
    ]
    assert [each["total"] for each in found["bins"]] == ["25.49", "15.00", "0.00", "48.00"]
    assert found["run"]["as_of"] == "1998-02-01T00:00:00Z"


def test_without_a_measure_it_is_the_lifetime_value_and_agrees_with_the_analysis() -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory"})
    spent(gateway, "10", "20", "3000")

    found = gateway.call("GET", "/ltv/distribution").json
    analysis = gateway.call("GET", "/ltv/analysis").json

    assert found["measure"] == "predicted_clv"
    assert (found["total"], found["average"]) == (
        analysis["total_predicted_clv"],
        analysis["average_ltv"],
    )


def test_edges_are_shown_as_they_are_in_a_currency_without_minor_units() -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory", "CURRENCY": "JPY"})
    spent(gateway, "1")

    [found] = gateway.call("GET", "/ltv/distribution", query="measure=actual_clv").json["bins"]

    assert (found["low"], found["high"]) == ("1", "1.5")


def test_before_the_first_run_it_is_empty(gateway: Gateway) -> None:
    found = gateway.call("GET", "/ltv/distribution").json

    assert (found["customers"], found["average"], found["bins"], found["run"]) == (
        0,
        None,
        [],
        None,
    )


@pytest.mark.parametrize("query", ["measure=average_order_value", "measure=", "bins=10"])
def test_what_is_not_counted_is_refused(gateway: Gateway, query: str) -> None:
    require_problem(gateway.call("GET", "/ltv/distribution", query=query), 422, "invalid-input")
