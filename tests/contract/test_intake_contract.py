"""What taking a submission asks of a FormRepository, and what it leaves there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from succotash.domain.forms.forms import DEFAULT_FORM, Form, SpamSettings
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.intake.spam import REPETITIONS_TOLERATED, RecentTraffic
from succotash.domain.intake.submissions import IdempotencyRecord, OriginalSubmission, merged_lead
from succotash.domain.leads.leads import LeadQuery, LeadStatus, StatusChange
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import FormId, LeadId, SubmissionId
from succotash.errors import (
    NotFoundError,
)
from tests.builders import (
    NOON,
    a_form,
    a_lead,
    a_message,
    a_request,
    a_rule,
    a_score,
    a_submission,
    an_intake_query,
    an_order,
    an_outcome,
    days,
    minutes,
)


class TestGround:
    def test_an_unknown_form_is_not_found(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.load_intake_context(an_intake_query(form_id="nowhere"))
        assert caught.value.kind == "form"

    def test_the_form_comes_with_its_rules_by_position_then_id(self, forms: FormRepository) -> None:
        rules = [a_rule("b", position=1), a_rule("a", position=1), a_rule("z", position=0)]
        forms.save_form(a_form(), rules)
        intake_context = forms.load_intake_context(an_intake_query(form_id="contact"))
        assert intake_context.form == forms.get_form(FormId("contact"))
        assert list(intake_context.rules) == forms.get_validation_rules(FormId("contact"))
        assert [rule.rule_id for rule in intake_context.rules] == ["z", "a", "b"]

    def test_a_form_without_rules_has_none(self, forms: FormRepository) -> None:
        forms.save_form(a_form(), [])
        intake_context = forms.load_intake_context(an_intake_query(form_id="contact"))
        assert (
            intake_context.rules,
            intake_context.held,
            intake_context.original,
            intake_context.leads,
        ) == ((), None, None, {})

    def test_the_original_is_the_latest_accepted_one_within_the_forms_window(
        self, forms: FormRepository
    ) -> None:
        window = timedelta(hours=2, microseconds=7)
        forms.save_form(Form(FormId("brief"), "Brief", duplicate_window=window), [])
        forms.save_lead(a_lead())
        for name, ago, state in (
            ("too early", window + timedelta(microseconds=1), SubmissionState.ACCEPTED),
            ("first", window, SubmissionState.ACCEPTED),
            ("second", timedelta(hours=1), SubmissionState.ACCEPTED),
            ("quarantined", minutes(1), SubmissionState.QUARANTINED),
            ("repeated", minutes(1), SubmissionState.DUPLICATE),
        ):
            submission = a_submission(
                name, form_id="brief", submitted_at=NOON - ago, state=state, lead_id="lead"
            )
            forms.save_form_submission(submission)
        intake_context = forms.load_intake_context(an_intake_query(form_id="brief"))
        assert intake_context.original == OriginalSubmission(SubmissionId("second"), LeadId("lead"))
        an_hour_ago = an_intake_query(form_id="brief", submitted_at=NOON + window)
        assert forms.load_intake_context(an_hour_ago).original is None
        assert forms.load_intake_context(an_intake_query("f1", form_id="brief")).original is None
        assert forms.load_intake_context(an_intake_query()).original is None

    def test_the_window_includes_its_start(self, forms: FormRepository) -> None:
        forms.save_form_submission(a_submission(submitted_at=NOON))
        within, outside = NOON + days(1), NOON + days(1) + timedelta(microseconds=1)
        assert forms.load_intake_context(an_intake_query(submitted_at=within)).original is not None
        assert forms.load_intake_context(an_intake_query(submitted_at=outside)).original is None

    def test_leads_are_given_by_the_addresses_asked_about(self, forms: FormRepository) -> None:
        ada = forms.save_lead(
            a_lead(
                "ada",
                email="ada@example.com",
                first_at=NOON - timedelta(days=3, microseconds=1),
                first_name="Ada",
                answers={"größe": [1, None, 2.5, {"deep": True}]},
                status=LeadStatus.QUALIFIED,
                campaign="spring",
                submission_count=3,
            )
        )
        bob = forms.save_lead(a_lead("bob", email="bob@example.com"))
        forms.save_lead(a_lead("eve", email="eve@example.com"))
        asked = ("ada@example.com", "bob@example.com", "nobody@example.com")
        intake_context = forms.load_intake_context(an_intake_query(emails=asked))
        assert intake_context.leads == {"ada@example.com": ada, "bob@example.com": bob}

    def test_a_key_is_held_with_its_answer_until_it_expires(self, forms: FormRepository) -> None:
        forms.save_outcome(an_outcome(key="key"))
        held = IdempotencyRecord("digest", {"submission_id": "submission"})
        just_before = NOON + days(1) - timedelta(microseconds=1)
        for moment, expected in ((NOON, held), (just_before, held), (NOON + days(1), None)):
            intake_query = an_intake_query(request=a_request("key"), submitted_at=moment)
            assert forms.load_intake_context(intake_query).held == expected
        another = a_request("key", body_digest="another")
        assert forms.load_intake_context(an_intake_query(request=another)).held == held

    def test_keys_of_two_scopes_never_meet(self, forms: FormRepository) -> None:
        forms.save_outcome(an_outcome(key="key"))
        assert forms.load_intake_context(an_intake_query(request=a_request("other"))).held is None
        assert (
            forms.load_intake_context(an_intake_query(request=a_request("key", scope="x"))).held
            is None
        )


class TestTraffic:
    """Counts of what came in shortly before."""

    def brief(self, forms: FormRepository, from_address: int = 3, to_form: int = 4) -> None:
        spam = SpamSettings(per_address_hourly=from_address, per_form_hourly=to_form)
        forms.save_form(Form(FormId("brief"), "Brief", spam=spam), [])

    def test_an_address_is_counted_over_all_forms_for_an_hour(self, forms: FormRepository) -> None:
        self.brief(forms)
        ago = (timedelta(0), minutes(59), timedelta(hours=1), -minutes(1))
        for number, each in enumerate(ago):
            form_id = "brief" if number % 2 else DEFAULT_FORM
            submission = a_submission(
                f"{number}", form_id=form_id, submitted_at=NOON - each, ip_address="2001:db8::5"
            )
            forms.save_form_submission(submission)
        forms.save_form_submission(a_submission("other", ip_address="2001:db8::6"))
        forms.save_form_submission(a_submission("none"))
        asked = an_intake_query(form_id="brief", ip_address="2001:db8::5")
        assert forms.load_intake_context(asked).traffic.from_address == 2
        assert forms.load_intake_context(an_intake_query(form_id="brief")).traffic.from_address == 0

    def test_a_form_is_counted_for_an_hour_whatever_became_of_what_came(
        self, forms: FormRepository
    ) -> None:
        self.brief(forms)
        for number, state in enumerate(
            (SubmissionState.ACCEPTED, SubmissionState.QUARANTINED, SubmissionState.DUPLICATE)
        ):
            forms.save_form_submission(
                a_submission(f"{number}", form_id="brief", state=state, fingerprint=f"{number}")
            )
        forms.save_form_submission(
            a_submission("old", form_id="brief", submitted_at=NOON - timedelta(hours=1))
        )
        assert forms.load_intake_context(an_intake_query(form_id="brief")).traffic.to_form == 3

    def test_counting_ends_where_the_forms_line_is_drawn(self, forms: FormRepository) -> None:
        self.brief(forms)
        for number in range(9):
            submission = a_submission(f"{number}", form_id="brief", ip_address="192.0.2.1")
            forms.save_form_submission(submission)
        asked = an_intake_query(form_id="brief", ip_address="192.0.2.1")
        assert forms.load_intake_context(asked).traffic == RecentTraffic(3, 4, 0)
        self.brief(forms, from_address=0, to_form=0)
        assert forms.load_intake_context(asked).traffic == RecentTraffic(0, 0, 0)

    def test_a_text_is_counted_where_other_people_sent_it_with_other_answers(
        self, forms: FormRepository
    ) -> None:
        self.brief(forms)
        for name, email, fingerprint, digest, ago in (
            ("other", "bob@example.com", "f1", "same", minutes(1)),
            ("nobody", None, "f2", "same", timedelta(hours=23)),
            ("myself", "ada@example.com", "f3", "same", minutes(1)),
            ("equal", "eve@example.com", "00ff", "same", minutes(1)),
            ("another text", "eve@example.com", "f4", "another", minutes(1)),
            ("no text", "eve@example.com", "f5", None, minutes(1)),
            ("long ago", "eve@example.com", "f6", "same", timedelta(hours=24)),
        ):
            forms.save_form_submission(
                a_submission(
                    name,
                    email=email,
                    fingerprint=fingerprint,
                    text_digest=digest,
                    submitted_at=NOON - ago,
                )
            )
        asked = an_intake_query(form_id="brief", emails=["ada@example.com"], text_digest="same")
        assert forms.load_intake_context(asked).traffic.same_text == 2
        assert forms.load_intake_context(an_intake_query()).traffic.same_text == 0
        for number in range(9):
            forms.save_form_submission(
                a_submission(f"{number}", fingerprint=f"g{number}", text_digest="same")
            )
        assert forms.load_intake_context(asked).traffic.same_text == REPETITIONS_TOLERATED + 1


class TestOutcome:
    def test_a_submission_alone_comes_back_as_it_was(self, forms: FormRepository) -> None:
        submission = replace(
            a_submission(state=SubmissionState.QUARANTINED, spam_reasons=("a", "b")),
            attribution={"utm_source": "x"},
            ip_address="2001:db8::5",
            user_agent="browser",
            text_digest="00ff",
            consent="I agree.",
            waited_until=NOON + minutes(7),
        )
        outcome = replace(an_outcome(), submission=submission)
        forms.save_outcome(outcome)
        assert forms.get_form_submission(submission.submission_id) == submission
        assert forms.find_leads(LeadQuery()) == []

    def test_messages_wait_in_the_outbox(self, repositories: Repositories) -> None:
        messages = (a_message("one", payload={"n": [1]}), a_message("two"))
        repositories.forms.save_outcome(replace(an_outcome(), messages=messages))
        taken = repositories.outbox.take(NOON, NOON + days(1), limit=9)
        assert [each.message for each in taken] == list(messages)

    def test_a_new_lead_is_kept_with_score_history_and_customers(
        self, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders([an_order(email="ada@example.com")])
        lead = a_lead(
            email="ada@example.com",
            first_at=NOON - days(1),
            first_name="Ada",
            company="Engines",
            answers={"n": 1},
        )
        repositories.forms.save_outcome(an_outcome(lead=lead))
        person = repositories.forms.find_person("ada@example.com")
        assert (person.lead, person.score) == (lead, a_score(lead.lead_id))
        assert person.status_changes == (StatusChange(LeadStatus.NEW, NOON),)
        assert [each.submission_id for each in person.submissions] == ["submission"]
        [customer] = repositories.ltv.get_customers_by_email("ada@example.com")
        assert customer.lead_id == lead.lead_id

    def test_a_known_lead_changes_in_all_but_its_status(self, forms: FormRepository) -> None:
        forms.save_outcome(an_outcome("first", lead=a_lead(status=LeadStatus.NEW)))
        forms.update_lead_status(LeadId("lead"), LeadStatus.CONTACTED, NOON)
        newer = merged_lead(
            a_lead(status=LeadStatus.NEW),
            a_lead(
                "ignored",
                first_at=NOON - days(1),
                last_at=NOON + days(1),
                first_name="Ada",
                last_name="L",
                company="Engines",
                phone="1",
                answers={"n": 1},
            ),
        )
        forms.save_outcome(an_outcome("second", lead=newer, is_new=False))
        assert forms.get_lead(LeadId("lead")) == replace(newer, status=LeadStatus.CONTACTED)
        assert newer.submission_count == 2
        history = forms.find_person("lead@example.com").status_changes
        assert [each.status for each in history] == [LeadStatus.NEW, LeadStatus.CONTACTED]

    def test_saving_a_lead_by_itself_merges_by_the_same_rule(self, forms: FormRepository) -> None:
        known = forms.save_lead(a_lead(first_name="Ada", answers={"a": 1, "b": {"c": [1]}}))
        newer = a_lead(
            "other",
            email="lead@example.com",
            first_at=NOON - days(2),
            last_at=NOON + days(2),
            first_name="Eve",
            company="Engines",
            answers={"a": 2, "d": None},
            status=LeadStatus.QUALIFIED,
            source="google",
            campaign="spring",
            submission_count=4,
        )
        assert forms.save_lead(newer) == merged_lead(known, newer)

    def test_an_expired_key_is_taken_again_and_others_that_expired_are_deleted(
        self, forms: FormRepository
    ) -> None:
        for number in range(EXPIRED_KEYS_REMOVED + 2):
            key = f"key-{number:03}"
            at = NOON + timedelta(seconds=number)
            forms.save_outcome(an_outcome(key, key=key, submitted_at=at))

        def is_kept(key: str) -> bool:
            return (
                forms.load_intake_context(an_intake_query(request=a_request(key))).held is not None
            )

        later = NOON + days(2)
        forms.save_outcome(an_outcome("again", key="key-000", submitted_at=later))
        intake_query = an_intake_query(request=a_request("key-000"), submitted_at=later)
        assert forms.load_intake_context(intake_query).held == IdempotencyRecord(
            "digest", {"submission_id": "again"}
        )
        kept = [each for each in range(1, EXPIRED_KEYS_REMOVED + 2) if is_kept(f"key-{each:03}")]
        assert kept == [EXPIRED_KEYS_REMOVED + 1]
