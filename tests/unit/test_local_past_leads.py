"""The demo's invented leads, who wrote in the past."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from local.demo import CONTACT, CONTACT_FORM, SCORED_AT, Answer
from local.demo_leads import COSTS, SUSPECT, invented_leads
from local.past_leads import forget_costs, record_past_leads
from succotash.container import Container
from succotash.domain.forms.forms import Form
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import require_legal_step
from succotash.domain.values import FormId, Json
from tests.builders.values import at

NOW = at("2026-03-02T09:30:00Z")


@pytest.fixture
def container() -> Container:
    made = Container({"SUCCOTASH_STORAGE": "memory"}, clock=lambda: NOW)
    made.get_form_handler().put_form(Form(FormId(CONTACT), str(CONTACT_FORM["title"])), ())
    return made


def submissions(container: Container) -> int:
    found = container.get_form_handler().get_form_analytics()
    return found["submission_metrics"]["total_submissions"]


def test_they_are_the_same_each_time_and_have_addresses_of_their_own() -> None:
    leads = list(invented_leads(NOW))

    assert leads == list(invented_leads(NOW))
    assert len({each.email for each in leads}) == len(leads)
    assert all(each.email == each.email.lower() for each in leads)
    assert all("example." in each.email for each in leads)
    assert [each.fields for each in invented_leads(SCORED_AT)] == [each.fields for each in leads]


def test_nobody_writes_or_moves_on_in_the_future_and_every_step_is_legal() -> None:
    for lead in invented_leads(NOW):
        instants = [lead.wrote_at, *(each for _, each in lead.changes)]
        assert instants == sorted(instants)
        assert instants[-1] < NOW
        steps = [status for status, _ in lead.changes]
        for before, after in pairwise(steps):
            require_legal_step(before, after)


def test_they_write_once_and_one_of_them_waits_in_quarantine(container: Container) -> None:
    everybody = len(list(invented_leads(NOW)))

    assert record_past_leads(container) == everybody
    assert record_past_leads(container) == 0

    assert submissions(container) == everybody
    [held] = container.get_form_repository().get_submissions_by_form(
        FormId(CONTACT), state=SubmissionState.QUARANTINED
    )
    assert held.answers["email"] == SUSPECT["email"]


def test_leads_are_of_the_weeks_in_which_they_wrote(container: Container) -> None:
    record_past_leads(container)

    for end in (SCORED_AT.date() - timedelta(days=1), NOW.date()):
        found = container.get_overview().get_overview(28, end)
        assert found["new_leads"]["now"] > 5 < found["new_leads"]["before"]
        assert found["hot_leads"]["now"] > 0


def test_those_who_are_missing_write_later_and_nobody_else_does(container: Container) -> None:
    *_, last = leads = list(invented_leads(NOW))
    record_past_leads(container)
    container.get_people_handler().erase_person(last.email)
    left = submissions(container)

    record_past_leads(container)

    assert left == submissions(container) == len(leads) - 1


def test_costs_that_somebody_entered_stay(container: Container) -> None:
    ltv = container.get_ltv_handler()
    first, *others = COSTS
    record_past_leads(container)
    months: dict[str, Any] = {each["month"]: each for each in ltv.get_acquisition_costs()}
    assert sorted(months) == sorted(COSTS)
    changed = {first: {"month": first, "costs": {"google": Decimal(1)}}}
    emptied: list[str] = []

    def call(method: str, path: str, body: Json = None, **_: object) -> Answer:
        if method == "GET":
            return Answer(200, {"months": [*(months | changed).values()]})
        assert body == {"costs": {}}
        emptied.append(path.rpartition("/")[2])
        return Answer(200, {})

    assert forget_costs(call) == sum(len(COSTS[each]) for each in others)
    assert sorted(emptied) == others
