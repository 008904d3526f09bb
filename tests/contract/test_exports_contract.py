"""Exports on every storage: at once, by a link, and in parts where time runs out."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import override

import pytest

from succotash.application.leads.export_progress import PAGE
from succotash.application.leads.exports import (
    ANSWERED_AT_ONCE,
    ExportHandler,
    ExportTooLargeError,
)
from succotash.domain.forms.forms import DEFAULT_FORM, FieldKind, Form, FormField
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import LeadQuery
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.exports import ExportLink, ExportStore
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import FormId, Json
from succotash.errors import InvalidInputError, NotFoundError
from tests.builders import NOON, a_lead, a_score, a_submission, days, minutes

LONG = "x" * 9_000


@dataclass
class Shelf(ExportStore):
    files: dict[str, str] = field(default_factory=dict)
    largest_piece: int = 0

    @override
    def put(self, name: str, content: Iterable[bytes], now: datetime) -> ExportLink:
        pieces = list(content)
        self.largest_piece = max(map(len, pieces))
        self.files[name] = b"".join(pieces).decode()
        return ExportLink(f"https://shelf.example/{name}", now + minutes(15))

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        raise AssertionError(person)


@dataclass
class Desk:
    storage: Storage
    shelf: Shelf = field(default_factory=Shelf)

    def exports(self, *, has_shelf: bool = True) -> ExportHandler:
        numbers = count(1)
        shelf = self.shelf if has_shelf else None
        return ExportHandler(
            self.storage, lambda: NOON, lambda: f"id-{next(numbers)}", shelf, "Europe/Berlin"
        )

    def fill(self, submissions: int, message: str = LONG) -> None:
        with self.storage.transaction() as repositories:
            for number in range(submissions):
                repositories.forms.save_form_submission(
                    a_submission(
                        f"{number:05}",
                        submitted_at=NOON + minutes(number),
                        answers={"message": message},
                    )
                )


@pytest.fixture
def desk(storage: Storage) -> Desk:
    return Desk(storage)


def rows(content: str | None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content, newline=""))) if content else []


def has_turns(turns: int) -> Callable[[], bool]:
    left = count(turns - 1, -1)
    return lambda: next(left) > 0


def test_leads_have_their_score_and_no_formulas(desk: Desk) -> None:
    forms = desk.storage.repositories.forms
    answers: dict[str, Json] = {"message": 'two\nlines, "quoted"'}
    forms.save_lead(a_lead("b", company="=cmd|' /C calc'!A0", answers=answers, phone="+49 30 1"))
    forms.save_lead(a_lead("a", source="google"))
    forms.save_lead_score(a_score("b", total=70, is_hot=True, grade="B"))
    found = desk.exports().export_leads(LeadQuery())
    assert (found.name, found.rows, found.link, found.next_cursor) == ("leads.csv", 2, None, None)
    first, second = rows(found.content)
    assert (first["lead_id"], first["score"], first["answers"]) == ("a", "", "")
    assert second["company"] == "'=cmd|' /C calc'!A0"
    assert second["phone"] == "'+49 30 1"
    assert (second["score"], second["grade"], second["is_hot"]) == ("70", "B", "true")
    assert second["answers"] == '{"message": "two\\nlines, \\"quoted\\""}'
    assert second["last_submission_at"] == "2024-05-06T12:00:00Z"
    [only] = rows(desk.exports().export_leads(LeadQuery(source="google")).content)
    assert only["lead_id"] == "a"


def test_a_forms_submissions_have_a_column_for_each_question(desk: Desk) -> None:
    forms = desk.storage.repositories.forms
    size = FormField("size", "Size", FieldKind.CHOICE, choices=("S", "M"))
    forms.save_form(Form(FormId("shop"), "Shop", fields=(size,)), [])
    given: list[dict[str, Json]] = [
        {"size": ["S", "M"], "note": "-1"},
        {"note": -1, "state": "an answer", "größe": None},
    ]
    for number, answers in enumerate(given):
        forms.save_form_submission(
            a_submission(
                f"{number}", form_id="shop", answers=answers, submitted_at=NOON - days(number)
            )
        )
    found = desk.exports().export_submissions("shop")
    older, newer = rows(found.content)
    assert list(older)[-5:] == [
        "answer.size",
        "answer.größe",
        "answer.note",
        "answer.state",
        "other_answers",
    ]
    assert (older["state"], older["answer.state"], older["answer.note"]) == (
        "accepted",
        "an answer",
        "-1",
    )
    assert (newer["answer.size"], newer["answer.note"]) == ('["S", "M"]', "'-1")
    assert found.name == "submissions-shop.csv"


def test_submissions_are_narrowed_to_days_of_the_zone_and_a_state(desk: Desk) -> None:
    forms = desk.storage.repositories.forms
    for number in range(4):
        forms.save_form_submission(a_submission(f"{number}", submitted_at=NOON + days(number)))
    forms.save_form_submission(a_submission("spam", state=SubmissionState.QUARANTINED))

    def ids(**narrowed: object) -> list[str]:
        found = desk.exports().export_submissions(
            DEFAULT_FORM,
            **narrowed,  # type: ignore[arg-type]  # each call names what it narrows
        )
        return [each["submission_id"] for each in rows(found.content)]

    first = NOON.date()
    assert ids(start=first, end=first) == ["0", "spam"]
    assert ids(start=NOON + minutes(1), end=NOON + days(2)) == ["1"]
    assert ids(state=SubmissionState.QUARANTINED) == ["spam"]
    with pytest.raises(InvalidInputError):
        ids(start=NOON, end=NOON - minutes(1))


def test_an_unknown_form_has_no_export(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        desk.exports().export_submissions("nowhere")


def test_of_nothing_there_is_a_header(desk: Desk) -> None:
    found = desk.exports().export_leads(LeadQuery())
    assert found.rows == 0
    assert found.content is not None
    assert found.content.startswith('"lead_id","email"')


def test_what_is_too_much_for_an_answer_is_behind_a_link_with_every_row(desk: Desk) -> None:
    desk.fill(PAGE + 7)
    found = desk.exports().export_submissions(DEFAULT_FORM)
    assert found.content is None
    assert found.link is not None
    assert found.link.address == f"https://shelf.example/{found.name}"
    assert (found.rows, found.next_cursor) == (PAGE + 7, None)
    ids = [each["submission_id"] for each in rows(desk.shelf.files[found.name])]
    assert ids == [f"{number:05}" for number in range(PAGE + 7)]
    assert desk.shelf.largest_piece < 2 * ANSWERED_AT_ONCE * 2


def test_without_a_shelf_it_is_refused(desk: Desk) -> None:
    desk.fill(PAGE)
    with pytest.raises(ExportTooLargeError):
        desk.exports(has_shelf=False).export_submissions(DEFAULT_FORM)


def test_where_time_runs_out_a_cursor_goes_on_behind_the_last_row(desk: Desk) -> None:
    desk.fill(2 * PAGE + 3, "short")
    ids: list[str] = []
    cursor: str | None = None
    parts = 0
    while parts == 0 or cursor:
        found = desk.exports().export_submissions(
            DEFAULT_FORM, cursor=cursor, has_time=has_turns(1)
        )
        content = desk.shelf.files[found.name] if found.link else found.content
        ids += [each["submission_id"] for each in rows(content)]
        cursor, parts = found.next_cursor, parts + 1
    assert parts == 3
    assert ids == [f"{number:05}" for number in range(2 * PAGE + 3)]


def test_leads_go_on_by_a_cursor_too(desk: Desk) -> None:
    with desk.storage.transaction() as repositories:
        for number in range(PAGE + 2):
            repositories.forms.save_lead(a_lead(f"{number:05}"))
    first = desk.exports().export_leads(LeadQuery(), has_time=has_turns(1))
    assert (first.rows, first.link is not None) == (PAGE, True)
    rest = desk.exports().export_leads(LeadQuery(), cursor=first.next_cursor)
    assert [each["lead_id"] for each in rows(rest.content)] == ["01000", "01001"]
    with pytest.raises(InvalidInputError):
        desk.exports().export_leads(LeadQuery(), cursor="nonsense")
