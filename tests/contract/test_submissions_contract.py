"""What every FormRepository does with submissions."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import After, FormId, Json, SubmissionId
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_form,
    a_lead,
    a_submission,
    at,
    days,
    minutes,
)
from tests.contract.conftest import NewStorage
from tests.contract.paging import all_pages
from tests.strategies import MODEST, instants, json_objects, submission_states


def submission_ids(submissions: list[FormSubmission]) -> list[str]:
    return [each.submission_id for each in submissions]


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
