"""Money and days as one deployment counts them, and what a changed setting does not change."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from succotash.domain.campaigns.campaigns import CampaignMetrics
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.values import CampaignId, Currency, CustomerId, Money
from succotash.errors import SettingsError
from tests.builders import a_prediction, at
from tests.http.campaigns import create
from tests.http.event_bodies import an_order, send_orders
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


def deployment(folder: Path, **settings: str) -> Gateway:
    """On a storage that outlives a change of settings."""
    return Gateway(
        {"SUCCOTASH_STORAGE": "sqlite", "SQLITE_PATH": f"{folder}/succotash.db", **settings}
    )


def in_memory(**settings: str) -> Gateway:
    return Gateway({"SUCCOTASH_STORAGE": "memory", **settings})


def measure(gateway: Gateway, revenue: str) -> str:
    path = create(gateway)
    metrics = CampaignMetrics(
        targeted=10,
        sent=8,
        revenue=Money(Decimal(revenue), Currency(gateway.container.settings.currency)),
    )
    campaign_id = CampaignId(path.rpartition("/")[2])
    gateway.container.get_retention_repository().update_campaign_metrics(campaign_id, metrics)
    return path


class TestAChangedCurrency:
    def test_what_was_found_in_the_old_one_is_shown_in_it(self, tmp_path: Path) -> None:
        before = deployment(tmp_path, CURRENCY="USD")
        before.call("PUT", "/ltv/segments/rich", json_body={"name": "Rich", "lower_bound": "5.5"})
        send_orders(before, an_order(amount="10.50"))
        before.container.get_churn_scoring().run(at("1998-02-01T00:00:00Z"))
        after = deployment(tmp_path, CURRENCY="JPY")

        analysis = after.call("GET", "/ltv/analysis").json
        assert (analysis["currency"], analysis["total_revenue"]) == ("USD", "10.50")
        assert after.call("GET", "/ltv/customers/c").json["currency"] == "USD"
        segments = after.call("GET", "/ltv/segments").json["segments"]
        assert {each["currency"] for each in segments} == {"USD"}
        analytics = after.call("GET", "/retention/analytics").json
        assert analytics["currency"] == "USD"
        [cohort] = after.call("GET", "/ltv/cohorts").json["cohorts"]
        assert (cohort["currency"], cohort["revenue"]) == ("USD", "10.50")

    def test_a_rule_in_the_new_one_has_no_result_yet(self, tmp_path: Path) -> None:
        before = deployment(tmp_path, CURRENCY="USD")
        path = "/ltv/segments/rich"
        before.call("PUT", path, json_body={"name": "Rich", "lower_bound": "5.5"})
        send_orders(before, an_order(amount="10.50"))
        before.container.get_churn_scoring().run(at("1998-02-01T00:00:00Z"))
        after = deployment(tmp_path, CURRENCY="JPY")

        rule = after.call("PUT", path, json_body={"name": "Rich", "lower_bound": "700"}).json

        assert (rule["currency"], rule["lower_bound"]) == ("JPY", "700")
        assert (rule["resolved_lower_bound"], rule["total_value"]) == (None, "0")

    def test_the_next_run_is_refused_by_the_settings_name(self, tmp_path: Path) -> None:
        send_orders(deployment(tmp_path, CURRENCY="USD"), an_order(amount="10.50"))
        after = deployment(tmp_path, CURRENCY="JPY")
        send_orders(after, an_order("2", amount="1000"))

        with pytest.raises(SettingsError, match=r"CURRENCY is JPY, .* orders in USD"):
            after.container.get_churn_scoring().run(at("1998-02-01T00:00:00Z"))

    def test_revenue_of_campaigns_keeps_its_own_and_is_summed_by_itself(
        self, tmp_path: Path
    ) -> None:
        old = measure(deployment(tmp_path, CURRENCY="USD"), "6.50")
        after = deployment(tmp_path, CURRENCY="JPY")
        measure(after, "700")

        shown = after.call("GET", old).json["metrics"]
        assert (shown["revenue"], shown["currency"]) == ("6.50", "USD")
        for path, part in (
            ("/retention/campaigns", "summary"),
            ("/retention/analytics", "campaign_metrics"),
        ):
            answer = after.call("GET", path)
            assert answer.status == 200
            total = answer.json[part]["metrics"]
            assert (total["revenue"], total["currency"]) == ("700", "JPY")
            assert total["targeted"] == 20


def test_currencies_that_meet_in_the_storage_are_no_fault_of_the_request(tmp_path: Path) -> None:
    high = a_prediction(risk=RiskLevel.HIGH)
    yen = Money(Decimal(1), Currency("JPY"))
    in_yen = replace(high, customer_id=CustomerId("other"), value_at_risk=yen)
    for gateway in (in_memory(), deployment(tmp_path)):
        for prediction in (high, in_yen):
            gateway.container.get_retention_repository().save_churn_prediction(prediction)

        answer = gateway.call("GET", "/retention/analytics")

        assert "detail" not in require_problem(answer, 500, "currency-mismatch")


@pytest.mark.parametrize(
    ("currency", "amount", "recorded", "total"),
    [
        ("USD", "1.2345", "1.2345", "1.23"),
        ("KWD", "1.2345", "1.2345", "1.234"),
        ("JPY", "100", "100", "100"),
        ("USD", "5", "5.00", "5.00"),
    ],
)
def test_orders_are_shown_as_recorded_and_totals_to_the_minor_unit(
    currency: str, amount: str, recorded: str, total: str
) -> None:
    gateway = in_memory(CURRENCY=currency)
    send_orders(gateway, an_order(amount=amount))
    gateway.container.get_churn_scoring().run(at("1998-02-01T00:00:00Z"))

    customer = gateway.call("GET", "/retention/customers/c").json
    assert customer["history"][0]["amount"] == recorded
    assert customer["value"]["actual_clv"] == total
    assert gateway.call("GET", "/ltv/analysis").json["total_revenue"] == total


@pytest.mark.parametrize(
    ("zone", "as_of", "months"),
    [
        ("America/New_York", "1998-02-01T04:59:59Z", 1),
        ("America/New_York", "1998-02-01T05:00:00Z", 2),
        ("Pacific/Apia", "1998-02-01T10:59:59Z", 1),
        ("Pacific/Apia", "1998-02-01T11:00:00Z", 2),
        ("Asia/Tokyo", "1998-01-31T14:59:59Z", 1),
        ("Asia/Tokyo", "1998-01-31T15:00:00Z", 2),
    ],
)
def test_a_month_has_passed_when_it_is_over_in_the_runs_zone(
    zone: str, as_of: str, months: int
) -> None:
    """Samoa kept UTC-11 until it crossed the date line in 2011."""
    gateway = in_memory(TIME_ZONE=zone)
    send_orders(gateway, an_order(ordered_at="1998-01-15T12:00:00Z"))
    gateway.container.get_churn_scoring().run(at(as_of))

    periods = gateway.call("GET", "/ltv/cohorts/1998-01").json["periods"]
    assert [each["mature"] for each in periods] == [True, False][2 - months :]
    grid = gateway.call("GET", "/retention/cohorts", query="period=month&mode=nday").json
    [row] = grid["cohorts"]
    assert len(row["cells"]) == months


def test_totals_of_the_greatest_orders_are_answered(tmp_path: Path) -> None:
    for gateway in (in_memory(), deployment(tmp_path)):
        orders = [
            an_order(customer_id=f"c{number}", amount="999999999999.9999") for number in range(300)
        ]
        assert send_orders(gateway, *orders).json["recorded"] == 300
        gateway.container.get_churn_scoring().run(at("1998-02-01T00:00:00Z"))

        for name in ("analysis", "customers", "segments", "cohorts", "distribution"):
            assert gateway.call("GET", f"/ltv/{name}").status == 200
        assert gateway.call("GET", "/retention/analytics").status == 200
