"""Submissions that wait, as texts."""

import json
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.intake.queued_submissions import QueuedSubmission, id_of_request
from succotash.domain.values import FormId, Json
from succotash.errors import (
    MalformedRequestError,
)
from tests.builders import NOON, minutes
from tests.unit.queued import parked

LIMIT = 256 * 1024
"""Bytes of a message that SQS takes."""
BODY = 64 * 1024


class TestTexts:
    @given(
        fields=st.dictionaries(
            st.text(max_size=20),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text()
            | st.lists(st.text(), max_size=3),
            max_size=5,
        ),
        form_id=st.text(min_size=1, max_size=200),
        key=st.none() | st.text(min_size=1),
    )
    def test_a_submission_comes_back_as_it_was_parked(
        self, fields: dict[str, Json], form_id: str, key: str | None
    ) -> None:
        before = parked(fields=fields, form_id=form_id, key=key)
        text = before.as_text()
        assert QueuedSubmission.of_text(text) == before
        assert text.isascii()

    @pytest.mark.parametrize("character", ["a", '"', "\x01", "é", "€", "🦑", "\uffff"])
    def test_the_largest_body_fits_into_a_message(self, character: str) -> None:
        answer = character * (BODY // len(character.encode()))
        largest = parked(fields={"message": answer})
        assert len(largest.as_text()) <= LIMIT
        assert QueuedSubmission.of_text(largest.as_text()) == largest

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "null",
            "[]",
            "{}",
            "zlib:",
            "zlib:????",
            "zlib:YWJj",
            '{"version": 2}',
            json.dumps({"version": 1, "fields": {}}),
        ],
    )
    def test_what_is_no_parked_submission_is_refused(self, text: str) -> None:
        with pytest.raises(MalformedRequestError):
            QueuedSubmission.of_text(text)

    def test_a_time_without_its_zone_is_refused(self) -> None:
        document = json.loads(parked().as_text()) | {"received_at": "2024-05-06T12:00:00"}
        with pytest.raises(MalformedRequestError):
            QueuedSubmission.of_text(json.dumps(document))

    def test_a_request_has_one_id_for_a_day_and_no_other_has_it(self) -> None:
        form = FormId("contact")
        first = id_of_request(form, "key", "digest", NOON)
        assert id_of_request(form, "key", "digest", NOON + minutes(60 * 11.9)) == first
        others = {
            id_of_request(form, "key", "digest", NOON + minutes(60 * 12)),
            id_of_request(form, "key", "other", NOON),
            id_of_request(form, "other", "digest", NOON),
            id_of_request(FormId("other"), "key", "digest", NOON),
        }
        assert len(others | {first}) == 5
        for each in map(UUID, (first, *others)):
            assert (each.version, each.variant) == (8, RFC_4122)
        assert first < id_of_request(form, "a", "a", NOON + minutes(60 * 24))

    def test_ids_for_queues_hold_no_word_of_anybody(self) -> None:
        each = parked(form_id="ümlaut form / 1", key="ada@example.com")
        for name in (each.group, each.deduplication_id):
            assert name.isalnum()
            assert len(name) <= 128
