"""Submissions that come at once, on every storage."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.application.intake.views import SubmissionReceipt
from succotash.domain.forms.forms import Form
from succotash.domain.intake.submissions import IdempotencyRecord
from succotash.domain.leads.leads import LeadQuery, LeadStatus
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import FormId, IdFactory, LeadId, uuid7
from succotash.errors import (
    IdempotencyKeyReusedError,
)
from tests.builders import (
    NOON,
    a_request,
    an_intake_query,
    an_outcome,
)
from tests.contract.threads import REDELIVERY, at_once

THREADS = 32


def a_handler(storage: Storage, new_id: IdFactory = uuid7) -> FormHandler:
    return FormHandler(storage, lambda: NOON, new_id)


class TestConcurrency:
    """What many senders at once bring about: counted, not hoped for."""

    def test_of_equal_submissions_one_is_accepted_and_all_others_are_its_duplicates(
        self, shared_storage: Storage
    ) -> None:
        handler = a_handler(shared_storage)
        fields = {"email": "ada@example.com", "message": "hello"}
        receipts = at_once(lambda _: handler.submit_form(fields), THREADS)
        assert Counter(each["is_duplicate"] for each in receipts) == {False: 1, True: THREADS - 1}
        [original] = [each for each in receipts if not each["is_duplicate"]]
        assert {each["lead_id"] for each in receipts} == {original["lead_id"]}
        assert {each["duplicate_of"] for each in receipts} == {None, original["submission_id"]}
        [found] = shared_storage.repositories.forms.find_leads(LeadQuery())
        assert found.lead.submission_count == 1
        stored = handler.get_form_analytics()["submission_metrics"]
        assert (stored["accepted"], stored["duplicates"]) == (1, THREADS - 1)

    def test_one_address_on_many_forms_is_one_lead(self, shared_storage: Storage) -> None:
        forms = shared_storage.repositories.forms
        for number in range(THREADS):
            forms.save_form(Form(FormId(f"form-{number}"), "One of many"), [])
        handler = a_handler(shared_storage)

        def submit(number: int) -> SubmissionReceipt:
            fields = {"email": "Ada@Example.com", f"question-{number}": "answer"}
            return handler.submit_form(fields, f"form-{number}")

        receipts = at_once(submit, THREADS)
        assert {each["is_duplicate"] for each in receipts} == {False}
        assert len({each["lead_id"] for each in receipts}) == 1
        [found] = forms.find_leads(LeadQuery())
        assert found.lead.submission_count == THREADS
        assert len(found.lead.answers) == THREADS
        assert found.score is not None
        repeats = [each.points for each in found.score.points if each.category == "behaviour"]
        assert repeats == [15], "the score is of the lead with all that came before"
        assert len(forms.find_person("ada@example.com").status_changes) == 1

    def test_crossed_addresses_do_not_stand_in_each_others_way(
        self, shared_storage: Storage
    ) -> None:
        handler = a_handler(shared_storage)
        for name in ("ada", "bob"):
            handler.submit_form({"email": f"{name}@example.com"})

        def submit(number: int) -> SubmissionReceipt:
            mine, other = ("ada", "bob") if number % 2 else ("bob", "ada")
            return handler.submit_form(
                {
                    "email": f"{mine}@example.com",
                    "friend": f"{other}@example.com",
                    "n": str(number),
                }
            )

        receipts = at_once(submit, THREADS)
        assert len({each["lead_id"] for each in receipts}) == 2
        counts = [
            each.lead.submission_count
            for each in shared_storage.repositories.forms.find_leads(LeadQuery())
        ]
        assert counts == [1 + THREADS // 2] * 2

    def test_one_key_gets_one_answer(self, shared_storage: Storage) -> None:
        handler = a_handler(shared_storage)
        fields = {"email": "ada@example.com"}
        receipts = at_once(lambda _: handler.submit_form(fields, key="key"), THREADS)
        assert receipts == [receipts[0]] * THREADS
        assert not receipts[0]["is_duplicate"]
        stored = handler.get_form_analytics()["submission_metrics"]
        assert stored["total_submissions"] == 1

    def test_of_different_bodies_under_one_key_one_is_taken_and_the_others_are_refused(
        self, shared_storage: Storage
    ) -> None:
        handler = a_handler(shared_storage)

        def submit(number: int) -> str:
            try:
                fields = {"email": f"ada-{number}@example.com"}
                return handler.submit_form(fields, key="key")["submission_id"]
            except IdempotencyKeyReusedError:
                return "refused"

        answers = Counter(at_once(submit, THREADS))
        assert answers.pop("refused") == THREADS - 1
        assert list(answers.values()) == [1]
        stored = handler.get_form_analytics()["submission_metrics"]
        assert stored["total_submissions"] == 1

    @pytest.mark.parametrize("fails", [True, False])
    def test_who_asks_with_a_key_waits_for_the_transaction_that_holds_it(
        self, shared_storage: Storage, *, fails: bool
    ) -> None:
        claimed, answered = threading.Event(), threading.Event()

        def hold() -> None:
            with shared_storage.transaction() as repositories:
                repositories.forms.load_intake_context(an_intake_query(request=a_request("key")))
                claimed.set()
                assert not answered.wait(0.2), "the other did not wait"
                repositories.forms.save_outcome(an_outcome(key="key"))
                if fails:
                    raise LookupError

        def ask() -> IdempotencyRecord | None:
            claimed.wait(REDELIVERY)
            intake_query = an_intake_query("another", request=a_request("key"))
            intake_context = shared_storage.in_transaction(
                lambda repositories: repositories.forms.load_intake_context(intake_query)
            )
            answered.set()
            return intake_context.held

        with ThreadPoolExecutor(2) as pool:
            holding, asking = pool.submit(hold), pool.submit(ask)
            held = asking.result(REDELIVERY)
            if fails:
                with pytest.raises(LookupError):
                    holding.result(REDELIVERY)
                assert held is None
            else:
                holding.result(REDELIVERY)
                assert held == IdempotencyRecord("digest", {"submission_id": "submission"})

    def test_a_move_along_the_funnel_waits_for_a_submission_and_is_not_lost(
        self, shared_storage: Storage
    ) -> None:
        handler = a_handler(shared_storage)
        lead_id = handler.submit_form({"email": "ada@example.com"})["lead_id"]
        assert lead_id is not None

        def work(number: int) -> None:
            if number % 2:
                handler.submit_form({"email": "ada@example.com", "n": str(number)})
            elif number == 0:
                handler.update_lead_status(lead_id, LeadStatus.QUALIFIED)

        at_once(work, THREADS)
        lead = shared_storage.repositories.forms.get_lead(LeadId(lead_id))
        assert lead.status is LeadStatus.QUALIFIED
        assert lead.submission_count == 1 + THREADS // 2
