"""The public side: submissions, the hosted form page, and whether the service is well."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, TypedDict
from urllib.parse import quote

from pydantic import ConfigDict, Field

from hosted_page import HTML_TYPE, form_page, thank_you_page
from submission_reading import TAKES, SentForm
from succotash.application.form_handler import SubmissionReceipt
from succotash.container import Container, container
from succotash.domain.attribution import is_attribution
from succotash.errors import InvalidInputError
from succotash.http.api import Api, Call, Reply
from succotash.http.fields import Closed
from succotash.http.reading import JSON_TYPE

api = Api[Container]("form_intake")
NEXT = "_next"
"""The field in which a plain page says where to go after posting."""

Tag = Annotated[str, Field(max_length=500)]


class Health(TypedDict):
    """That the service is well, and on which storage."""

    status: str
    storage: str


class PageQuery(Closed):
    """Where the visitor came from, for the submission. Parameters of others are passed over."""

    model_config = ConfigDict(extra="ignore")

    thanks: Annotated[str, Field(max_length=10)] | None = None
    utm_source: Tag | None = None
    utm_medium: Tag | None = None
    utm_campaign: Tag | None = None
    utm_term: Tag | None = None
    utm_content: Tag | None = None
    campaign_id: Tag | None = None
    click_id: Tag | None = None
    gclid: Tag | None = None
    fbclid: Tag | None = None

    def attribution(self) -> dict[str, str]:
        """What of it goes with the submission."""
        given: dict[str, str | None] = self.model_dump()
        return {name: value for name, value in given.items() if value and is_attribution(name)}


def _origins(container: Container, ids: Mapping[str, str]) -> Sequence[str]:
    return container.get_form_handler().get_form(ids["form_id"])["allowed_origins"]


@api.route("GET", "/health", scope=None)
def get_health(container: Container) -> Health:
    """Whether the service and its storage answer."""
    container.storage.ping()
    return {"status": "ok", "storage": container.settings.storage}


@api.route("GET", "/f/{form_id}", scope=None, answers={HTML_TYPE: str})
def get_page(container: Container, form_id: str, query: PageQuery) -> Reply:
    """A page with the form, for those who have no page of their own."""
    form = container.get_form_handler().get_form(form_id)
    return (
        thank_you_page(form) if query.thanks else form_page(form, attribution=query.attribution())
    )


@api.route(
    "POST",
    "/forms/{form_id}/submissions",
    scope=None,
    status=HTTPStatus.CREATED,
    takes=TAKES,
    answers={JSON_TYPE: SubmissionReceipt},
    origins=_origins,
    headers={"Idempotency-Key": "Makes it safe to send the same submission again."},
    also={HTTPStatus.SEE_OTHER: "A plain page's post, stored; the page to show next."},
)
def submit(container: Container, form_id: str, call: Call) -> SubmissionReceipt | Reply:
    """Store a submission, and acknowledge it once it is durable."""
    sent = SentForm.read(call)
    handler = container.get_form_handler()
    wants_page = sent.is_plain and JSON_TYPE not in call.headers.get("accept", "")
    try:
        if sent.repeated:
            sent.require_single(handler.get_form(form_id))
        receipt = handler.submit_form(
            sent.fields, form_id, context=sent.context, key=sent.key, body_digest=sent.body_digest
        )
    except InvalidInputError as error:
        if not (wants_page and "text/html" in call.headers.get("accept", "")):
            raise
        form = handler.get_form(form_id)
        return form_page(form, answers=sent.fields, violations=error.violations)
    if not wants_page:
        return receipt
    allowed = handler.get_form(form_id)["allowed_redirects"]
    return _go_on(form_id, sent.fields.get(NEXT), allowed)


def _go_on(form_id: str, wanted: object, allowed: Sequence[str]) -> Reply:
    """To the page the sender named if the form's owner allows it, never anywhere else."""
    if isinstance(wanted, str) and wanted in allowed:
        target = wanted
    else:
        target = allowed[0] if allowed else f"../../f/{quote(form_id, safe='')}?thanks=1"
    return Reply(None, HTTPStatus.SEE_OTHER, {"Location": target})


handler = api.on(container)
