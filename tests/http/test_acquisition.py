"""Costs of acquisition, and values by source, over HTTP."""

import pytest

from tests.builders import a_lead, a_run, a_value, an_order, at
from tests.contract.valued import save_values
from tests.http.gateway import Answered, Gateway
from tests.http.problems import require_problem

MAY = "/acquisition-costs/2024-05"


def test_a_months_costs_are_replaced_as_a_whole(gateway: Gateway) -> None:
    first = {"costs": {"google": "120.50", "letter": 3}}
    answer = gateway.call("PUT", MAY, json_body=first)
    assert answer.status == 200
    tag = answer.json["tag"]
    assert answer.json == {
        "month": "2024-05",
        "costs": {"google": "120.50", "letter": "3.00"},
        "total": "123.50",
        "currency": "USD",
        "tag": tag,
    }
    gateway.call("PUT", MAY, json_body={"costs": {"google": "99"}, "currency": "USD"})
    gateway.call("PUT", "/acquisition-costs/2024-04", json_body={"costs": {"google": "1"}})

    months = gateway.call("GET", "/acquisition-costs").json["months"]
    assert [(each["month"], each["costs"]) for each in months] == [
        ("2024-05", {"google": "99.00"}),
        ("2024-04", {"google": "1.00"}),
    ]
    ranged = gateway.call("GET", "/acquisition-costs", query="start=2024-05&end=2024-05").json
    assert [each["month"] for each in ranged["months"]] == ["2024-05"]


class TestStatesOfAMonth:
    """What two people who change a month's costs at the same time are told."""

    def put(self, gateway: Gateway, costs: dict[str, str], **condition: str) -> Answered:
        headers = {name.replace("_", "-"): value for name, value in condition.items()}
        return gateway.call("PUT", MAY, json_body={"costs": costs}, headers=headers)

    def test_the_state_that_was_read_is_replaced_once(self, gateway: Gateway) -> None:
        saved = self.put(gateway, {"google": "1", "letter": "2.5"}).json
        [read] = gateway.call("GET", "/acquisition-costs").json["months"]
        assert read == saved
        assert self.put(gateway, {"google": "2"}, if_match=read["tag"]).status == 200

        refused = self.put(gateway, {"google": "3"}, if_match=read["tag"])
        require_problem(refused, 412, "precondition-failed")
        [left] = gateway.call("GET", "/acquisition-costs").json["months"]
        assert left["costs"] == {"google": "2.00"}

    def test_first_costs_are_entered_once(self, gateway: Gateway) -> None:
        assert self.put(gateway, {"google": "1"}, if_none_match="*").status == 200
        refused = self.put(gateway, {"google": "2"}, if_none_match="*")
        require_problem(refused, 412, "already-exists")

        assert self.put(gateway, {}).json["tag"] is None
        require_problem(self.put(gateway, {}, if_match="*"), 412, "precondition-failed")
        assert self.put(gateway, {"google": "3"}, if_none_match="*").status == 200


@pytest.mark.parametrize(
    ("path", "body", "field", "code"),
    [
        (MAY, {"costs": {"google": "-1"}}, "costs.google", "negative"),
        (MAY, {"costs": {"google": "0.00001"}}, "costs.google", "too_precise"),
        (MAY, {"costs": {"google": "9e99"}}, "costs.google", "amount"),
        (MAY, {"costs": {"google": "1"}, "currency": "EUR"}, "costs.google", "currency_mismatch"),
        (MAY, {}, "costs", "required"),
        ("/acquisition-costs/2024-13", {"costs": {}}, "month", "month"),
    ],
)
def test_a_cost_that_cannot_be_kept_is_refused(
    gateway: Gateway, path: str, body: dict[str, object], field: str, code: str
) -> None:
    answer = gateway.call("PUT", path, json_body=body)
    assert answer.status == 422
    [error] = answer.json["errors"]
    assert (error["field"], error["code"]) == (field, code)


def test_too_many_sources_are_refused(gateway: Gateway) -> None:
    costs = {f"source {number}": "1" for number in range(101)}
    assert gateway.call("PUT", MAY, json_body={"costs": costs}).status == 422


def test_a_source_is_paid_back_in_the_month_its_customers_have_brought_its_cost(
    gateway: Gateway,
) -> None:
    """Ten in the first month of life and five in the second; the third has not passed."""
    repositories = gateway.container.storage.repositories
    first = at("2024-03-10T12:00")
    repositories.forms.save_lead(a_lead("a", email="a@x.org", source="google", first_at=first))
    repositories.ltv.record_orders(
        [
            an_order("1", customer_id="a", email="a@x.org", amount="10", ordered_at=first),
            an_order("2", customer_id="a", amount="5", ordered_at=at("2024-04-10T12:00")),
        ]
    )
    run = a_run(at("2024-05-20T12:00"), settings={"currency": "USD", "margin": 1.0})
    repositories.retention.open_scoring_run(run)
    value = a_value("a", actual="15", residual="9", cohort="2024-03", first_purchase_at=first)
    save_values(repositories, run.run_id, [value], run.as_of)
    repositories.ltv.build_rollups(run.run_id, run.as_of, "UTC")
    repositories.retention.finish_scoring_run(run.run_id, 1)

    def source(cost: str) -> dict[str, object]:
        gateway.call("PUT", "/acquisition-costs/2024-03", json_body={"costs": {"google": cost}})
        [found] = gateway.call("GET", "/ltv/sources", query="start=2024-03").json["sources"]
        return dict(found)

    found = source("12")
    assert found["source"] == "google"
    assert (found["customers"], found["average_ltv"]) == (1, "24.00")
    assert (found["cost"], found["cost_per_customer"], found["ltv_to_cac"]) == ("12.00",) * 2 + (2,)
    assert (found["customers_acquired"], found["payback_months"]) == (1, 1)
    assert source("10")["payback_months"] == 0
    assert source("16")["payback_months"] is None
    assert (source("0")["ltv_to_cac"], source("0")["payback_months"]) == (None, None)


def test_leads_are_analysed_by_source_and_grade(gateway: Gateway) -> None:
    for name in ("ada", "bob"):
        body = {"email": f"{name}@example.com", "utm_source": "google"}
        gateway.call("POST", "/forms/default/submissions", json_body=body)
    [one, _] = gateway.call("GET", "/leads").json["leads"]
    gateway.call("PATCH", f"/leads/{one['lead_id']}", json_body={"status": "closed_won"})

    found = gateway.call("GET", "/leads/analytics").json
    assert found["leads"] == sum(each["leads"] for each in found["by_grade"]) == 2
    [google] = found["by_source"]
    assert google["by_status"] == {"closed_won": 1, "new": 1}
    assert (google["won"], google["won_rate"], google["customers"]) == (1, 0.5, 0)
    empty = gateway.call("GET", "/leads/analytics", query="end=2020-01-01").json
    assert (empty["leads"], empty["by_source"], empty["by_grade"]) == (0, [], [])
