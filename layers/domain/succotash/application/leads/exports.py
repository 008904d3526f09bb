"""Exports as CSV: small ones at once, large ones by a link, in bounded memory."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from succotash.application.days import range_of
from succotash.application.leads.customer_rows import CUSTOMER_COLUMNS, customer_pages
from succotash.application.leads.export_progress import PAGE, Progress
from succotash.application.paging import after_moment, encode_cursor
from succotash.domain.forms.submissions import FormSubmission, SubmissionFilter, SubmissionState
from succotash.domain.leads.leads import LeadQuery, ScoredLead
from succotash.domain.leads.spreadsheets import Cell, csv_row
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.exports import ExportLink, ExportStore
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.customers import CustomerFilter
from succotash.domain.values import After, Clock, CustomerId, FormId, IdFactory, Json, LeadId
from succotash.errors import ConflictError

ANSWERED_AT_ONCE = 5_000_000
"""Characters of an answer, as JSON has them; Lambda's answers end at six megabytes."""
ANSWER_COLUMNS = 200
"""The most answers that have a column of their own."""

LEAD_COLUMNS = (
    "lead_id", "email", "first_name", "last_name", "company", "phone", "status", "source",
    "campaign", "submission_count", "first_submission_at", "last_submission_at", "score", "grade",
    "is_hot", "scored_at", "answers",
)  # fmt: skip
SUBMISSION_COLUMNS = (
    "submission_id", "submitted_at", "state", "lead_id", "source", "attribution", "duplicate_of",
    "spam_reasons", "consent",
)  # fmt: skip
ANSWER_PREFIX = "answer."
OTHER_ANSWERS = "other_answers"


class ExportTooLargeError(ConflictError):
    """An export does not fit into one answer, and there is nowhere else to put it."""

    def __init__(self) -> None:
        super().__init__("this is too much for one answer, and no place for files is set")


@dataclass(frozen=True, slots=True)
class Export:
    """Rows as CSV: here, or behind a link."""

    name: str
    rows: int
    content: str | None
    """None where there is a link."""
    link: ExportLink | None = None
    next_cursor: str | None = None
    """Goes on behind the last row, where time ended before the rows did."""


class ExportHandler:
    """Exports of leads, submissions and customers.

    Every row is as it was when its page of a thousand was read. Whatever is there from beginning
    to end of an export is in it exactly once; what comes or goes meanwhile may be or not.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        store: ExportStore | None,
        time_zone: str,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        """The tombstones' keys tell which addresses are not written to."""
        self._tombstones = tombstones
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._store = store
        self._time_zone = time_zone

    def export_leads(
        self,
        query: LeadQuery,
        *,
        cursor: str | None = None,
        has_time: Callable[[], bool] = lambda: True,
    ) -> Export:
        """The leads that match, by id; `has_time` is asked before every page."""
        leads = self._storage.repositories.leads
        after = after_moment(cursor)
        behind = None if after is None else LeadId(after.id)
        progress = Progress()
        pages = _lead_pages(leads, query, behind, has_time, progress)
        return self._export("leads", csv_row(LEAD_COLUMNS), pages, progress)

    def export_customers(
        self,
        wanted: CustomerFilter,
        *,
        cursor: str | None = None,
        has_time: Callable[[], bool] = lambda: True,
    ) -> Export:
        """The customers that are wanted, by id, with what the current run found of each.

        NotFoundError for a segment that there is not.
        """
        if wanted.segment_id is not None:
            self._storage.repositories.ltv.get_ltv_segment(wanted.segment_id)
        after = after_moment(cursor)
        behind = None if after is None else CustomerId(after.id)
        progress = Progress()
        pages = customer_pages(
            self._storage.repositories, self._tombstones, wanted, behind, has_time, progress
        )
        return self._export("customers", csv_row(CUSTOMER_COLUMNS), pages, progress)

    def export_submissions(
        self,
        form_id: str,
        *,
        state: SubmissionState | None = None,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        cursor: str | None = None,
        has_time: Callable[[], bool] = lambda: True,
    ) -> Export:
        """A form's submissions, oldest first, with a column for each question.

        The range is read as analytics read theirs. NotFoundError for an unknown form.
        """
        form = self._storage.repositories.forms.get_form(FormId(form_id))
        covered = range_of(start, end, self._time_zone)
        wanted = SubmissionFilter(form.form_id, state, covered.start, covered.end)
        leads = self._storage.repositories.leads
        asked = [each.name for each in form.fields]
        found = leads.get_answer_names(form.form_id, limit=ANSWER_COLUMNS)
        names = [*asked, *(each for each in found if each not in set(asked))][:ANSWER_COLUMNS]
        header = csv_row(
            [*SUBMISSION_COLUMNS, *(ANSWER_PREFIX + each for each in names), OTHER_ANSWERS]
        )
        progress = Progress()
        pages = _submission_pages(leads, wanted, after_moment(cursor), names, has_time, progress)
        return self._export(f"submissions-{form.form_id}", header, pages, progress)

    def _export(self, kind: str, header: str, pages: Iterator[str], progress: Progress) -> Export:
        """At once, as far as one answer goes; else everything behind a link."""
        now = self._clock()
        begun, size = [header], len(header)
        for page in pages:
            begun.append(page)
            size += len(json.dumps(page))
            if size > ANSWERED_AT_ONCE:
                break
        is_short = size <= ANSWERED_AT_ONCE
        if is_short and progress.cursor is None:
            return Export(f"{kind}.csv", progress.rows, "".join(begun))
        if self._store is None:
            raise ExportTooLargeError
        name = f"{kind}-{self._new_id()}.csv"
        content = (each.encode() for each in chain(begun, pages))
        link = self._store.put(name, content, now)
        return Export(name, progress.rows, None, link, progress.cursor)


def _lead_pages(
    leads: LeadRepository,
    query: LeadQuery,
    after: LeadId | None,
    has_time: Callable[[], bool],
    progress: Progress,
) -> Iterator[str]:
    while True:
        page = leads.get_leads_by_id(query, limit=PAGE, after=after)
        progress.rows += len(page)
        full = len(page) == PAGE
        if page:
            after = page[-1].lead.lead_id
        progress.cursor = (
            encode_cursor(page[-1].lead.first_submission_at.isoformat(), page[-1].lead.lead_id)
            if full
            else None
        )
        yield "".join(csv_row(_lead_cells(each)) for each in page)
        if not full or not has_time():
            return


def _submission_pages(
    leads: LeadRepository,
    wanted: SubmissionFilter,
    after: After | None,
    names: Sequence[str],
    has_time: Callable[[], bool],
    progress: Progress,
) -> Iterator[str]:
    known = set(names)
    while True:
        page = leads.get_submissions_by_time(wanted, limit=PAGE, after=after)
        progress.rows += len(page)
        full = len(page) == PAGE
        if page:
            after = After(page[-1].submitted_at, page[-1].submission_id)
        progress.cursor = (
            encode_cursor(after.moment.isoformat(), after.id) if full and after else None
        )
        yield "".join(csv_row(_submission_cells(each, names, known)) for each in page)
        if not full or not has_time():
            return


def _lead_cells(scored: ScoredLead) -> list[Cell]:
    lead, score = scored.lead, scored.score
    return [
        lead.lead_id,
        lead.email,
        lead.first_name,
        lead.last_name,
        lead.company,
        lead.phone,
        lead.status,
        lead.source,
        lead.campaign,
        lead.submission_count,
        lead.first_submission_at,
        lead.last_submission_at,
        None if score is None else score.total,
        None if score is None else score.grade,
        None if score is None else score.is_hot,
        None if score is None else score.scored_at,
        dict(lead.answers) or None,
    ]


def _submission_cells(
    submission: FormSubmission, names: Sequence[str], known: set[str]
) -> list[Cell]:
    answers = submission.answers
    others: dict[str, Json] = {name: value for name, value in answers.items() if name not in known}
    attribution: dict[str, Json] = {**submission.attribution}
    return [
        submission.submission_id,
        submission.submitted_at,
        submission.state,
        submission.lead_id,
        submission.source,
        attribution or None,
        submission.duplicate_of,
        "; ".join(submission.spam_reasons),
        submission.consent,
        *(answers.get(name) for name in names),
        others or None,
    ]
