"""Taking submissions and releasing them, on storage in memory."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.application.intake.submission_intake import ClientInfo
from succotash.application.intake.views import SubmissionView
from succotash.application.messages.deliveries import Deliveries
from succotash.domain.forms.forms import DEFAULT_FORM, Form, FormField, SpamSettings
from succotash.domain.intake.signing import Signer
from succotash.domain.intake.spam import ChallengeState, ChallengeVerifier
from succotash.domain.leads.leads import LeadQuery, ScoredLead
from succotash.domain.values import FormId, Json, uuid7
from succotash.errors import ConflictError, NotFoundError, StorageUnavailableError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, days, minutes

EMAIL = "ada@example.com"
WINDOW = Form(DEFAULT_FORM, "Default").duplicate_window


class Desk:
    """A handler whose clock the test sets."""

    def __init__(self) -> None:
        self.now = NOON
        self.storage = InMemoryStorage()
        ids = count(1)
        self.handler = FormHandler(self.storage, lambda: self.now, lambda: f"id-{next(ids):03}")

    def submit(self, message: str = "hello", **controls: Json) -> SubmissionView:
        receipt = self.handler.submit_form({"email": EMAIL, "message": message} | controls)
        return self.handler.get_submission(receipt["submission_id"])

    def suspicious(self, message: str = "hello") -> SubmissionView:
        return self.submit(message, _gotcha="filled in")

    def release(self, submission: SubmissionView) -> SubmissionView:
        return self.handler.release_submission(submission["submission_id"])

    def only_lead(self) -> ScoredLead:
        [found] = self.storage.repositories.forms.find_leads(LeadQuery())
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestDuplicates:
    def test_a_duplicate_belongs_to_its_originals_lead_and_changes_nothing_about_it(
        self, desk: Desk
    ) -> None:
        original = desk.submit()
        before = desk.only_lead()
        desk.now += minutes(1)
        copy = desk.submit()
        assert copy["state"] == "duplicate"
        assert copy["duplicate_of"] == original["submission_id"]
        assert copy["lead_id"] == original["lead_id"] is not None
        assert desk.only_lead() == before

    def test_an_equal_submission_after_the_window_counts(self, desk: Desk) -> None:
        desk.submit()
        desk.now += WINDOW + timedelta(microseconds=1)
        assert desk.submit()["state"] == "accepted"
        assert desk.only_lead().lead.submission_count == 2


class TestRelease:
    def test_a_released_submission_becomes_a_lead_scored_as_of_now(self, desk: Desk) -> None:
        quarantined = desk.suspicious()
        desk.now += days(20)
        released = desk.release(quarantined)
        found = desk.only_lead()
        assert (released["state"], released["lead_id"]) == ("accepted", found.lead.lead_id)
        assert found.lead.last_submission_at == NOON
        assert found.score is not None
        assert found.score.scored_at == desk.now
        assert found.score.by_category()["recency"] == 3

    def test_of_two_equal_ones_in_quarantine_the_second_is_released_as_a_duplicate(
        self, desk: Desk
    ) -> None:
        first = desk.suspicious()
        desk.now += minutes(1)
        second = desk.suspicious()
        desk.now += days(30)
        assert desk.release(second)["state"] == "accepted"
        late = desk.release(first)
        assert (late["state"], late["duplicate_of"]) == ("duplicate", second["submission_id"])
        found = desk.only_lead()
        assert late["lead_id"] == found.lead.lead_id
        assert found.lead.submission_count == 1

    def test_a_submission_is_released_once(self, desk: Desk) -> None:
        quarantined = desk.suspicious()
        desk.release(quarantined)
        with pytest.raises(ConflictError):
            desk.release(quarantined)
        assert desk.only_lead().lead.submission_count == 1


class TestAnalytics:
    def test_the_funnel_counts_the_leads_of_the_form_and_source_asked_for(self, desk: Desk) -> None:
        desk.storage.repositories.forms.save_form(Form(DEFAULT_FORM, "Default"), [])
        desk.submit(utm_source="newsletter")

        def first_stage(form_id: str | None = None, source: str | None = None) -> int:
            found = desk.handler.get_form_analytics(form_id=form_id, source=source)
            reached = found["conversion_funnel"]["stages"][0]["reached"]
            assert reached == found["lead_metrics"]["new_leads"]
            return reached

        assert first_stage(source="newsletter") == first_stage(DEFAULT_FORM) == 1
        assert first_stage(source="elsewhere") == 0

    def test_an_unknown_form_has_no_analytics(self, desk: Desk) -> None:
        with pytest.raises(NotFoundError):
            desk.handler.get_form_analytics(form_id="nowhere")


class TestSpam:
    """What a submission is judged by that the handler finds out itself."""

    def handler(
        self,
        desk: Desk,
        tokens: Callable[[], Signer] | None = None,
        challenges: ChallengeVerifier | None = None,
    ) -> FormHandler:
        deliveries = Deliveries(challenges=challenges)
        return FormHandler(
            desk.storage, lambda: desk.now, uuid7, tokens=tokens, deliveries=deliveries
        )

    def define(self, desk: Desk, spam: SpamSettings, *fields: str) -> None:
        asked = tuple(FormField(name, name.title()) for name in fields)
        form = Form(FormId("guarded"), "Guarded", fields=asked, spam=spam)
        desk.storage.repositories.forms.save_form(form, [])

    def reasons(self, desk: Desk, handler: FormHandler, **fields: Json) -> list[str]:
        receipt = handler.submit_form({"email": "ada@example.com", **fields}, "guarded")
        stored = desk.handler.get_submission(receipt["submission_id"])
        assert (stored["lead_id"] is None) is bool(stored["spam_reasons"])
        return stored["spam_reasons"]

    def signer(self) -> Signer:
        return Signer("form", ("a key of very many letters",))

    def test_a_page_that_was_open_for_a_while_comes_with_a_good_token(self, desk: Desk) -> None:
        self.define(desk, SpamSettings(requires_token=True))
        handler = self.handler(desk, self.signer)
        token = handler.issue_token("guarded")
        desk.now += minutes(1)
        assert self.reasons(desk, handler, _token=token) == []

    def test_a_robot_is_too_fast(self, desk: Desk) -> None:
        self.define(desk, SpamSettings())
        handler = self.handler(desk, self.signer)
        [reason] = self.reasons(desk, handler, _token=handler.issue_token("guarded"))
        assert reason.startswith("was sent 0 s after")

    def test_keys_out_of_reach_quarantine_and_lose_nothing(self, desk: Desk) -> None:
        self.define(desk, SpamSettings())

        def out_of_reach() -> Signer:
            raise StorageUnavailableError("no keys")

        handler = self.handler(desk, out_of_reach)
        assert handler.issue_token("guarded") is None
        assert self.reasons(desk, handler) == []
        [reason] = self.reasons(desk, handler, _token="anything", n="2")
        assert "could not be checked" in reason

    def test_a_deployment_without_tokens_gives_none_and_judges_none(self, desk: Desk) -> None:
        self.define(desk, SpamSettings())
        assert desk.handler.issue_token("guarded") is None
        assert self.reasons(desk, desk.handler, _token="anything") == []

    def test_a_trap_by_any_name_is_no_answer(self, desk: Desk) -> None:
        self.define(desk, SpamSettings(honeypot="website"), "email")
        receipt = desk.handler.submit_form({"email": "ada@example.com", "website": ""}, "guarded")
        stored = desk.handler.get_submission(receipt["submission_id"])
        assert (stored["state"], stored["answers"]) == ("accepted", {"email": "ada@example.com"})
        assert len(self.reasons(desk, desk.handler, website="https://robot")) == 1

    @pytest.mark.parametrize(
        "state", [ChallengeState.PASSED, ChallengeState.FAILED, ChallengeState.UNKNOWN]
    )
    def test_only_a_challenge_that_was_passed_makes_a_lead(
        self, desk: Desk, state: ChallengeState
    ) -> None:
        self.define(desk, SpamSettings(turnstile_secret_arn="arn:secret"))
        asked: list[tuple[str, str, str | None]] = []
        requests: set[UUID] = set()

        class Verifier:
            def verify(
                self, secret_arn: str, response: str, ip_address: str | None, request_id: UUID
            ) -> ChallengeState:
                asked.append((secret_arn, response, ip_address))
                requests.add(request_id)
                return state

        handler = self.handler(desk, challenges=Verifier())
        found = self.reasons(desk, handler, **{"cf-turnstile-response": "answer"})
        assert bool(found) is (state is not ChallengeState.PASSED)
        assert asked == [("arn:secret", "answer", None)]
        assert len(requests) == 1

    def test_a_challenge_nobody_answered_asks_nobody(self, desk: Desk) -> None:
        self.define(desk, SpamSettings(turnstile_secret_arn="arn:secret"))
        [reason] = self.reasons(desk, desk.handler)
        assert "without an answer" in reason

    def test_a_challenge_of_a_form_that_has_none_is_passed_over(self, desk: Desk) -> None:
        self.define(desk, SpamSettings())
        assert self.reasons(desk, desk.handler, **{"cf-turnstile-response": "answer"}) == []

    def test_a_sender_who_never_stops_is_quarantined_from_the_limit_on(self, desk: Desk) -> None:
        self.define(desk, SpamSettings(per_address_hourly=2))
        context = ClientInfo(ip_address="192.0.2.1")
        receipts = [
            desk.handler.submit_form(
                {"email": f"ada-{number}@example.com"}, "guarded", context=context
            )
            for number in range(4)
        ]
        assert [each["lead_id"] is None for each in receipts] == [False, False, True, True]
        desk.now += minutes(60)
        later = desk.handler.submit_form({"email": "ada-9@example.com"}, "guarded", context=context)
        assert later["lead_id"] is not None

    def test_a_long_text_from_many_people_is_quarantined(self, desk: Desk) -> None:
        self.define(desk, SpamSettings())
        text = "We bring your page to the top of every search engine, guaranteed. " * 3
        receipts = [
            desk.handler.submit_form(
                {"email": f"seller-{number}@example.com", "message": text}, "guarded"
            )
            for number in range(4)
        ]
        assert [each["lead_id"] is None for each in receipts] == [False, False, False, True]

    def test_what_is_kept_no_longer_is_removed(self, desk: Desk) -> None:
        suspect = desk.suspicious()
        desk.submit()
        assert desk.handler.remove_expired_submissions() == 0
        desk.now += days(90)
        assert desk.handler.remove_expired_submissions() == 1
        with pytest.raises(NotFoundError):
            desk.handler.get_submission(suspect["submission_id"])
