"""Files of orders that are sent past the API, over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import bulk_import
from local.background_workers import BackgroundWorkers
from local.uploads import take_uploads
from succotash.application.shops.files.uploads import key_of
from succotash.application.value.file_options import FileOptions
from succotash.application.value.order_import import import_id_of
from succotash.domain.values import CustomerId
from tests.contexts import Context
from tests.http.gateway import Gateway
from tests.http.problems import require_problem

ORDERS = b"""customer_id,order_id,ordered_at,amount
ada,1,2024-05-01T12:00:00Z,49.90
ada,2,yesterday,5
"""


class Desk:
    """A server that takes files, and a worker that imports them."""

    def __init__(self, folder: Path) -> None:
        environment = {"SUCCOTASH_STORAGE": "memory", "ORDER_FILES": f"file:{folder}"}
        self.gateway = Gateway(environment)
        app = Flask("uploads")
        take_uploads(app, folder)
        self.server = app.test_client()
        self.workers = BackgroundWorkers(self._invoke, None, uploads=folder)

    def permit(self, **body: object) -> dict[str, Any]:
        answer = self.gateway.call("POST", "/uploads", json_body=body)
        assert (answer.status, answer.headers["Location"]) == (201, answer.json["import_url"])
        permit: dict[str, Any] = answer.json
        return permit

    def send(self, permit: dict[str, Any], content: bytes) -> int:
        path = "/" + permit["upload"]["url"].split("/", 3)[3]
        fields = permit["upload"]["fields"] | {"file": (BytesIO(content), "orders.csv")}
        return self.server.post(path, data=fields).status_code

    def report(self, permit: dict[str, Any], query: str = "") -> Any:  # noqa: ANN401 - JSON
        return self.gateway.call("GET", permit["import_url"], query=query).json

    def _invoke(self, name: str, event: str) -> str:
        assert name == "BulkImport"
        handler = bulk_import.importing(self.gateway.container)
        return json.dumps(handler(json.loads(event), Context(900_000)))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_file_is_sent_imported_and_reported(desk: Desk) -> None:
    permit = desk.permit()
    assert desk.gateway.call("GET", permit["import_url"]).status == 404
    assert desk.send(permit, ORDERS) == 204
    assert desk.report(permit)["state"] == "queued"
    assert desk.workers.take_uploads()
    report = desk.report(permit)
    assert (report["state"], report["recorded"], report["rejected"]) == ("finished", 1, 1)
    [problem] = report["problems"]
    assert (problem["line"], problem["status"]) == (3, "rejected")
    cut = desk.report(permit, "limit=0")
    assert (cut["problems"], cut["problems_truncated"]) == ([], True)


def test_a_dry_run_records_nothing(desk: Desk) -> None:
    permit = desk.permit(dry_run=True)
    desk.send(permit, ORDERS)
    desk.workers.take_uploads()
    report = desk.report(permit)
    assert (report["state"], report["preview"]["orders"]) == ("checked", 1)
    assert desk.gateway.container.get_ltv_repository().get_orders(CustomerId("ada")) == []


def test_a_mapping_says_what_columns_hold(desk: Desk) -> None:
    columns = {"customer_id": "who", "order_id": "no", "ordered_at": "on", "amount": "sum"}
    permit = desk.permit(format="plain", mapping={"columns": columns}, currency="USD")
    desk.send(permit, b"who,no,on,sum\nada,1,2024-05-01T12:00:00Z,4\n")
    desk.workers.take_uploads()
    assert desk.report(permit)["recorded"] == 1


@pytest.mark.parametrize("options", [{}, {"format": "plain", "dry_run": True}])
def test_an_import_that_was_killed_in_its_last_attempt_has_failed(
    desk: Desk, tmp_path: Path, options: dict[str, object]
) -> None:
    permit = desk.permit(**options)
    desk.send(permit, ORDERS)
    parts = desk.gateway.container
    found = parts.get_bucket(f"file:{tmp_path}").describe(key_of(permit["import_id"]))
    attempt = import_id_of(found, FileOptions())
    ltv, now = parts.get_ltv_repository(), datetime.now(UTC)

    ltv.note_import_started(attempt, now - timedelta(hours=2))
    assert desk.report(permit)["state"] == "queued", "it is given again"
    ltv.note_import_started(attempt, now - timedelta(hours=4))
    report = desk.report(permit)
    assert (report["state"], report["bytes_read"]) == ("failed", None)
    assert report["errors"][0]["code"] == "given_up"

    assert desk.workers.take_uploads(), "an operator lets it go on"
    assert desk.report(permit)["state"] in {"finished", "checked"}


def test_a_file_that_is_none_of_orders_is_refused(desk: Desk) -> None:
    permit = desk.permit()
    desk.send(permit, b"name,colour\na,b\n")
    desk.workers.take_uploads()
    report = desk.report(permit)
    assert report["state"] == "refused"
    assert report["errors"]


def test_a_permit_is_for_one_file(desk: Desk) -> None:
    permit = desk.permit()
    assert desk.send(permit, ORDERS) == 204
    assert desk.send(permit, ORDERS) == 403
    permit["upload"]["fields"]["key"] = "../elsewhere.csv"
    assert desk.send(permit, ORDERS) == 403


@pytest.mark.parametrize(
    "body", [{"format": "ebay"}, {"mapping": {"columns": {}}}, {"currency": "usd"}, {"key": "x"}]
)
def test_options_that_mean_nothing_are_refused(desk: Desk, body: dict[str, Any]) -> None:
    assert desk.gateway.call("POST", "/uploads", json_body=body).status == 422


def test_without_a_place_for_files_there_are_no_permits(gateway: Gateway) -> None:
    require_problem(gateway.call("POST", "/uploads", json_body={}), 409, "conflict")
