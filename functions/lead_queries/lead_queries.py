"""Forms, submissions and leads for those who work with them, and the API's own description."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, TypedDict

from pydantic import Field

from consent_statements import ConsentsBody
from form_definition import FormBody
from scoring_table import ScoringRulesBody
from shop_request_messages import shop_request_messages
from succotash.application.consents.views import ConsentsView
from succotash.application.forms.analytics import FormAnalyticsView
from succotash.application.forms.views import FormList, FormView
from succotash.application.intake.views import SubmissionList, SubmissionView
from succotash.application.leads.breakdown import LeadAnalyticsView
from succotash.application.leads.exports import Export
from succotash.application.leads.scoring import RescoringReport, ScoringRulesView
from succotash.application.leads.views import LeadDetails, LeadList, LeadMatches, LeadView
from succotash.application.people.views import ErasureReport, PersonExport
from succotash.container import Container, container
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import LeadQuery, LeadStatus
from succotash.domain.retention.customers import CustomerFilter
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.values import FormId, SegmentId
from succotash.http.api import Api
from succotash.http.entity_tags import CONDITIONS, entity_tag, precondition
from succotash.http.fields import (
    LAX,
    Closed,
    Cursor,
    CustomerPathId,
    DayOrInstant,
    Id,
    Instant,
    Line,
    Paged,
    Score,
    Slug,
)
from succotash.http.queues import Handler, answering_or_taking
from succotash.http.reading import JSON_TYPE
from succotash.http.requests import Call, Reply
from succotash.http.snapshots import survive_snapshots

api = Api[Container]("lead_queries")
FORMS_READ, FORMS_WRITE = "forms:read", "forms:write"
LEADS_READ, LEADS_WRITE = "leads:read", "leads:write"
PEOPLE = "people:manage"
RESCORING_SECONDS = 20
"""The time of one request; an HTTP API gives up after 30."""
EXPORT_SECONDS = 18
"""The time for reading; the last rows are written after it."""
ERASURE_SECONDS = 12
"""The time for queues and files; the storage was asked before."""
CSV: Mapping[str, object] = {"text/csv": str}
BY_LINK = {
    HTTPStatus.SEE_OTHER: "Too much for one answer: it is at Location, for a short time; the body "
    "says until when, and where to go on."
}
DOCUMENT = Path(__file__).with_name("openapi.json")


class AnalyticsQuery(Closed):
    """From `start` to `end`: days, both included, or instants, of which `end` is excluded."""

    start: DayOrInstant | None = None
    end: DayOrInstant | None = None
    form_id: Id | None = None
    source: Line | None = None


class LeadAnalyticsQuery(Closed):
    """Leads first seen from `start` to `end`: days, both included, or instants."""

    start: DayOrInstant | None = None
    end: DayOrInstant | None = None


class SubmissionsQuery(Paged):
    """Filters of a list of submissions."""

    state: Annotated[SubmissionState, LAX] | None = None


class LeadsQuery(Paged):
    """Filters of a list of leads."""

    status: Annotated[LeadStatus, LAX] | None = None
    source: Line | None = None
    min_score: Score | None = None
    """The least score, in points from 0 to 100."""


class LeadsExportQuery(Closed):
    """Filters of an export of leads, and the row to go on behind."""

    status: Annotated[LeadStatus, LAX] | None = None
    source: Line | None = None
    min_score: Score | None = None
    """The least score, in points from 0 to 100."""
    cursor: Cursor | None = None


class SubmissionsExportQuery(Closed):
    """Filters of an export of submissions, as in analytics, and the row to go on behind."""

    state: Annotated[SubmissionState, LAX] | None = None
    start: DayOrInstant | None = None
    end: DayOrInstant | None = None
    cursor: Cursor | None = None


class CustomersExportQuery(Closed):
    """Filters of an export of customers, and the row to go on behind."""

    risk: Annotated[RiskLevel, LAX] | None = None
    segment: Id | None = None
    """A segment by value."""
    cursor: Cursor | None = None


class ExportView(TypedDict):
    """A large export: where it can be fetched, and where the next one begins."""

    location: str
    expires_at: datetime
    rows: int
    next_cursor: str | None
    """None where every row is in it."""


class LeadPatch(Closed):
    """A lead's new status."""

    status: Annotated[LeadStatus, LAX]


class RescoringBody(Closed):
    """The instant to score as of; an earlier answer's `as_of` goes on where that stopped."""

    as_of: Instant | None = None


class PersonBody(Closed):
    """A person's e-mail address; in a body, because addresses are logged."""

    email: Annotated[str, Field(max_length=320, json_schema_extra={"format": "email"})]


def _time_for(seconds: float) -> Callable[[], bool]:
    """Whether so many seconds have not yet passed from here on."""
    ends_at = time.monotonic() + seconds
    return lambda: time.monotonic() < ends_at


def _exported(export: Export) -> Reply:
    if export.link is None:
        disposition = f'attachment; filename="{export.name}"'
        return Reply(
            export.content,
            headers={"Content-Disposition": disposition},
            content_type="text/csv; charset=utf-8",
        )
    view: ExportView = {
        "location": export.link.address,
        "expires_at": export.link.expires_at,
        "rows": export.rows,
        "next_cursor": export.next_cursor,
    }
    return Reply(view, HTTPStatus.SEE_OTHER, {"Location": export.link.address})


@cache
def _document() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


@api.route("GET", "/openapi.json", scope=None, answers={JSON_TYPE: dict[str, object]})
def get_document(_: Container) -> Reply:
    """Get this API's description (OpenAPI 3.1)."""
    return Reply(_document(), headers={"Cache-Control": "public, max-age=300"})


@api.route("GET", "/forms", scope=FORMS_READ)
def get_forms(container: Container) -> FormList:
    """List all forms."""
    return container.get_form_handler().get_forms()


@api.route("GET", "/forms/analytics", scope=FORMS_READ)
def get_form_analytics(container: Container, query: AnalyticsQuery) -> FormAnalyticsView:
    """Count submissions, leads, sources and the funnel of forms."""
    return container.get_form_handler().get_form_analytics(
        start=query.start, end=query.end, form_id=query.form_id, source=query.source
    )


@api.route(
    "GET",
    "/forms/{form_id}",
    scope=FORMS_READ,
    answers={JSON_TYPE: FormView},
    gives={"ETag": "Names this state of the form, for If-Match."},
)
def get_form(container: Container, form_id: str) -> Reply:
    """Get a form's definition."""
    found = container.get_form_handler().get_form(form_id)
    return Reply(found, headers={"ETag": entity_tag(found)})


@api.route("PUT", "/forms/{form_id}", scope=FORMS_WRITE, headers=CONDITIONS)
def put_form(container: Container, form_id: Slug, body: FormBody, call: Call) -> FormView:
    """Define a form, in effect for the next submission."""
    form = body.form(FormId(form_id))
    return container.get_form_handler().put_form(
        form, body.validation_rules(form.form_id), precondition(call.headers)
    )


@api.route("GET", "/forms/{form_id}/submissions", scope=FORMS_READ)
def get_submissions(container: Container, form_id: str, query: SubmissionsQuery) -> SubmissionList:
    """List a form's submissions, newest first."""
    return container.get_form_handler().get_submissions(
        form_id, state=query.state, limit=query.limit, cursor=query.cursor
    )


@api.route(
    "GET", "/forms/{form_id}/submissions/export", scope=FORMS_READ, answers=CSV, also=BY_LINK
)
def export_submissions(container: Container, form_id: str, query: SubmissionsExportQuery) -> Reply:
    """Export a form's submissions as CSV."""
    return _exported(
        container.get_export_handler().export_submissions(
            form_id,
            state=query.state,
            start=query.start,
            end=query.end,
            cursor=query.cursor,
            has_time=_time_for(EXPORT_SECONDS),
        )
    )


@api.route("GET", "/submissions/{submission_id}", scope=FORMS_READ)
def get_submission(container: Container, submission_id: str) -> SubmissionView:
    """Get a submission."""
    return container.get_form_handler().get_submission(submission_id)


@api.route("POST", "/submissions/{submission_id}/release", scope=FORMS_WRITE)
def release_submission(container: Container, submission_id: str) -> SubmissionView:
    """Take a submission out of quarantine and make it a lead."""
    return container.get_form_handler().release_submission(submission_id)


@api.route("GET", "/leads", scope=LEADS_READ)
def get_leads(container: Container, query: LeadsQuery) -> LeadList:
    """List leads, by last submission."""
    wanted = LeadQuery(query.status, query.source, query.min_score)
    return container.get_form_handler().get_leads(wanted, limit=query.limit, cursor=query.cursor)


@api.route("GET", "/leads/analytics", scope=LEADS_READ)
def get_lead_analytics(container: Container, query: LeadAnalyticsQuery) -> LeadAnalyticsView:
    """Count leads first seen in a range of time by source and by grade, with their outcome."""
    return container.get_form_handler().get_lead_analytics(start=query.start, end=query.end)


@api.route("GET", "/leads/export", scope=LEADS_READ, answers=CSV, also=BY_LINK)
def export_leads(container: Container, query: LeadsExportQuery) -> Reply:
    """Export leads as CSV."""
    wanted = LeadQuery(query.status, query.source, query.min_score)
    return _exported(
        container.get_export_handler().export_leads(
            wanted, cursor=query.cursor, has_time=_time_for(EXPORT_SECONDS)
        )
    )


@api.route("POST", "/leads/search", scope=LEADS_READ)
def search_leads(container: Container, body: PersonBody) -> LeadMatches:
    """Find the lead with an e-mail address, in any spelling."""
    return container.get_form_handler().search_leads(body.email)


@api.route("GET", "/customers/export", scope=PEOPLE, answers=CSV, also=BY_LINK)
def export_customers(container: Container, query: CustomersExportQuery) -> Reply:
    """Export customers as CSV: address, segment, risk, value, consent."""
    segment = None if query.segment is None else SegmentId(query.segment)
    wanted = CustomerFilter(query.risk, segment)
    return _exported(
        container.get_export_handler().export_customers(
            wanted, cursor=query.cursor, has_time=_time_for(EXPORT_SECONDS)
        )
    )


@api.route("GET", "/leads/scoring-rules", scope=LEADS_READ)
def get_scoring_rules(container: Container) -> ScoringRulesView:
    """Get the table by which leads are scored."""
    return container.get_lead_scoring().get_rules()


@api.route("PUT", "/leads/scoring-rules", scope=LEADS_WRITE)
def put_scoring_rules(container: Container, body: ScoringRulesBody) -> ScoringRulesView:
    """Replace the table, in effect for the next submission."""
    return container.get_lead_scoring().put_rules(
        body.scoring_rules(),
        hot_total=body.hot_total,
        grade_totals=body.grades.totals(),
        replaces=body.replaces,
    )


@api.route("POST", "/leads/rescoring", scope=LEADS_WRITE)
def rescore_leads(container: Container, body: RescoringBody) -> RescoringReport:
    """Score all leads by the present rules, as far as the time of one request goes."""
    return container.get_lead_scoring().rescore(body.as_of, has_time=_time_for(RESCORING_SECONDS))


@api.route("GET", "/leads/{lead_id}", scope=LEADS_READ)
def get_lead(container: Container, lead_id: str) -> LeadDetails:
    """Get a lead with its score, the reasons, and its history."""
    return container.get_form_handler().get_lead(lead_id)


@api.route("PATCH", "/leads/{lead_id}", scope=LEADS_WRITE)
def update_lead(container: Container, lead_id: str, body: LeadPatch) -> LeadView:
    """Move a lead along the funnel."""
    return container.get_form_handler().update_lead_status(lead_id, body.status)


@api.route("GET", "/leads/{lead_id}/consents", scope=PEOPLE)
def get_lead_consents(container: Container, lead_id: str) -> ConsentsView:
    """Get a lead's consent and its history."""
    return container.get_consent_records().get_lead_consents(lead_id)


@api.route("PUT", "/leads/{lead_id}/consents", scope=PEOPLE)
def put_lead_consents(container: Container, lead_id: str, body: ConsentsBody) -> ConsentsView:
    """Record what a lead said, for each purpose that is named."""
    return container.get_consent_records().put_lead_consents(lead_id, body.statements())


@api.route("GET", "/customers/{customer_id}/consents", scope=PEOPLE)
def get_customer_consents(container: Container, customer_id: CustomerPathId) -> ConsentsView:
    """Get a customer's consent and its history."""
    return container.get_consent_records().get_customer_consents(customer_id)


@api.route("PUT", "/customers/{customer_id}/consents", scope=PEOPLE)
def put_customer_consents(
    container: Container, customer_id: CustomerPathId, body: ConsentsBody
) -> ConsentsView:
    """Record what a customer said, for each purpose that is named."""
    return container.get_consent_records().put_customer_consents(customer_id, body.statements())


@api.route("POST", "/people/export", scope=PEOPLE)
def export_person(container: Container, body: PersonBody) -> PersonExport:
    """Export everything that the database holds about one person."""
    return container.get_people_handler().export_person(body.email)


@api.route("POST", "/people/erasures", scope=PEOPLE)
def erase_person(container: Container, body: PersonBody) -> ErasureReport:
    """Erase one person; the answer says what went, what is left to do, what is kept, and why."""
    return container.get_people_handler().erase_person(body.email, _time_for(ERASURE_SECONDS))


def answering(parts: Container) -> Handler:
    """The handler of requests, and of messages from the queue of shops' customers' requests."""
    return answering_or_taking(api.on(parts), shop_request_messages(parts))


handler = answering(container)
survive_snapshots(container)
