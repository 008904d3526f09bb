"""What every FormRepository does."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.forms.forms import (
    DEFAULT_FORM,
    FUNNEL,
    FieldKind,
    Form,
    FormField,
    FormSubmission,
    FunnelStage,
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    PersonRecord,
    RuleKind,
    ScoredLead,
    ScorePoint,
    SpamSettings,
    StatusChange,
    SubmissionState,
    require_legal_step,
)
from succotash.domain.intake.submissions import HeldKey, RememberedAnswer, SubmissionOutcome
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import After, FormId, Json, LeadId, SubmissionId
from succotash.errors import IllegalTransitionError, NotFoundError
from tests.builders import (
    NOON,
    a_form,
    a_lead,
    a_request,
    a_rule,
    a_score,
    a_submission,
    an_inquiry,
    an_order,
    at,
    days,
    minutes,
)
from tests.contract.conftest import NewStorage
from tests.contract.paging import all_pages
from tests.strategies import MODEST, instants, json_objects, lead_statuses, submission_states

OPEN_STATUSES = FUNNEL[:-1]


def lead_ids(leads: list[Lead]) -> list[str]:
    return [lead.lead_id for lead in leads]


def scored_ids(leads: list[ScoredLead]) -> list[str]:
    return [each.lead.lead_id for each in leads]


def submission_ids(submissions: list[FormSubmission]) -> list[str]:
    return [each.submission_id for each in submissions]


class TestForms:
    def test_the_default_form_is_there_from_the_start(self, forms: FormRepository) -> None:
        form = forms.get_form(DEFAULT_FORM)
        assert (form.form_id, form.title, form.fields) == (DEFAULT_FORM, "Default", ())
        assert [
            (rule.field_name, rule.kind) for rule in forms.get_validation_rules(DEFAULT_FORM)
        ] == [("email", RuleKind.REQUIRED), ("email", RuleKind.EMAIL)]

    def test_an_unknown_form_is_not_found(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError, match="form") as caught:
            forms.get_form(FormId("nowhere"))
        assert caught.value.kind == "form"

    def test_a_form_comes_back_as_it_was_saved(self, forms: FormRepository) -> None:
        form = Form(
            FormId("Anmeldung-é"),
            "Anmeldung «Größe»",
            fields=(
                FormField("email", "E-mail", FieldKind.EMAIL, required=True),
                FormField("size", "Größe", FieldKind.CHOICE, choices=("S", "M\tX", '"L"')),
            ),
            allowed_origins=("https://example.com", "http://localhost:8080"),
            allowed_redirects=("https://example.com/danke?a=1&b=2",),
            duplicate_window=timedelta(days=3, microseconds=7),
            region="DE",
            spam=SpamSettings(
                honeypot="website",
                minimum_seconds=7,
                links_tolerated=0,
                per_address_hourly=1,
                per_form_hourly=2,
                blocks_disposable=False,
                requires_token=True,
                turnstile_secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:t",
            ),
            retention=timedelta(days=30, microseconds=1),
            notify=("owner@example.com", "sales@example.com"),
            digest=False,
            confirms=True,
            double_opt_in=True,
            consent_text="Ich stimme zu:\n«ja» '\"\\.",
            updated_at=at("2024-01-02T03:04:05.000006"),
        )
        forms.save_form(form, [])
        assert forms.get_form(form.form_id) == form
        assert forms.get_validation_rules(form.form_id) == []

    def test_saving_a_form_replaces_it_and_all_of_its_rules(self, forms: FormRepository) -> None:
        forms.save_form(a_form(title="Old"), [a_rule("one"), a_rule("two")])
        forms.save_form(a_form(title="New"), [a_rule("two", position=5), a_rule("three")])
        assert forms.get_form(FormId("contact")).title == "New"
        rules = forms.get_validation_rules(FormId("contact"))
        assert [(rule.rule_id, rule.position) for rule in rules] == [("three", 0), ("two", 5)]
        assert len(forms.get_validation_rules(DEFAULT_FORM)) == 2

    def test_forms_are_listed_by_id(self, forms: FormRepository) -> None:
        for form_id in ("zebra", "a", "Zebra"):
            forms.save_form(a_form(form_id), [])
        assert [form.form_id for form in forms.get_all_forms()] == [
            "Zebra",
            "a",
            "default",
            "zebra",
        ]

    def test_a_form_with_submissions_can_be_saved_again(self, forms: FormRepository) -> None:
        forms.save_form(a_form(), [a_rule()])
        forms.save_form_submission(a_submission(form_id="contact"))
        forms.save_form(a_form(title="New"), [])
        assert forms.get_form_submission(SubmissionId("submission")).form_id == "contact"

    def test_rules_apply_by_position_then_id(self, forms: FormRepository) -> None:
        forms.save_form(a_form(), [])
        for rule_id, position in (("b", 1), ("a", 1), ("z", 0)):
            forms.save_validation_rule(a_rule(rule_id, position=position))
        rules = forms.get_validation_rules(FormId("contact"))
        assert [rule.rule_id for rule in rules] == ["z", "a", "b"]

    def test_a_rule_comes_back_as_it_was_saved_and_can_be_replaced(
        self, forms: FormRepository
    ) -> None:
        forms.save_form(a_form(), [])
        rule = a_rule(
            kind=RuleKind.LENGTH,
            parameters={"min": 2, "max": None, "of": ["ä", 1.5, {"deep": True}]},
            message="Zu kurz: 100 % „nein“",
            position=-3,
        )
        forms.save_validation_rule(a_rule())
        forms.save_validation_rule(rule)
        assert forms.get_validation_rules(FormId("contact")) == [rule]

    def test_a_rule_needs_its_form(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.save_validation_rule(a_rule(form_id="nowhere"))
        assert caught.value.kind == "form"

    def test_a_form_that_is_not_there_has_no_rules(self, forms: FormRepository) -> None:
        assert forms.get_validation_rules(FormId("nowhere")) == []


class TestSubmissions:
    def test_a_submission_comes_back_as_it_was_saved(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        forms.save_form_submission(a_submission("original"))
        submission = a_submission(
            answers={"E-Mail": "Ada@Example.com", "müde?": [True, None, 2], "leer": ""},
            submitted_at=at("2024-03-31T02:30:00.123456"),
            fingerprint="a" * 64,
            attribution={"utm_source": "größe", "click_id": ""},
            source="google",
            email="ada@example.com",
            lead_id="lead",
            ip_address="2001:db8::1",
            user_agent="Mozilla/5.0 (日本)",
            state=SubmissionState.DUPLICATE,
            duplicate_of="original",
            spam_reasons=("many links", "a, comma", '"quoted" \\ back'),
            consent="I agree to 'everything'.",
            waited_until=at("2024-05-06T13:00:00.000007"),
        )
        forms.save_form_submission(submission)
        assert forms.get_form_submission(submission.submission_id) == submission
        assert submission.is_duplicate

    def test_what_is_missing_and_what_is_empty_stay_apart(self, forms: FormRepository) -> None:
        missing = a_submission("missing", user_agent=None)
        empty = a_submission("empty", user_agent="", source="", answers={})
        for submission in (missing, empty):
            forms.save_form_submission(submission)
            assert forms.get_form_submission(submission.submission_id) == submission

    def test_instants_come_back_in_utc(self, forms: FormRepository) -> None:
        there = timezone(timedelta(hours=5, minutes=30))
        forms.save_form_submission(
            a_submission(submitted_at=datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=there))
        )
        submitted_at = forms.get_form_submission(SubmissionId("submission")).submitted_at
        assert submitted_at.utcoffset() == timedelta(0)
        assert submitted_at == datetime(2023, 12, 31, 18, 30, 0, 1, tzinfo=UTC)

    def test_what_was_saved_does_not_change_with_the_callers_mapping(
        self, forms: FormRepository
    ) -> None:
        answers: dict[str, Json] = {"tags": ["a"]}
        forms.save_form_submission(a_submission(answers=answers))
        answers["tags"] = "changed"
        assert forms.get_form_submission(SubmissionId("submission")).answers == {"tags": ["a"]}

    @pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.0", "::", "::ffff:192.0.2.7"])
    def test_addresses_of_both_kinds_are_kept(self, forms: FormRepository, address: str) -> None:
        forms.save_form_submission(a_submission(ip_address=address))
        assert forms.get_form_submission(SubmissionId("submission")).ip_address == address
        assert len(forms.get_submissions_by_ip(address, NOON)) == 1

    def test_an_unknown_submission_is_not_found(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.get_form_submission(SubmissionId("nowhere"))
        assert caught.value.kind == "submission"

    @pytest.mark.parametrize(
        ("submission", "kind"),
        [
            (a_submission(form_id="nowhere"), "form"),
            (a_submission(lead_id="nowhere"), "lead"),
            (
                a_submission(state=SubmissionState.DUPLICATE, duplicate_of="nowhere"),
                "submission",
            ),
        ],
    )
    def test_a_submission_needs_what_it_names(
        self, forms: FormRepository, submission: FormSubmission, kind: str
    ) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.save_form_submission(submission)
        assert caught.value.kind == kind
        assert forms.get_form_analytics().total_submissions == 0

    def test_saving_a_submission_again_replaces_it(self, forms: FormRepository) -> None:
        forms.save_form_submission(
            a_submission(state=SubmissionState.QUARANTINED, spam_reasons=("a",))
        )
        released = a_submission(answers={"new": 1}, source="google")
        forms.save_form_submission(released)
        assert forms.get_form_submission(released.submission_id) == released
        assert forms.get_form_analytics().total_submissions == 1

    def test_a_forms_submissions_are_newest_first_then_by_id_descending(
        self, forms: FormRepository
    ) -> None:
        for submission_id, moment in (("a", NOON), ("c", NOON), ("b", NOON), ("z", NOON - days(1))):
            forms.save_form_submission(a_submission(submission_id, submitted_at=moment))
        assert submission_ids(forms.get_submissions_by_form(DEFAULT_FORM)) == ["c", "b", "a", "z"]

    def test_a_forms_submissions_can_be_narrowed_to_a_state(self, forms: FormRepository) -> None:
        for state in SubmissionState:
            forms.save_form_submission(a_submission(state, state=state))
        for state in SubmissionState:
            found = forms.get_submissions_by_form(DEFAULT_FORM, state=state)
            assert submission_ids(found) == [state]

    def test_a_form_that_is_not_there_has_no_submissions(self, forms: FormRepository) -> None:
        forms.save_form_submission(a_submission())
        assert forms.get_submissions_by_form(FormId("nowhere")) == []

    def test_fifty_submissions_are_given_unless_told_otherwise(self, forms: FormRepository) -> None:
        for number in range(51):
            forms.save_form_submission(a_submission(f"{number:02}"))
        assert len(forms.get_submissions_by_form(DEFAULT_FORM)) == 50
        assert len(forms.get_submissions_by_form(DEFAULT_FORM, limit=51)) == 51

    def test_submissions_from_an_address_are_found_since_an_instant(
        self, forms: FormRepository
    ) -> None:
        forms.save_form(a_form(), [])
        rows = [
            ("old", "192.0.2.1", NOON - timedelta(microseconds=1), "default"),
            ("edge", "192.0.2.1", NOON, "default"),
            ("new", "192.0.2.1", NOON + minutes(1), "contact"),
            ("other", "192.0.2.2", NOON, "default"),
        ]
        for submission_id, address, moment, form_id in rows:
            forms.save_form_submission(
                a_submission(
                    submission_id, ip_address=address, submitted_at=moment, form_id=form_id
                )
            )
        forms.save_form_submission(a_submission("nameless"))
        assert submission_ids(forms.get_submissions_by_ip("192.0.2.1", NOON)) == ["new", "edge"]

    def test_an_address_gives_its_latest_thousand_submissions(self, storage: Storage) -> None:
        with storage.transaction() as repositories:
            for number in range(1001):
                repositories.forms.save_form_submission(
                    a_submission(
                        f"{number}",
                        ip_address="192.0.2.1",
                        submitted_at=NOON + timedelta(seconds=number),
                    )
                )
        found = storage.repositories.forms.get_submissions_by_ip("192.0.2.1", NOON)
        assert submission_ids(found) == [str(number) for number in range(1000, 0, -1)]

    @MODEST
    @given(
        rows=st.lists(st.tuples(instants, submission_states), max_size=12),
        size=st.integers(1, 5),
        state=st.none() | submission_states,
    )
    def test_pages_together_are_the_whole_list(
        self,
        new_storage: NewStorage,
        rows: list[tuple[datetime, SubmissionState]],
        size: int,
        state: SubmissionState | None,
    ) -> None:
        forms = new_storage().repositories.forms
        saved = [
            a_submission(f"submission-{place}", submitted_at=moment, state=each)
            for place, (moment, each) in enumerate(rows)
        ]
        for submission in saved:
            forms.save_form_submission(submission)

        def page(after: After | None) -> list[FormSubmission]:
            found = forms.get_submissions_by_form(
                DEFAULT_FORM, state=state, limit=size, after=after
            )
            assert len(found) <= size
            return found

        pages = all_pages(
            page, lambda last: After(last.submitted_at, last.submission_id), at_most=len(rows)
        )
        expected = [each for each in saved if state in {None, each.state}]
        expected.sort(key=lambda each: (each.submitted_at, each.submission_id), reverse=True)
        assert pages == expected

    @MODEST
    @given(answers=json_objects, moment=instants)
    def test_any_json_and_any_microsecond_survive(
        self, new_storage: NewStorage, answers: dict[str, Json], moment: datetime
    ) -> None:
        forms = new_storage().repositories.forms
        submission = a_submission(answers=answers, submitted_at=moment)
        forms.save_form_submission(submission)
        assert forms.get_form_submission(submission.submission_id) == submission


class TestDuplicates:
    def test_the_latest_accepted_submission_with_the_fingerprint_is_found(
        self, forms: FormRepository
    ) -> None:
        rows = [
            ("older", NOON - minutes(2), SubmissionState.ACCEPTED),
            ("latest", NOON - minutes(1), SubmissionState.ACCEPTED),
            ("spam", NOON, SubmissionState.QUARANTINED),
            ("again", NOON, SubmissionState.DUPLICATE),
        ]
        for submission_id, moment, state in rows:
            forms.save_form_submission(
                a_submission(submission_id, submitted_at=moment, state=state, fingerprint="f0")
            )
        found = forms.check_duplicate_submission(DEFAULT_FORM, "f0", NOON - days(1))
        assert found is not None
        assert found.submission_id == "latest"

    def test_the_window_includes_its_start(self, forms: FormRepository) -> None:
        forms.save_form_submission(a_submission(fingerprint="f0"))
        assert forms.check_duplicate_submission(DEFAULT_FORM, "f0", NOON) is not None
        later = NOON + timedelta(microseconds=1)
        assert forms.check_duplicate_submission(DEFAULT_FORM, "f0", later) is None

    def test_other_forms_and_other_fingerprints_are_no_duplicates(
        self, forms: FormRepository
    ) -> None:
        forms.save_form(a_form(), [])
        forms.save_form_submission(a_submission(fingerprint="f0"))
        assert forms.check_duplicate_submission(FormId("contact"), "f0", NOON) is None
        assert forms.check_duplicate_submission(DEFAULT_FORM, "f1", NOON) is None


class TestLeads:
    def test_a_new_lead_comes_back_as_it_was_saved(self, forms: FormRepository) -> None:
        lead = Lead(
            LeadId("lead"),
            "Ada@Example.COM",
            "ada@example.com",
            at("2024-01-01T00:00:00.000001"),
            at("2024-01-02T00:00:00.000002"),
            first_name="Ada",
            last_name="",
            company="Größe & Söhne",
            phone="+493012345",
            answers={"wishes": ["a", {"b": None}]},
            status=LeadStatus.CONTACTED,
            source="google",
            campaign="spring",
            submission_count=3,
        )
        assert forms.save_lead(lead) == lead
        assert forms.get_lead(lead.lead_id) == lead
        assert forms.get_lead_by_email("ada@example.com") == lead

    def test_unknown_leads_are_not_found(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.get_lead(LeadId("nowhere"))
        assert caught.value.kind == "lead"
        with pytest.raises(NotFoundError) as caught:
            forms.get_lead_by_email("nobody@example.com")
        assert caught.value.kind == "lead"

    def test_a_lead_with_a_known_email_is_merged(self, forms: FormRepository) -> None:
        first = a_lead(
            "first",
            email="ada@example.com",
            first_at=NOON - days(2),
            last_at=NOON,
            first_name="Ada",
            company="",
            answers={"colour": "red"},
            source="google",
            submission_count=2,
        )
        second = replace(
            a_lead("second", email="ada@example.com"),
            email="ADA@example.com",
            first_submission_at=NOON - days(3),
            last_submission_at=NOON + days(1),
            first_name="Augusta",
            last_name="King",
            company="Analytical Engines",
            phone="+44",
            answers={"colour": "blue", "size": "L"},
            status=LeadStatus.QUALIFIED,
            source="bing",
            campaign="spring",
            submission_count=5,
        )
        forms.save_lead(first)
        merged = forms.save_lead(second)
        assert merged == replace(
            first,
            first_submission_at=NOON - days(3),
            last_submission_at=NOON + days(1),
            last_name="King",
            phone="+44",
            answers={"colour": "red", "size": "L"},
            submission_count=7,
        )
        assert forms.get_lead(LeadId("first")) == merged
        with pytest.raises(NotFoundError):
            forms.get_lead(LeadId("second"))

    def test_an_earlier_submission_of_a_known_lead_keeps_its_range(
        self, forms: FormRepository
    ) -> None:
        forms.save_lead(a_lead(first_at=NOON - days(5), last_at=NOON))
        merged = forms.save_lead(a_lead("late", email="lead@example.com", last_at=NOON - days(1)))
        assert (merged.first_submission_at, merged.last_submission_at) == (NOON - days(5), NOON)

    def test_an_inserted_leads_status_enters_its_history(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead(first_at=NOON - days(1), last_at=NOON))
        forms.save_lead(a_lead("other", email="lead@example.com", status=LeadStatus.QUALIFIED))
        person = forms.find_person("lead@example.com")
        assert person.status_changes == (StatusChange(LeadStatus.NEW, NOON),)

    def test_a_lead_is_tied_to_customers_with_its_email(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders(
            [
                an_order("1", customer_id="a", email="ada@example.com"),
                an_order("1", customer_id="b", email="ada@example.com"),
                an_order("1", customer_id="c", email="bob@example.com"),
                an_order("1", customer_id="d"),
            ]
        )
        repositories.forms.save_lead(a_lead(email="ada@example.com"))
        customers = repositories.ltv.get_customers_by_email("ada@example.com")
        assert [(each.customer_id, each.lead_id) for each in customers] == [
            ("a", "lead"),
            ("b", "lead"),
        ]
        assert repositories.ltv.get_customers_by_email("bob@example.com")[0].lead_id is None

    def test_leads_are_listed_by_last_submission_then_id_descending(
        self, forms: FormRepository
    ) -> None:
        for lead_id, moment in (("a", NOON), ("b", NOON), ("c", NOON + days(1)), ("d", NOON)):
            source = "google" if lead_id == "d" else "direct"
            forms.save_lead(a_lead(lead_id, last_at=moment, source=source))
        assert scored_ids(forms.find_leads(LeadQuery())) == ["c", "d", "b", "a"]
        assert scored_ids(forms.find_leads(LeadQuery(), limit=2)) == ["c", "d"]
        behind = forms.find_leads(LeadQuery(), after=After(NOON, "d"))
        assert scored_ids(behind) == ["b", "a"]
        assert lead_ids(forms.get_leads_by_source("direct")) == ["c", "b", "a"]
        assert lead_ids(forms.get_leads_by_source("direct", limit=1)) == ["c"]
        assert lead_ids(forms.get_leads_by_status(LeadStatus.NEW)) == ["c", "d", "b", "a"]
        assert lead_ids(forms.get_leads_by_status(LeadStatus.NEW, limit=3)) == ["c", "d", "b"]
        assert forms.get_leads_by_status(LeadStatus.CONTACTED) == []

    def test_leads_are_found_by_all_that_is_asked(self, forms: FormRepository) -> None:
        rows = [
            ("unscored", LeadStatus.NEW, "google", None),
            ("low", LeadStatus.NEW, "google", 39),
            ("edge", LeadStatus.NEW, "google", 40),
            ("other", LeadStatus.CONTACTED, "google", 90),
            ("direct", LeadStatus.NEW, "direct", 90),
        ]
        for lead_id, status, source, total in rows:
            forms.save_lead(a_lead(lead_id, status=status, source=source))
            if total is not None:
                forms.save_lead_score(a_score(lead_id, total=total))
        found = forms.find_leads(LeadQuery(LeadStatus.NEW, "google", 40))
        assert found == [
            ScoredLead(forms.get_lead(LeadId("edge")), a_score("edge", total=40)),
        ]
        assert scored_ids(forms.find_leads(LeadQuery(min_score=0))) == [
            "other",
            "low",
            "edge",
            "direct",
        ]
        assert forms.find_leads(LeadQuery(source="google", min_score=91)) == []
        [unscored] = forms.find_leads(LeadQuery(), after=After(NOON, "v"), limit=1)
        assert (unscored.lead.lead_id, unscored.score) == ("unscored", None)

    @MODEST
    @given(rows=st.lists(st.tuples(instants, st.integers(10, 99)), max_size=8))
    def test_pages_of_leads_together_are_the_whole_list(
        self, new_storage: NewStorage, rows: list[tuple[datetime, int]]
    ) -> None:
        forms = new_storage().repositories.forms
        for place, (moment, total) in enumerate(rows):
            forms.save_lead(a_lead(f"lead-{place}", last_at=moment))
            forms.save_lead_score(a_score(f"lead-{place}", total=total))
        pages = all_pages(
            lambda after: forms.find_leads(LeadQuery(min_score=50), limit=2, after=after),
            lambda last: After(last.lead.last_submission_at, last.lead.lead_id),
            at_most=len(rows),
        )
        assert sorted(scored_ids(pages)) == sorted(
            f"lead-{place}" for place, (_, total) in enumerate(rows) if total >= 50
        )
        places = [(each.lead.last_submission_at, each.lead.lead_id) for each in pages]
        assert all(earlier > later for earlier, later in pairwise(places))


class TestStatus:
    def test_a_lead_moves_and_its_history_remembers_when(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        moment = at("2024-06-01T10:00:00.000001")
        moved = forms.update_lead_status(LeadId("lead"), LeadStatus.QUALIFIED, moment)
        assert moved == replace(a_lead(), status=LeadStatus.QUALIFIED)
        assert forms.get_lead(LeadId("lead")) == moved
        assert forms.find_person("lead@example.com").status_changes == (
            StatusChange(LeadStatus.NEW, NOON),
            StatusChange(LeadStatus.QUALIFIED, moment),
        )

    def test_only_a_lead_that_is_there_moves(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.update_lead_status(LeadId("nowhere"), LeadStatus.CONTACTED, NOON)
        assert caught.value.kind == "lead"

    def test_a_closed_lead_can_be_taken_up_again(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        for status in (LeadStatus.CLOSED_LOST, LeadStatus.CONTACTED, LeadStatus.CLOSED_WON):
            assert forms.update_lead_status(LeadId("lead"), status, NOON).status is status

    @pytest.mark.parametrize("wanted", LeadStatus)
    def test_an_illegal_step_changes_nothing(
        self, forms: FormRepository, wanted: LeadStatus
    ) -> None:
        forms.save_lead(a_lead(status=LeadStatus.PROPOSAL))
        try:
            require_legal_step(LeadStatus.PROPOSAL, wanted)
        except IllegalTransitionError:
            with pytest.raises(IllegalTransitionError):
                forms.update_lead_status(LeadId("lead"), wanted, NOON)
            assert forms.get_lead(LeadId("lead")).status is LeadStatus.PROPOSAL
            assert len(forms.find_person("lead@example.com").status_changes) == 1
        else:
            assert forms.update_lead_status(LeadId("lead"), wanted, NOON).status is wanted


class TestScores:
    def test_a_score_comes_back_as_the_same_ledger(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        score = LeadScore(
            LeadId("lead"),
            (
                ScorePoint("profile", "größe", 30, "„Konzern“"),
                ScorePoint("behaviour", "late", -5, ""),
                ScorePoint("profile", "again", 30, "x"),
            ),
            "B",
            is_hot=True,
            scored_at=at("2024-06-01T10:00:00.000001"),
        )
        forms.save_lead_score(a_score())
        forms.save_lead_score(score)
        stored = forms.get_lead_score(LeadId("lead"))
        assert stored == score
        assert (stored.total, stored.by_category()) == (55, {"profile": 60, "behaviour": -5})

    def test_a_score_needs_its_lead(self, forms: FormRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            forms.save_lead_score(a_score("nowhere"))
        assert caught.value.kind == "lead"

    def test_a_lead_without_a_score_has_none(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        with pytest.raises(NotFoundError) as caught:
            forms.get_lead_score(LeadId("lead"))
        assert caught.value.kind == "lead score"

    def test_hot_leads_are_open_and_highest_first_then_by_id(self, forms: FormRepository) -> None:
        rows = [
            ("c", LeadStatus.NEW, 80, True),
            ("b", LeadStatus.NEGOTIATION, 80, True),
            ("a", LeadStatus.NEW, 75, True),
            ("won", LeadStatus.CLOSED_WON, 99, True),
            ("lost", LeadStatus.CLOSED_LOST, 99, True),
            ("cold", LeadStatus.NEW, 99, False),
        ]
        for lead_id, status, total, is_hot in rows:
            forms.save_lead(a_lead(lead_id, status=status))
            forms.save_lead_score(a_score(lead_id, total=total, is_hot=is_hot))
        forms.save_lead(a_lead("unscored"))
        hot = forms.get_hot_leads()
        assert scored_ids(hot) == ["b", "c", "a"]
        assert hot[0].score == a_score("b", total=80, is_hot=True)
        assert scored_ids(forms.get_hot_leads(limit=1)) == ["b"]


def without_zeros(counts: object) -> dict[str, int]:
    assert isinstance(counts, dict)
    return {key: count for key, count in counts.items() if count}


class TestAnalytics:
    def test_nothing_counts_as_nothing(self, forms: FormRepository) -> None:
        found = forms.get_form_analytics()
        assert (found.total_submissions, found.new_leads, found.hot_leads) == (0, 0, 0)
        assert found.average_lead_score is None
        assert without_zeros(found.submissions_by_source) == {}
        assert without_zeros(found.leads_by_status) == {}

    def test_submissions_and_new_leads_are_counted(self, forms: FormRepository) -> None:
        forms.save_form(a_form(), [])
        for lead_id, status, total, hot in (
            ("a", LeadStatus.NEW, 80, True),
            ("b", LeadStatus.CONTACTED, 41, False),
            ("c", LeadStatus.NEW, None, False),
        ):
            forms.save_lead(a_lead(lead_id, status=status, source="google"))
            if total is not None:
                forms.save_lead_score(a_score(lead_id, total=total, is_hot=hot))
        rows = [
            ("1", "default", SubmissionState.ACCEPTED, "google", "a"),
            ("2", "contact", SubmissionState.ACCEPTED, "direct", "b"),
            ("3", "contact", SubmissionState.DUPLICATE, "direct", "b"),
            ("4", "contact", SubmissionState.QUARANTINED, "google", None),
        ]
        for submission_id, form_id, state, source, of_lead in rows:
            forms.save_form_submission(
                a_submission(
                    submission_id, form_id=form_id, state=state, source=source, lead_id=of_lead
                )
            )
        found = forms.get_form_analytics()
        assert (found.total_submissions, found.accepted) == (4, 2)
        assert (found.quarantined, found.duplicates) == (1, 1)
        assert (found.new_leads, found.hot_leads) == (3, 1)
        assert found.average_lead_score == pytest.approx(60.5)
        assert without_zeros(found.submissions_by_source) == {"google": 2, "direct": 2}
        assert without_zeros(found.submissions_by_form) == {"default": 1, "contact": 3}
        assert without_zeros(found.leads_by_status) == {"new": 2, "contacted": 1}

        contact = forms.get_form_analytics(form_id=FormId("contact"))
        assert (contact.total_submissions, contact.new_leads) == (3, 1)
        assert without_zeros(contact.leads_by_status) == {"contacted": 1}
        assert contact.average_lead_score == pytest.approx(41)

        direct = forms.get_form_analytics(source="direct")
        assert (direct.total_submissions, direct.new_leads) == (2, 0)
        assert direct.average_lead_score is None

    def test_a_range_includes_its_start_and_excludes_its_end(self, forms: FormRepository) -> None:
        for place, moment in enumerate((NOON - timedelta(microseconds=1), NOON, NOON + days(1))):
            forms.save_lead(a_lead(f"lead-{place}", first_at=moment, last_at=NOON + days(9)))
            forms.save_form_submission(a_submission(f"submission-{place}", submitted_at=moment))
        inside = forms.get_form_analytics(start=NOON, end=NOON + days(1))
        assert (inside.total_submissions, inside.new_leads) == (1, 1)
        open_start = forms.get_form_analytics(end=NOON)
        assert (open_start.total_submissions, open_start.new_leads) == (1, 1)
        open_end = forms.get_form_analytics(start=NOON)
        assert (open_end.total_submissions, open_end.new_leads) == (2, 2)

    @MODEST
    @given(
        rows=st.lists(
            st.tuples(instants, submission_states, st.sampled_from(["google", "direct"])),
            max_size=10,
        ),
        start=st.none() | instants,
        end=st.none() | instants,
    )
    def test_counts_agree_with_counting_one_by_one(
        self,
        new_storage: NewStorage,
        rows: list[tuple[datetime, SubmissionState, str]],
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        forms = new_storage().repositories.forms
        for place, (moment, state, source) in enumerate(rows):
            forms.save_form_submission(
                a_submission(f"{place}", submitted_at=moment, state=state, source=source)
            )
        inside = [
            (state, source)
            for moment, state, source in rows
            if (start is None or moment >= start) and (end is None or moment < end)
        ]
        found = forms.get_form_analytics(start=start, end=end)
        assert found.total_submissions == len(inside)
        assert found.accepted == sum(state is SubmissionState.ACCEPTED for state, _ in inside)
        assert found.quarantined == sum(state is SubmissionState.QUARANTINED for state, _ in inside)
        assert found.unconfirmed == sum(state is SubmissionState.UNCONFIRMED for state, _ in inside)
        assert found.duplicates == sum(state is SubmissionState.DUPLICATE for state, _ in inside)
        assert without_zeros(found.submissions_by_source) == Counter(source for _, source in inside)


class TestFunnel:
    def test_an_empty_funnel_has_all_of_its_stages(self, forms: FormRepository) -> None:
        funnel = forms.get_lead_conversion_funnel()
        assert funnel.stages == tuple(FunnelStage(status, 0) for status in FUNNEL)
        assert funnel.lost == 0

    def test_a_lost_lead_counts_where_it_got_to(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead())
        for status in (LeadStatus.PROPOSAL, LeadStatus.CLOSED_LOST):
            forms.update_lead_status(LeadId("lead"), status, NOON)
        funnel = forms.get_lead_conversion_funnel()
        assert [stage.reached for stage in funnel.stages] == [1, 1, 1, 1, 0, 0]
        assert funnel.lost == 1

    @pytest.mark.parametrize(
        ("form_id", "source", "reached", "lost"),
        [
            ("contact", None, 2, 1),
            (None, "google", 2, 0),
            ("contact", "google", 1, 0),
            ("nowhere", None, 0, 0),
        ],
    )
    def test_a_funnel_counts_leads_of_one_form_and_one_source(
        self,
        forms: FormRepository,
        form_id: FormId | None,
        source: str | None,
        reached: int,
        lost: int,
    ) -> None:
        forms.save_form(a_form("contact"), [])
        leads = [("a", "contact", "google"), ("b", "contact", "direct"), ("c", "default", "google")]
        for name, form, source_of_lead in leads:
            forms.save_lead(a_lead(name, source=source_of_lead))
            for number in range(2):
                forms.save_form_submission(
                    a_submission(f"{name}-{number}", form_id=form, lead_id=name)
                )
        forms.update_lead_status(LeadId("b"), LeadStatus.CLOSED_LOST, NOON)
        funnel = forms.get_lead_conversion_funnel(form_id=form_id, source=source)
        assert funnel.stages[0].reached == reached
        assert funnel.lost == lost
        counts = forms.get_form_analytics(form_id=form_id, source=source)
        assert counts.new_leads == reached

    def test_a_lead_that_was_lost_from_the_first_reached_no_stage(
        self, forms: FormRepository
    ) -> None:
        forms.save_lead(a_lead(status=LeadStatus.CLOSED_LOST))
        funnel = forms.get_lead_conversion_funnel()
        assert [stage.reached for stage in funnel.stages] == [0] * 6
        assert funnel.lost == 1

    def test_a_lead_taken_up_again_counts_as_far_as_it_ever_got(
        self, forms: FormRepository
    ) -> None:
        forms.save_lead(a_lead())
        for status in (LeadStatus.NEGOTIATION, LeadStatus.CLOSED_LOST, LeadStatus.CONTACTED):
            forms.update_lead_status(LeadId("lead"), status, NOON)
        funnel = forms.get_lead_conversion_funnel()
        assert [stage.reached for stage in funnel.stages] == [1, 1, 1, 1, 1, 0]
        assert funnel.lost == 0

    @MODEST
    @given(
        leads=st.lists(
            st.tuples(instants, st.sampled_from(OPEN_STATUSES), st.lists(lead_statuses)),
            max_size=6,
        ),
        start=st.none() | instants,
        end=st.none() | instants,
    )
    def test_the_funnel_agrees_with_walking_every_history(
        self,
        new_storage: NewStorage,
        leads: list[tuple[datetime, LeadStatus, list[LeadStatus]]],
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        forms = new_storage().repositories.forms
        reached = dict.fromkeys(FUNNEL, 0)
        lost = 0
        for place, (moment, first, wanted) in enumerate(leads):
            forms.save_lead(a_lead(f"lead-{place}", last_at=moment, status=first))
            status = first
            furthest = FUNNEL.index(first)
            for step in wanted:
                try:
                    require_legal_step(status, step)
                except IllegalTransitionError:
                    continue
                forms.update_lead_status(LeadId(f"lead-{place}"), step, moment)
                status = step
                furthest = max(furthest, FUNNEL.index(step) if step in FUNNEL else 0)
            if (start is None or start <= moment) and (end is None or moment < end):
                for stage in FUNNEL[: furthest + 1]:
                    reached[stage] += 1
                lost += status is LeadStatus.CLOSED_LOST
        funnel = forms.get_lead_conversion_funnel(start=start, end=end)
        assert {stage.status: stage.reached for stage in funnel.stages} == reached
        assert [stage.status for stage in funnel.stages] == list(FUNNEL)
        assert funnel.lost == lost


class TestPeople:
    def test_nothing_is_held_about_a_stranger(self, forms: FormRepository) -> None:
        stranger = forms.find_person("nobody@example.com")
        assert stranger == PersonRecord(None, None, (), ())
        assert without_zeros(forms.erase_person("nobody@example.com")) == {}

    def test_a_person_is_the_lead_and_every_submission_of_theirs(
        self, forms: FormRepository
    ) -> None:
        lead = forms.save_lead(a_lead(email="ada@example.com"))
        forms.save_lead_score(a_score())
        by_email = a_submission("by-email", email="ada@example.com", submitted_at=NOON)
        by_lead = a_submission("by-lead", lead_id="lead", submitted_at=NOON + days(1))
        for submission in (by_email, by_lead, a_submission("of others", email="bob@example.com")):
            forms.save_form_submission(submission)
        assert forms.find_person("ada@example.com") == PersonRecord(
            lead, a_score(), (StatusChange(LeadStatus.NEW, NOON),), (by_lead, by_email)
        )

    def test_someone_whose_submissions_are_quarantined_is_held_without_a_lead(
        self, forms: FormRepository
    ) -> None:
        submission = a_submission(email="ada@example.com", state=SubmissionState.QUARANTINED)
        forms.save_form_submission(submission)
        assert forms.find_person("ada@example.com") == PersonRecord(None, None, (), (submission,))
        assert without_zeros(forms.erase_person("ada@example.com")) == {"form_submissions": 1}

    def test_erasing_a_person_leaves_nothing_of_them_and_everything_of_others(
        self, repositories: Repositories
    ) -> None:
        forms = repositories.forms
        repositories.ltv.record_orders([an_order(email="ada@example.com")])
        forms.save_lead(a_lead(email="ada@example.com"))
        forms.save_lead_score(a_score())
        forms.update_lead_status(LeadId("lead"), LeadStatus.CONTACTED, NOON)
        bob = forms.save_lead(a_lead("bob", email="bob@example.com"))
        forms.save_lead_score(a_score("bob"))
        mine = a_submission("mine", email="ada@example.com", lead_id="lead")
        same = a_submission("same", lead_id="lead", state=SubmissionState.DUPLICATE)
        copied = a_submission(
            "copied",
            email="bob@example.com",
            lead_id="bob",
            state=SubmissionState.DUPLICATE,
            duplicate_of="mine",
        )
        forms.save_form_submission(mine)
        forms.save_form_submission(replace(same, duplicate_of=mine.submission_id))
        for key, submission in (("a", mine), ("b", copied)):
            answer = RememberedAnswer(a_request(key), {"key": key}, NOON + days(1))
            forms.save_outcome(SubmissionOutcome(submission, remembered=answer))

        gone = forms.erase_person("ada@example.com")

        assert gone["leads"] == 1
        assert gone["lead_scores"] == 1
        assert gone["form_submissions"] == 2
        assert gone["idempotency_keys"] == 1
        assert sum(gone.values()) == 7, "and two status changes"
        assert forms.find_person("ada@example.com") == PersonRecord(None, None, (), ())
        with pytest.raises(NotFoundError):
            forms.get_form_submission(SubmissionId("mine"))
        assert forms.get_form_submission(SubmissionId("copied")) == replace(
            copied, duplicate_of=None
        )
        assert forms.get_lead(LeadId("bob")) == bob
        assert forms.read_ground(an_inquiry(request=a_request("a"))).held is None
        held = forms.read_ground(an_inquiry(request=a_request("b"))).held
        assert held == HeldKey("digest", {"key": "b"})
        [customer] = repositories.ltv.get_customers_by_email("ada@example.com")
        assert customer.lead_id is None

    def test_an_erased_person_can_come_back(self, forms: FormRepository) -> None:
        forms.save_lead(a_lead(status=LeadStatus.QUALIFIED))
        forms.erase_person("lead@example.com")
        again = a_lead("again", email="lead@example.com")
        assert forms.save_lead(again) == again
        assert len(forms.find_person("lead@example.com").status_changes) == 1
