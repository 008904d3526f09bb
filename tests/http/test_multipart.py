"""Forms posted as multipart/form-data."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.errors import InvalidInputError, MalformedRequestError
from succotash.http.multipart_forms import read_multipart
from tests.events import http_event
from tests.http.gateway import Answered, Gateway
from tests.http.problems import require_problem

BOUNDARY = "----WebKitFormBoundaryAbC123"
MALFORMED = "malformed-request"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
PATH = "/forms/default/submissions"


def a_part(name: str, value: str, extra: str = "") -> str:
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{value}\r\n'
    )


def a_body(*parts: str) -> bytes:
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


def post(gateway: Gateway, body: bytes, content_type: str = TYPE, **headers: str) -> Answered:
    given: dict[str, Any] = {"content-type": content_type, **headers}
    return gateway.send(http_event("POST", PATH, body=body, headers=given))


def test_a_page_posts_a_form_and_is_sent_on(gateway: Gateway) -> None:
    body = a_body(
        a_part("email", "ada@example.com"),
        a_part("company", "Zoë & Söhne"),
        a_part("utm_source", "ads"),
        a_part("attachment", "", '; filename=""\r\nContent-Type: application/octet-stream'),
    )

    answer = post(gateway, body, accept="text/html")

    assert answer.status == 303
    [lead] = gateway.call("GET", "/leads").json["leads"]
    assert (lead["email"], lead["company"], lead["source"]) == (
        "ada@example.com",
        "Zoë & Söhne",
        "ads",
    )


def test_a_program_posts_a_form_and_has_a_receipt(gateway: Gateway) -> None:
    answer = post(gateway, a_body(a_part("email", "ada@example.com")), accept="application/json")

    assert answer.status == 201
    assert answer.json["form_id"] == "default"


def test_a_file_is_refused_by_its_name_and_nothing_is_stored(gateway: Gateway) -> None:
    body = a_body(
        a_part("email", "ada@example.com"),
        a_part("cv", "%PDF-1.7", '; filename="cv.pdf"\r\nContent-Type: application/pdf'),
    )

    problem = require_problem(post(gateway, body, accept="application/json"), 422, "invalid-input")

    assert problem["errors"] == [
        {"field": "cv", "code": "file", "message": "Files are not allowed"}
    ]
    assert gateway.call("GET", "/leads").json["leads"] == []


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (a_body(a_part("email", "a@example.com")), "multipart/form-data", MALFORMED),
        (
            a_body(a_part("email", "a@example.com")),
            f"multipart/form-data; boundary={'x' * 71}",
            MALFORMED,
        ),
        (
            a_body(a_part("email", "a@example.com")),
            "multipart/form-data; boundary=another",
            MALFORMED,
        ),
        (a_part("email", "a@example.com").encode(), TYPE, MALFORMED),
        (b"", TYPE, MALFORMED),
        (
            f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--".encode(),
            TYPE,
            MALFORMED,
        ),
        (f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), TYPE, MALFORMED),
        (a_body(a_part("email", "a\0b")), TYPE, "nul-character"),
        (a_body(a_part("email", "x")).replace(b"x", b"\xff"), TYPE, "not-utf-8"),
        (a_body(*(a_part(f"f{number}", "") for number in range(201))), TYPE, "too-many-fields"),
    ],
)
def test_what_is_no_form_is_refused(
    gateway: Gateway, body: bytes, content_type: str, kind: str
) -> None:
    require_problem(post(gateway, body, content_type, accept="application/json"), 400, kind)


@given(
    st.lists(
        st.tuples(
            st.text("abcdefgh_", min_size=1, max_size=8),
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_fields_come_as_they_were_sent(fields: list[tuple[str, str]]) -> None:
    body = a_body(*(a_part(name, value) for name, value in fields))

    assert read_multipart(body, TYPE) == fields


@given(st.binary(max_size=300))
def test_no_bytes_are_anything_but_read_or_refused(noise: bytes) -> None:
    for body in (noise, a_body(a_part("email", "x")).replace(b"x", noise)):
        with suppress(MalformedRequestError, InvalidInputError):
            json.dumps(read_multipart(body, TYPE))
