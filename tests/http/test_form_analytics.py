"""Analytics over ranges of days and instants, and a lead's history, over HTTP."""

from itertools import count

import pytest

from succotash.domain.forms.forms import DEFAULT_FORM
from tests.builders import a_submission, at
from tests.http.gateway import Gateway

ANALYTICS = "/forms/analytics"
NUMBERS = count()


@pytest.fixture
def berlin() -> Gateway:
    return Gateway({"SUCCOTASH_STORAGE": "memory", "TIME_ZONE": "Europe/Berlin"})


def submitted(gateway: Gateway, *moments: str) -> None:
    forms = gateway.container.get_form_repository()
    for moment in moments:
        forms.save_form_submission(
            a_submission(f"{next(NUMBERS)}", form_id=DEFAULT_FORM, submitted_at=at(moment))
        )


def total(gateway: Gateway, query: str) -> int:
    found = gateway.call("GET", ANALYTICS, query=query).json
    return int(found["submission_metrics"]["total_submissions"])


def test_days_are_those_of_the_deployments_zone_and_both_included(berlin: Gateway) -> None:
    submitted(
        berlin,
        "2024-03-30T22:59:59.999999Z",
        "2024-03-30T23:00:00Z",
        "2024-03-31T21:59:59.999999Z",
        "2024-03-31T22:00:00Z",
    )
    assert total(berlin, "start=2024-03-31&end=2024-03-31") == 2
    assert total(berlin, "start=2024-03-31") == 3
    assert total(berlin, "end=2024-03-31") == 3
    assert total(berlin, "start=2024-03-30&end=2024-04-01") == 4


def test_instants_are_taken_as_they_are_and_the_end_is_excluded(berlin: Gateway) -> None:
    submitted(berlin, "2024-05-06T12:00:00Z", "2024-05-06T13:00:00Z")
    assert total(berlin, "start=2024-05-06T12:00:00Z&end=2024-05-06T13:00:00Z") == 1
    assert total(berlin, "start=2024-05-06T14:00:00%2B02:00&end=2024-05-06") == 2


def test_every_day_of_a_range_has_its_row(berlin: Gateway) -> None:
    submitted(berlin, "2024-10-26T22:00:00Z", "2024-10-27T22:59:59Z", "2024-10-28T23:00:00Z")
    found = berlin.call("GET", ANALYTICS, query="start=2024-10-27&end=2024-10-29").json
    assert [(each["day"], each["submissions"]) for each in found["daily"]] == [
        ("2024-10-27", 2),
        ("2024-10-28", 0),
        ("2024-10-29", 1),
    ]
    assert found["time_zone"] == "Europe/Berlin"
    assert (found["start"], found["end"]) == ("2024-10-26T22:00:00Z", "2024-10-29T23:00:00Z")
    assert (
        sum(each["submissions"] for each in found["daily"])
        == (found["submission_metrics"]["total_submissions"])
    )


def test_an_open_range_has_no_days(berlin: Gateway) -> None:
    assert berlin.call("GET", ANALYTICS).json["daily"] is None


@pytest.mark.parametrize(
    "query",
    [
        "start=2024-05-06T12:00:00",
        "start=2024-02-30",
        "start=0001-01-01",
        "end=9999-12-31",
        "start=yesterday",
        "start=2024-05-07&end=2024-05-05",
    ],
)
def test_a_range_that_makes_no_sense_is_refused(berlin: Gateway, query: str) -> None:
    assert berlin.call("GET", ANALYTICS, query=query).status == 422


def test_a_lead_shows_what_earlier_answers_were_and_when_its_status_changed(
    gateway: Gateway,
) -> None:
    for company in ("Acme", "Bcme"):
        body = {"email": "Ada@example.com", "company": company}
        gateway.call("POST", "/forms/default/submissions", json_body=body)
    [lead] = gateway.call("GET", "/leads").json["leads"]
    address = f"/leads/{lead['lead_id']}"
    gateway.call("PATCH", address, json_body={"status": "qualified"})
    gateway.call("PATCH", address, json_body={"status": "closed_lost"})
    assert gateway.call("PATCH", address, json_body={"status": "closed_won"}).status == 409
    found = gateway.call("GET", address).json
    assert (found["email"], found["company"]) == ("Ada@example.com", "Acme")
    assert (found["submission_count"], found["status"]) == (2, "closed_lost")
    assert [each["answers"]["company"] for each in found["history"]] == ["Bcme", "Acme"]
    assert found["history_truncated"] is False
    assert [each["status"] for each in found["status_changes"]] == [
        "new",
        "qualified",
        "closed_lost",
    ]
    funnel = gateway.call("GET", ANALYTICS).json["conversion_funnel"]
    assert [each["reached"] for each in funnel["stages"]] == [1, 1, 1, 0, 0, 0]
    assert funnel["lost"] == 1
