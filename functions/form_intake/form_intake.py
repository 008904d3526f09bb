"""The public side: submissions, the hosted form page, and whether the service is well."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, TypedDict
from urllib.parse import quote, urlsplit

import email_validator  # noqa: F401 - nearly every request needs it, which then need not wait
from pydantic import Field

from dashboard_pages import ASSET_TYPES, get_asset, get_dashboard
from hosted_page import (
    confirmation_page,
    confirmed_page,
    form_page,
    missing_page,
    refused_page,
    thank_you_page,
    useless_link_page,
)
from html_page import HTML_TYPE
from page_queries import ConfirmationQuery, PageQuery, ThanksQuery
from queued_messages import queued_messages
from submission_reading import NEXT, TAKES, SentForm
from succotash.application.forms.views import FormView
from succotash.container import Container, container
from succotash.domain.forms.attribution import CONTROL_PREFIX, TOKEN, is_attribution
from succotash.domain.intake.signing import LONGEST_TOKEN, ExpiredTokenError, InvalidTokenError
from succotash.domain.intake.spam import TOKEN_LIFETIME
from succotash.domain.values import Json
from succotash.errors import (
    InvalidInputError,
    NotFoundError,
    StorageUnavailableError,
    SuccotashError,
)
from succotash.http.api import Api
from succotash.http.fields import Closed
from succotash.http.problems import problem_of
from succotash.http.queues import Handler, answering_or_taking
from succotash.http.reading import FORM_TYPE, JSON_TYPE, read_model, read_pairs, read_text
from succotash.http.requests import Call, Reply
from succotash.http.snapshots import survive_snapshots
from unsubscribe_pages import (
    unclear_unsubscribe_page,
    unsubscribe_page,
    unsubscribed_page,
    useless_unsubscribe_page,
)
from unsubscribe_reading import UNSUBSCRIBE_TAKES, read_unsubscription

api = Api[Container]("form_intake")

SUBMISSIONS = "submissions"
"""The address of a form's submissions as seen from itself: the page that came back is there."""

REFERRER_LIMIT = 2_000


class Health(TypedDict):
    """The service is well, on this storage."""

    status: str
    storage: str


class Token(TypedDict):
    """A form's token, which a page sends as `_token` to show that its visitor took time."""

    token: str
    expires_in: int
    """Seconds."""


class Receipt(TypedDict):
    """A submission is stored; the receipt is the same whether it was accepted or quarantined."""

    submission_id: str
    form_id: str
    submitted_at: str


class ConfirmationBody(Closed):
    """The body that the page's button sends."""

    token: Annotated[str, Field(max_length=LONGEST_TOKEN)]


def _origins(container: Container, ids: Mapping[str, str]) -> Sequence[str]:
    return container.get_form_handler().recall_form(ids["form_id"])["allowed_origins"]


@api.route("GET", "/health", scope=None)
def get_health(container: Container) -> Health:
    """Check that the service and its storage answer."""
    container.storage.ping()
    return {"status": "ok", "storage": container.settings.storage}


api.route("GET", "/", scope=None, answers={HTML_TYPE: str})(get_dashboard)
api.route("GET", "/assets/{file}", scope=None, answers=ASSET_TYPES)(get_asset)


@api.route("GET", "/f/{form_id}", scope=None, answers={HTML_TYPE: str})
def get_page(container: Container, form_id: str, query: PageQuery, call: Call) -> Reply:
    """Show the form on a page, for those who have no page of their own."""
    handler = container.get_form_handler()
    try:
        form = handler.get_form(form_id)
    except NotFoundError as error:
        return _missing(call, error)
    action = f"../forms/{quote(form_id, safe='')}/{SUBMISSIONS}"
    return form_page(
        form,
        action=action,
        carried=_referrer(call) | query.attribution(),
        token=handler.issue_token(form_id),
    )


@api.route("GET", "/f/{form_id}/thanks", scope=None, answers={HTML_TYPE: str})
def get_thanks(
    container: Container,
    form_id: str,
    query: ThanksQuery,  # noqa: ARG001 - says that any is passed over
    call: Call,
) -> Reply:
    """Show the page of thanks for a submission that is stored, or waits."""
    try:
        # Who was just thanked for a submission that waits is not told of the outage.
        form = container.get_form_handler().recall_form(form_id)
    except NotFoundError as error:
        return _missing(call, error)
    return thank_you_page(form)


@api.route("GET", "/forms/{form_id}/token", scope=None, origins=_origins)
def get_token(container: Container, form_id: str, call: Call) -> Token:
    """Get a token for a page that is shown now, to send along with its submission."""
    handler = container.get_form_handler()
    call.name_origins(handler.get_form(form_id)["allowed_origins"])
    token = handler.issue_token(form_id)
    if token is None:
        raise StorageUnavailableError("its keys cannot be fetched")
    return {"token": token, "expires_in": int(TOKEN_LIFETIME.total_seconds())}


CONFIRMATION = "/f/{form_id}/confirm"
USELESS = {HTTPStatus.GONE: "The link is too old."}


@api.route("GET", CONFIRMATION, scope=None, answers={HTML_TYPE: str}, also=USELESS)
def get_confirmation_page(
    container: Container, form_id: str, query: ConfirmationQuery, call: Call
) -> Reply:
    """Show the page on which a person confirms a submission; it confirms nothing by itself."""
    try:
        form = container.get_confirmations().look_at(form_id, query.token)
    except (InvalidTokenError, NotFoundError) as error:
        return _useless(call, error)
    return confirmation_page(form, query.token)


@api.route(
    "POST",
    CONFIRMATION,
    scope=None,
    takes={FORM_TYPE: ConfirmationBody},
    answers={HTML_TYPE: str},
    also=USELESS,
)
def confirm(container: Container, form_id: str, call: Call) -> Reply:
    """Confirm a submission by the link that its person was sent."""
    call.read_media_type()
    fields = dict(read_pairs(read_text(call.read_body()), "the body"))
    body = read_model(ConfirmationBody, fields)
    try:
        form = container.get_confirmations().confirm(form_id, body.token)
    except (InvalidTokenError, NotFoundError) as error:
        return _useless(call, error)
    return confirmed_page(form)


UNSUBSCRIBE = "/u/{token}"
NO_SUCH_LINK = {**USELESS, HTTPStatus.NOT_FOUND: "The link is none that was sent."}
NEITHER_BUTTON = {HTTPStatus.UNPROCESSABLE_ENTITY: "Neither button of the page was posted."}


@api.route("GET", UNSUBSCRIBE, scope=None, answers={HTML_TYPE: str}, also=NO_SUCH_LINK)
def get_unsubscribe_page(
    container: Container,
    token: str,
    query: ThanksQuery,  # noqa: ARG001 - says that any is passed over
) -> Reply:
    """Show the page behind the link in a mail; it changes nothing by itself."""
    try:
        container.get_unsubscriptions().read_token(token)
    except InvalidTokenError as error:
        return useless_unsubscribe_page(is_expired=isinstance(error, ExpiredTokenError))
    return unsubscribe_page()


@api.route(
    "POST",
    UNSUBSCRIBE,
    scope=None,
    takes=UNSUBSCRIBE_TAKES,
    answers={HTML_TYPE: str},
    also=NO_SUCH_LINK | NEITHER_BUTTON,
)
def unsubscribe(
    container: Container,
    token: str,
    query: ThanksQuery,  # noqa: ARG001 - says that any is passed over
    call: Call,
) -> Reply:
    """Unsubscribe the person whom a link was sent to, at once or once the storage is back."""
    try:
        container.get_unsubscriptions().read_token(token)
        scope, shown = read_unsubscription(call)
        container.get_unsubscriptions().unsubscribe(token, scope, shown)
    except InvalidTokenError as error:
        return useless_unsubscribe_page(is_expired=isinstance(error, ExpiredTokenError))
    except InvalidInputError:
        return unclear_unsubscribe_page()
    return unsubscribed_page(scope)


@api.route(
    "POST",
    "/forms/{form_id}/submissions",
    scope=None,
    status=HTTPStatus.CREATED,
    takes=TAKES,
    answers={JSON_TYPE: Receipt},
    origins=_origins,
    headers={"Idempotency-Key": "Makes it safe to send the same submission again."},
    also={
        HTTPStatus.ACCEPTED: "Kept while the storage is away, and stored once it is back.",
        HTTPStatus.SEE_OTHER: "A plain page's post, stored; the page to show next.",
    },
)
def submit(container: Container, form_id: str, call: Call) -> Receipt | Reply:
    """Store a submission, and acknowledge it once it is durable."""
    try:
        return _submit(container, form_id, call)
    except SuccotashError as error:
        problem = problem_of(error)
        is_fault = problem.kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if is_fault or not _is_a_persons(call):
            raise
        return refused_page(problem)


def _submit(container: Container, form_id: str, call: Call) -> Receipt | Reply:
    sent = SentForm.read(call)
    handler = container.get_form_handler()
    taken = handler.take_submission(
        sent.fields,
        form_id,
        context=sent.context,
        key=sent.key,
        body_digest=sent.body_digest,
        repeated=sent.repeated,
    )
    form = taken.form
    call.name_origins(form["allowed_origins"])
    if isinstance(taken.refusal, InvalidInputError) and _is_a_persons(call):
        return form_page(
            form,
            action=SUBMISSIONS,
            carried=_carried(form, sent.fields),
            answers=sent.fields,
            violations=taken.refusal.violations,
            token=handler.issue_token(form_id, sent.fields.get(TOKEN)),
        )
    receipt = taken.require_receipt()
    if not sent.is_plain or _accepts_json(call):
        # Who may submit may not learn whom the owner knows: no lead, no word of an earlier one.
        told: Receipt = {
            "submission_id": receipt["submission_id"],
            "form_id": receipt["form_id"],
            "submitted_at": receipt["submitted_at"],
        }
        return Reply(told, HTTPStatus.ACCEPTED) if taken.is_queued else told
    return _go_on(form_id, sent.fields.get(NEXT), form["allowed_redirects"])


def _missing(call: Call, error: NotFoundError) -> Reply:
    """A page for a person; a program is told as by every address."""
    if not _accepts_html(call):
        raise error
    return missing_page()


def _useless(call: Call, error: InvalidTokenError | NotFoundError) -> Reply:
    if not _accepts_html(call):
        raise NotFoundError("submission to confirm") from None
    return useless_link_page(is_expired=isinstance(error, ExpiredTokenError))


def _referrer(call: Call) -> dict[str, str]:
    """The page that the visitor followed a link from, if the browser tells and it is another's."""
    given = call.headers.get("referer", "")
    try:
        parts = urlsplit(given)
    except ValueError:  # whatever the browser sent
        return {}
    is_page = parts.scheme in ("http", "https") and parts.netloc != call.headers.get("host")
    is_kept = is_page and len(given) <= REFERRER_LIMIT and given.isprintable()
    return {"referrer": given} if is_kept else {}


def _is_a_persons(call: Call) -> bool:
    """Whether a page posted without JavaScript, so that the answer is read by a person."""
    sent_json = call.headers.get("content-type", "").strip().lower().startswith(JSON_TYPE)
    return _accepts_html(call) and not _accepts_json(call) and not sent_json


def _accepts_html(call: Call) -> bool:
    return "text/html" in call.headers.get("accept", "")


def _accepts_json(call: Call) -> bool:
    return JSON_TYPE in call.headers.get("accept", "")


def _carried(form: FormView, fields: Mapping[str, Json]) -> dict[str, str]:
    """Fields besides the answers that go with the next attempt, too."""

    def goes_along(name: str) -> bool:
        is_free = not form["fields"] and not name.startswith(CONTROL_PREFIX)
        return name == NEXT or is_attribution(name) or is_free

    return {
        name: value for name, value in fields.items() if isinstance(value, str) and goes_along(name)
    }


def _go_on(form_id: str, wanted: object, allowed: Sequence[str]) -> Reply:
    """To the page the sender named if the form's owner allows it, never anywhere else."""
    if isinstance(wanted, str) and wanted in allowed:
        target = wanted
    else:
        target = allowed[0] if allowed else f"../../f/{quote(form_id, safe='')}/thanks"
    return Reply(None, HTTPStatus.SEE_OTHER, {"Location": target})


def intake(parts: Container) -> Handler:
    """The handler of requests, and of messages from the queue in which submissions wait."""
    return answering_or_taking(api.on(parts), queued_messages(parts))


handler = intake(container)
survive_snapshots(container)
