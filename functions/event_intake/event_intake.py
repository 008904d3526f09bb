"""Takes what customers do, in batches: orders and activity."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from event_items import (
    ActivityBody,
    ActivityItem,
    OrdersBody,
    activity,
    orders,
)
from shop_messages import shop_messages
from succotash.application.batches import BatchReport
from succotash.application.shops.files.uploads import ImportView, UploadView
from succotash.container import Container, container
from succotash.http.api import Api
from succotash.http.batches import BATCH_BYTES, read_batch
from succotash.http.fields import Closed, Digits
from succotash.http.orders import OrderItem
from succotash.http.queues import Handler, answering_or_taking
from succotash.http.reading import JSON_TYPE, NDJSON_TYPE
from succotash.http.requests import Call, Reply
from succotash.http.snapshots import survive_snapshots
from upload_body import UploadBody

api = Api[Container]("event_intake")
WRITE = "events:write"
PROBLEMS_SHOWN = 100


class ImportQuery(Closed):
    """The query of a report: how many problems it shows."""

    limit: Annotated[int, Field(ge=0, le=1000), Digits] = PROBLEMS_SHOWN
    """The most problems by line in the answer."""


@api.route(
    "POST",
    "/orders",
    scope=WRITE,
    takes={JSON_TYPE: OrdersBody, NDJSON_TYPE: OrderItem},
    limit=BATCH_BYTES,
)
def record_orders(container: Container, call: Call) -> BatchReport:
    """Record a batch of orders; every item has a result of its own."""
    items = read_batch(call, orders(container.settings.currency, container.pseudonyms.name))
    return container.get_ltv_handler().record_orders(items)


@api.route(
    "POST",
    "/activity",
    scope=WRITE,
    takes={JSON_TYPE: ActivityBody, NDJSON_TYPE: ActivityItem},
    limit=BATCH_BYTES,
)
def record_activity(container: Container, call: Call) -> BatchReport:
    """Record a batch of activity events; every item has a result of its own."""
    events = read_batch(call, activity(container.pseudonyms.name))
    return container.get_retention_handler().record_activity(events)


@api.route(
    "POST",
    "/uploads",
    scope=WRITE,
    status=HTTPStatus.CREATED,
    answers={JSON_TYPE: UploadView},
    also={HTTPStatus.CONFLICT: "The deployment has no place for files."},
)
def permit_upload(container: Container, body: UploadBody) -> Reply:
    """Get a form that takes a file of orders of any size past the API, to be imported."""
    upload = container.get_uploads().permit(body.options())
    return Reply(upload, HTTPStatus.CREATED, {"Location": upload["import_url"]})


@api.route("GET", "/imports/{import_id}", scope=WRITE)
def get_import(container: Container, import_id: str, query: ImportQuery) -> ImportView:
    """Get the progress or the result of the import of a file."""
    return container.get_uploads().get_import(import_id, limit=query.limit)


def recording(parts: Container) -> Handler:
    """The handler of requests, and of messages from the queue of shops' events."""
    return answering_or_taking(api.on(parts), shop_messages(parts))


handler = recording(container)
survive_snapshots(container)
