"""Texts as they are compared: as NFKC and case folding have it, at a price that grows evenly."""

import json
import sys
import unicodedata
from itertools import groupby

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from succotash.domain.forms.canonical_text import (
    ANSWER_LIMIT,
    JOINER,
    MARKS,
    NON_STARTERS,
    canonical_text,
)
from succotash.domain.people.email_addresses import EMAIL_LIMIT, canonical_email
from succotash.errors import InvalidInputError
from tests.http.gateway import Gateway

ABOVE, BELOW = "\u0301", "\u0323"
"""Two marks in the order that has to be turned round."""
STEPS_PER_CHARACTER = 100
"""Characters read and marks compared, at most; a run of a thousand marks alone takes a thousand."""

texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from(f"a ßÅ\u1e9b\ufdfa\u0f77\u0f73\u0344\u00a8{ABOVE}{BELOW}\u0345\uac00\u11a8")
)


def runs_of_marks(text: str) -> list[int]:
    """How many marks follow each other, for each run of them."""
    marks = groupby(text, lambda each: unicodedata.combining(each) != 0)
    return [len(list(run)) for is_mark, run in marks if is_mark]


@given(texts)
def test_a_text_without_long_runs_of_marks_is_nfkc_with_its_case_folded(text: str) -> None:
    assume(max(runs_of_marks(unicodedata.normalize("NFKD", text)), default=0) <= NON_STARTERS)

    expected = " ".join(unicodedata.normalize("NFKC", text).casefold().split())

    assert canonical_text(text) == expected


@given(
    text=texts, mark=st.sampled_from([ABOVE, BELOW, "\u0344", "\u0f73"]), count=st.integers(31, 500)
)
def test_a_run_of_marks_is_cut_by_joiners(text: str, mark: str, count: int) -> None:
    canonical = canonical_text(f"{text}a{mark * count}")

    assert max(runs_of_marks(unicodedata.normalize("NFKD", canonical))) <= NON_STARTERS
    assert JOINER in canonical


def test_no_character_is_decomposed_into_more_marks_than_is_reckoned_with() -> None:
    decomposed = (unicodedata.normalize("NFKD", chr(code)) for code in range(sys.maxunicode + 1))

    assert max(sum(runs_of_marks(each)) for each in decomposed) == MARKS


def test_the_same_long_run_in_another_order_of_its_blocks_is_another_text() -> None:
    run = (ABOVE + BELOW) * 15

    assert canonical_text("a" + run) == canonical_text("a" + (BELOW + ABOVE) * 15)
    assert canonical_text("a" + run + ABOVE) != canonical_text("a" + run + BELOW)


def test_a_text_too_long_for_an_answer_is_not_normalised() -> None:
    text = "Å" * (ANSWER_LIMIT + 1)

    assert canonical_text(text) == text


@pytest.mark.parametrize(
    "address", ["a@" + "Ü" * EMAIL_LIMIT, f"{ABOVE * EMAIL_LIMIT}@example.com"]
)
def test_an_address_is_measured_before_it_is_normalised(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)

    with pytest.raises(InvalidInputError):
        canonical_email(address)

    assert work.steps == 0


class Work:
    """Counts what normalising takes: each character is read, each mark put into its place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self._normalize = unicodedata.normalize
        monkeypatch.setattr(unicodedata, "normalize", self._counted)

    def _counted(self, form: str, text: str) -> str:
        self.steps += len(text) + sum(length**2 for length in runs_of_marks(text))
        return self._normalize(form, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"message": (ABOVE + BELOW) * 16_000}, 422),
        (dict.fromkeys(("a", "b", "c"), ABOVE * 4990 + BELOW * 4991), 201),
        ({"email": ABOVE * 4_990 + "@" + BELOW * 4_991}, 422),
        ({"choices": [ABOVE * 4_990 + BELOW * 4_991] * 3}, 201),
        ({"choices": [ABOVE * 10_001]}, 422),
        ({ABOVE * 30_000: "name"}, 201),
    ],
)
def test_a_form_of_marks_takes_work_that_grows_evenly(
    fields: dict[str, str | list[str]], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"email": "ada@example.com"} | fields, ensure_ascii=False)
    gateway = Gateway()
    work = Work(monkeypatch)

    answer = gateway.call(
        "POST",
        "/forms/default/submissions",
        body=body.encode(),
        headers={"content-type": "application/json"},
        scopes=None,
    )

    assert answer.status == status, answer.body
    assert work.steps <= STEPS_PER_CHARACTER * len(body)
