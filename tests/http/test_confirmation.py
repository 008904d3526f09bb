"""Links by which people confirm that it was they who sent a submission."""

import dataclasses
import html
import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from succotash.application.intake.confirmations import CONFIRMATION_LIFETIME, CONFIRMATION_PURPOSE
from succotash.application.intake.views import SubmissionView
from succotash.container import Container
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.intake.signing import Signer
from succotash.domain.leads.leads import LeadQuery
from succotash.domain.values import FormId, system_clock
from tests.events import http_event
from tests.http.gateway import Answered, Gateway

PATH = "/f/default/confirm"
KEY = "a-key-that-nobody-guesses"
PAGE = {"accept": "text/html,*/*"}
FORM = PAGE | {"content-type": "application/x-www-form-urlencoded"}


class Desk:
    """A form that asks for confirmation, and what people send through it."""

    def __init__(self) -> None:
        self.gateway = Gateway({"SUCCOTASH_STORAGE": "memory", "FORM_TOKEN_KEYS": KEY})
        forms = self.container.get_form_repository()
        form = dataclasses.replace(forms.get_form(DEFAULT_FORM), double_opt_in=True)
        forms.save_form(form, forms.get_validation_rules(DEFAULT_FORM))

    @property
    def container(self) -> Container:
        return self.gateway.container

    def submit(self, message: str = "hello", **controls: str) -> SubmissionView:
        fields = {"email": "ada@example.com", "message": message} | controls
        receipt = self.container.get_form_handler().submit_form(fields)
        return self.stored(receipt["submission_id"])

    def stored(self, submission_id: str) -> SubmissionView:
        return self.container.get_form_handler().get_submission(submission_id)

    def token(self, submission: SubmissionView, at: datetime | None = None) -> str:
        signer = self.container.signer(CONFIRMATION_PURPOSE)
        return signer.sign(submission["submission_id"], at or system_clock())

    def look(self, token: str, path: str = PATH) -> Answered:
        return self.gateway.send(
            http_event("GET", path, query={"token": token, "utm_source": "x"}, headers=PAGE)
        )

    def confirm(self, token: str, path: str = PATH) -> Answered:
        body = urlencode({"token": token})
        return self.gateway.send(http_event("POST", path, body=body, headers=FORM))

    def leads(self) -> int:
        return len(self.container.get_form_repository().find_leads(LeadQuery()))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_until_it_is_confirmed_a_submission_waits_and_is_no_lead(desk: Desk) -> None:
    waiting = desk.submit()
    assert (waiting["state"], waiting["lead_id"], desk.leads()) == ("unconfirmed", None, 0)
    listed = desk.gateway.call("GET", "/forms/default/submissions", query={"state": "unconfirmed"})
    assert [each["submission_id"] for each in listed.json["submissions"]] == [
        waiting["submission_id"]
    ]


def test_following_the_link_confirms_nothing_and_the_buttons_post_does(desk: Desk) -> None:
    waiting = desk.submit()
    page = desk.look(desk.token(waiting))
    assert page.status == 200
    assert desk.stored(waiting["submission_id"])["state"] == "unconfirmed"
    found = re.search(r'name="token" value="([^"]+)"', page.body)
    assert found
    assert 'action="confirm"' in page.body
    done = desk.confirm(html.unescape(found[1]))
    assert done.status == 200
    confirmed = desk.stored(waiting["submission_id"])
    assert (confirmed["state"], desk.leads()) == ("accepted", 1)
    assert confirmed["submitted_at"] == waiting["submitted_at"]


def test_confirming_again_changes_nothing(desk: Desk) -> None:
    waiting = desk.submit()
    token = desk.token(waiting)
    assert [desk.confirm(token).status for _ in range(3)] == [200, 200, 200]
    assert desk.leads() == 1
    [lead] = desk.container.get_form_repository().find_leads(LeadQuery())
    assert lead.lead.submission_count == 1


def test_of_two_equal_ones_that_are_confirmed_the_second_is_a_duplicate(desk: Desk) -> None:
    first, second = desk.submit(), desk.submit()
    assert second["state"] == "unconfirmed"
    for each in (second, first):
        desk.confirm(desk.token(each))
    assert desk.stored(second["submission_id"])["state"] == "accepted"
    assert desk.stored(first["submission_id"])["duplicate_of"] == second["submission_id"]


def test_a_suspect_that_is_released_waits_for_its_person(desk: Desk) -> None:
    suspect = desk.submit(_gotcha="x")
    assert suspect["state"] == "quarantined"
    assert desk.confirm(desk.token(suspect)).status == 200
    assert desk.stored(suspect["submission_id"])["state"] == "quarantined"
    released = desk.container.get_form_handler().release_submission(suspect["submission_id"])
    assert (released["state"], desk.leads()) == ("unconfirmed", 0)
    desk.confirm(desk.token(suspect))
    assert desk.stored(suspect["submission_id"])["state"] == "accepted"


def test_a_link_that_is_too_old_says_so(desk: Desk) -> None:
    waiting = desk.submit()
    old = desk.token(waiting, system_clock() - CONFIRMATION_LIFETIME - timedelta(seconds=5))
    for answer in (desk.look(old), desk.confirm(old)):
        assert answer.status == 410
        assert "does not work any more" in answer.body
    assert desk.stored(waiting["submission_id"])["state"] == "unconfirmed"


@pytest.mark.parametrize("token", ["", "x", "a.b", "<script>", "x" * 900])
def test_a_link_that_was_not_made_here_confirms_nothing(token: str, desk: Desk) -> None:
    for answer in (desk.look(token), desk.confirm(token)):
        assert answer.status == 404
        assert "<script>" not in answer.body


def test_a_token_of_another_key_purpose_or_form_confirms_nothing(desk: Desk) -> None:
    waiting = desk.submit()
    now, subject = system_clock(), waiting["submission_id"]
    forged = (
        Signer(CONFIRMATION_PURPOSE, ["another key of some length"]).sign(subject, now),
        Signer("form", [KEY]).sign(subject, now),
    )
    assert [desk.confirm(each).status for each in forged] == [404, 404]
    repository = desk.container.get_form_repository()
    other = dataclasses.replace(repository.get_form(DEFAULT_FORM), form_id=FormId("other"))
    repository.save_form(other, [])
    assert desk.confirm(desk.token(waiting), "/f/other/confirm").status == 404
    assert desk.stored(subject)["state"] == "unconfirmed"


def test_a_link_to_what_was_erased_is_of_no_use(desk: Desk) -> None:
    token = desk.token(desk.submit())
    desk.container.get_form_repository().erase_person("ada@example.com")
    assert desk.confirm(token).status == 404


def test_where_no_address_was_asked_for_there_is_nobody_to_confirm(desk: Desk) -> None:
    repository = desk.container.get_form_repository()
    repository.save_form(dataclasses.replace(repository.get_form(DEFAULT_FORM)), [])
    receipt = desk.container.get_form_handler().submit_form({"message": "hello"})
    assert desk.stored(receipt["submission_id"])["state"] == "accepted"


def test_a_program_is_told_of_a_useless_link_in_its_own_terms(desk: Desk) -> None:
    answer = desk.gateway.send(http_event("GET", PATH, query={"token": "x"}))
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_who_must_confirm_is_told_so_by_the_page(desk: Desk) -> None:
    thanks = desk.gateway.send(http_event("GET", "/f/default/thanks"))
    assert "confirm it by the link in the e-mail" in thanks.body


def test_pages_of_a_confirmation_load_nothing_and_are_framed_by_nobody(desk: Desk) -> None:
    policy = desk.look(desk.token(desk.submit())).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
