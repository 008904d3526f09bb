"""Exports over HTTP."""

import csv
import io
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.builders import NOON, a_submission, minutes
from tests.http.gateway import Gateway


def test_a_small_export_is_csv_to_save(gateway: Gateway) -> None:
    body = {"email": "ada@example.com", "first_name": "=1+1", "message": "grüße"}
    gateway.call("POST", "/forms/default/submissions", json_body=body)
    leads = gateway.call("GET", "/leads/export")
    assert (leads.status, leads.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert leads.headers["Content-Disposition"] == 'attachment; filename="leads.csv"'
    [lead] = csv.DictReader(io.StringIO(leads.body, newline=""))
    assert (lead["email"], lead["first_name"]) == ("ada@example.com", "'=1+1")
    submissions = gateway.call("GET", "/forms/default/submissions/export")
    [submission] = csv.DictReader(io.StringIO(submissions.body, newline=""))
    assert submission["answer.message"] == "grüße"


def test_a_large_export_is_behind_a_link(tmp_path: Path) -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory", "EXPORTS": f"file:{tmp_path}"})
    forms = gateway.container.get_form_repository()
    for number in range(700):
        forms.save_form_submission(
            a_submission(
                f"{number:04}", submitted_at=NOON + minutes(number), answers={"m": "x" * 9000}
            )
        )
    answer = gateway.call("GET", "/forms/default/submissions/export")
    assert answer.status == 303
    assert answer.json["rows"] == 700
    assert answer.json["next_cursor"] is None
    assert answer.headers["Location"] == answer.json["location"]
    text = Path(unquote(urlsplit(answer.json["location"]).path)).read_text("utf-8")
    assert len(list(csv.DictReader(io.StringIO(text, newline="")))) == 700


def test_a_large_export_without_a_place_for_it_is_refused(gateway: Gateway) -> None:
    forms = gateway.container.get_form_repository()
    for number in range(700):
        forms.save_form_submission(a_submission(f"{number}", answers={"m": "x" * 9000}))
    assert gateway.call("GET", "/forms/default/submissions/export").status == 409


@pytest.mark.parametrize(
    "path", ["/leads/export?cursor=x", "/leads/export?limit=5", "/leads/export?status=lost"]
)
def test_what_is_no_export_is_refused(gateway: Gateway, path: str) -> None:
    address, _, query = path.partition("?")
    assert gateway.call("GET", address, query=query).status == 422


def test_an_unknown_form_has_no_export(gateway: Gateway) -> None:
    assert gateway.call("GET", "/forms/nowhere/submissions/export").status == 404
