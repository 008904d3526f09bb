"""The overview of a period, over HTTP."""

from datetime import UTC, datetime

import pytest

from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.retention.retention import RetentionAnalytics
from tests.builders import a_run, a_submission, an_order, at, usd
from tests.http.gateway import Gateway

VIEWER = ["overview:read"]


@pytest.fixture
def berlin() -> Gateway:
    return Gateway({"SUCCOTASH_STORAGE": "memory", "TIME_ZONE": "Europe/Berlin"})


def overview(gateway: Gateway, query: str = "") -> dict[str, object]:
    answer = gateway.call("GET", "/overview", query=query, scopes=VIEWER)
    assert answer.status == 200
    found: dict[str, object] = answer.json
    return found


def finish_run(gateway: Gateway, moment: str, at_risk: str, high: int) -> None:
    """A run as of then, with the revenue of the ledger and such a summary."""
    repositories = gateway.container.storage.repositories
    run = a_run(at(moment), settings={"currency": "USD", "time_zone": "Europe/Berlin"})
    repositories.retention.open_scoring_run(run)
    repositories.ltv.build_revenue_days(run.run_id, run.as_of, "Europe/Berlin")
    found = RetentionAnalytics(
        run.run_id,
        high,
        {"high": high},
        {},
        average_churn_probability=0.5,
        average_engagement_score=None,
        value_at_risk=usd(at_risk),
    )
    repositories.retention.finish_scoring_run(run.run_id, high, summary=found.to_dict())


def test_a_viewer_sees_a_period_and_the_one_before_in_the_companys_days(
    berlin: Gateway,
) -> None:
    forms = berlin.container.get_form_repository()
    for number, moment in enumerate(
        ("2024-05-05T21:59", "2024-05-05T22:00", "2024-05-06T21:59", "2024-05-06T22:00")
    ):
        forms.save_form_submission(
            a_submission(f"{number}", form_id=DEFAULT_FORM, submitted_at=at(moment))
        )
    found = overview(berlin, "days=1&end=2024-05-06")
    assert (found["start"], found["end"], found["days"]) == ("2024-05-06", "2024-05-06", 1)
    assert found["submissions"] == {"now": 2, "before": 1}
    assert (found["revenue"], found["risk"]) == (None, None), "before the first run"
    assert found["time_zone"] == "Europe/Berlin"


def test_without_an_end_the_period_ends_today(berlin: Gateway) -> None:
    before = datetime.now(UTC)
    body = {"email": "ada@example.com"}
    berlin.call("POST", "/forms/default/submissions", json_body=body)
    found = overview(berlin)
    assert found["submissions"] == {"now": 1, "before": 0}
    assert found["new_leads"] == {"now": 1, "before": 0}
    assert str(found["end"]) >= f"{before:%Y-%m-%d}"


def test_revenue_is_compared_over_as_many_days_as_the_run_knows(berlin: Gateway) -> None:
    ltv = berlin.container.get_ltv_repository()
    ltv.record_orders(
        [
            an_order("1", amount="10", ordered_at=at("2024-05-08T10:00")),
            an_order("2", amount="-3", ordered_at=at("2024-05-09T10:00"), refund_of="1"),
            an_order("3", amount="20", ordered_at=at("2024-05-01T10:00")),
            an_order("4", amount="40", ordered_at=at("2024-05-04T10:00")),
        ]
    )
    finish_run(berlin, "2024-05-02T12:00", "9.50", 2)
    finish_run(berlin, "2024-05-09T12:00", "12.25", 3)

    found = overview(berlin, "days=7&end=2024-05-14")
    assert found["revenue"] == {
        "as_of": "2024-05-09T12:00:00Z",
        "through": "2024-05-09",
        "by_currency": [
            {
                "currency": "USD",
                "now": "7.00",
                "before": "20.00",
                "orders_now": 1,
                "orders_before": 1,
            }
        ],
    }
    assert found["risk"] == {
        "currency": "USD",
        "value_now": "12.25",
        "value_before": "9.50",
        "customers_now": 3,
        "customers_before": 2,
        "as_of": "2024-05-09T12:00:00Z",
        "before_as_of": "2024-05-02T12:00:00Z",
    }
    later = overview(berlin, "days=7&end=2024-05-30")["revenue"]
    assert isinstance(later, dict)
    assert (later["through"], later["by_currency"]) == (None, [])


def test_what_needs_attention_is_counted(berlin: Gateway) -> None:
    repositories = berlin.container.storage.repositories
    assert overview(berlin)["attention"] == {
        "quarantined": 0,
        "failed_messages": 0,
        "uncertain_deliveries": 0,
        "failed_imports": 0,
        "is_run_late": True,
        "last_run": None,
    }
    held = a_submission("held", form_id=DEFAULT_FORM, state=SubmissionState.QUARANTINED)
    repositories.forms.save_form_submission(held)
    now = datetime.now(UTC)
    repositories.ltv.note_import_started("refused", now)
    repositories.ltv.note_import_ended("refused", now, "format")
    run = a_run(now)
    repositories.retention.note_run_started(run.run_id, now, now)
    repositories.retention.note_run_ended(run.run_id, now, now, "SettingsError")

    found = overview(berlin)["attention"]
    assert isinstance(found, dict)
    assert (found["quarantined"], found["failed_imports"]) == (1, 1)
    assert found["last_run"]["stage"] == "failed"
    assert found["last_run"]["failure"] == "SettingsError"


@pytest.mark.parametrize("query", ["days=0", "days=367", "days=a", "end=2024-02-30", "start=1"])
def test_a_period_that_makes_no_sense_is_refused(gateway: Gateway, query: str) -> None:
    assert gateway.call("GET", "/overview", query=query).status == 422


def test_scopes_of_customers_do_not_open_the_overview(gateway: Gateway) -> None:
    assert gateway.call("GET", "/overview", scopes=["ltv:read"]).status == 403
