"""Submissions as browsers send them, and where they go on."""

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events import sample
from tests.http.forms import BROWSER, SUBMISSIONS, define, post_plain
from tests.http.gateway import Gateway
from tests.http.problems import require_problem
from tests.strategies import MODEST

if TYPE_CHECKING:
    from succotash.domain.values import Json


def test_a_plain_post_ends_on_the_hosted_page(gateway: Gateway) -> None:
    answer = gateway.send(sample("form_intake.submission_urlencoded"))

    assert answer.status == 303
    assert answer.headers["Location"] == "../../f/default/thanks"
    assert gateway.call("GET", "/leads").json["leads"][0]["email"] == "grace@example.com"


def test_a_page_may_post_in_parts(gateway: Gateway) -> None:
    answer = gateway.send(sample("form_intake.submission_multipart"))

    assert (answer.status, answer.headers["Location"]) == (303, "../../f/default/thanks")
    [lead] = gateway.call("GET", "/leads").json["leads"]
    assert (lead["email"], lead["source"], lead["campaign"]) == (
        "mary@example.com",
        "google",
        "spring",
    )


def test_a_plain_post_that_accepts_json_gets_it(gateway: Gateway) -> None:
    answer = post_plain(
        gateway, {"email": "a@example.com"}, accept="application/json", form_id="default"
    )

    assert answer.status == 201
    assert answer.json["form_id"] == "default"


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("https://example.com/b", "https://example.com/b"),
        ("https://example.com/c", "https://example.com/a"),
        ("https://example.com/b/", "https://example.com/a"),
        ("https://example.com.evil.example/b", "https://example.com/a"),
        ("//evil.example", "https://example.com/a"),
        ("javascript:alert(1)", "https://example.com/a"),
        ("", "https://example.com/a"),
    ],
)
def test_a_plain_post_goes_on_only_where_the_form_allows(
    wanted: str, location: str, gateway: Gateway
) -> None:
    define(gateway, allowed_redirects=["https://example.com/a", "https://example.com/b"])

    answer = post_plain(gateway, {"email": "a@example.com", "_next": wanted})

    assert (answer.status, answer.headers["Location"]) == (303, location)


@pytest.mark.parametrize("control", ["\r\n", "\r", "\n", "\0", "\t", "\x1b", "\x7f", "\x85"])
@pytest.mark.parametrize("prefix", ["https://example.com/b", "https://evil.example/", ""])
def test_an_address_with_header_characters_is_refused_and_nothing_stored(
    prefix: str, control: str, gateway: Gateway
) -> None:
    define(gateway, allowed_redirects=["https://example.com/b"])
    fields = {"email": "a@example.com", "_next": f"{prefix}{control}Set-Cookie: a=b"}

    answers = [
        post_plain(gateway, fields, accept="*/*"),
        gateway.call("POST", SUBMISSIONS, json_body=fields, scopes=None),
    ]

    for answer in answers:
        require_problem(answer, 400, "nul-character" if control == "\0" else "control-character")
        assert "Location" not in answer.headers
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []


ALLOWED = ("https://example.com/a", "https://example.com:8443/b?x=1")
hosts = st.sampled_from(
    [
        "example.com",
        "EXAMPLE.com",
        "evil.example",
        "\u0435xample.com",
        "example。com",
        "example.com.",
    ]
)
attacks = st.one_of(
    st.sampled_from(ALLOWED),
    st.builds(
        "".join,
        st.tuples(
            st.sampled_from(["https:", "HTTPS:", "http:", "javascript:", "data:", " https:", ""]),
            st.sampled_from(["//", "/\\", "\\", "/", "///", "/%2f", "%2F%2F", ""]),
            st.sampled_from(["", "example.com@", "a:b@", "example.com%40", "example.com#@"]),
            hosts,
            st.sampled_from(["", ":443", ":8443", ":0443", ".evil.example", "\uff0fevil"]),
            st.sampled_from(["", "/a", "/A", "/%61", "/a/..", "/a?", "/a#", "/b?x=1", "/b?x=%31"]),
        ),
    ),
    st.text(max_size=60),
)


@MODEST
@given(wanted=attacks)
def test_no_address_leads_anywhere_but_where_the_form_allows(wanted: str) -> None:
    gateway = Gateway()
    define(gateway, form_id="listed", allowed_redirects=list(ALLOWED))
    define(gateway, form_id="closed")
    for form_id, default in (("listed", ALLOWED[0]), ("closed", "../../f/closed/thanks")):
        allowed = ALLOWED if form_id == "listed" else ()
        fields = {"email": "a@example.com", "_next": wanted}

        answer = post_plain(gateway, fields, accept="*/*", form_id=form_id)

        if answer.status == 400:
            assert any(unicodedata.category(each) == "Cc" for each in wanted)
        else:
            expected = wanted if wanted in allowed else default
            assert (answer.status, answer.headers["Location"]) == (303, expected)


def test_a_person_who_posts_to_an_unknown_form_sees_a_page(gateway: Gateway) -> None:
    answer = post_plain(gateway, {"email": "a@example.com"}, form_id="unknown")

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_an_unknown_form_thanks_nobody(gateway: Gateway) -> None:
    page = gateway.call("GET", "/f/unknown/thanks", headers=BROWSER, scopes=None)

    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    require_problem(gateway.call("GET", "/f/unknown/thanks", scopes=None), 404, "not-found")


def test_a_form_without_redirects_never_leaves_its_own_page(gateway: Gateway) -> None:
    define(gateway)

    answer = post_plain(gateway, {"email": "a@example.com", "_next": "https://evil.example/"})

    assert answer.headers["Location"] == "../../f/contact/thanks"


def test_a_repeated_field_is_refused_unless_it_is_a_choice(gateway: Gateway) -> None:
    define(gateway)
    fields = {"email": ["a@example.com", "b@example.com"], "topics": ["a", "b"]}

    answer = post_plain(gateway, fields, accept="*/*")

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert [(each["field"], each["code"]) for each in errors] == [("email", "repeated")]


@pytest.mark.parametrize("chosen", [["a", "b"], ["c"]])
def test_several_choices_are_a_list_even_of_one(chosen: list[str], gateway: Gateway) -> None:
    define(gateway)

    post_plain(gateway, {"email": "a@example.com", "topics": chosen})

    stored = gateway.call("GET", SUBMISSIONS).json["submissions"][0]
    assert stored["answers"]["topics"] == chosen


@pytest.mark.parametrize("name", ["message", "size"])
def test_a_list_is_no_answer_where_one_is_asked_for(name: str, gateway: Gateway) -> None:
    size: Json = {"name": "size", "label": "Size", "kind": "choice", "choices": ["S", "M"]}
    fields: list[Json] = [{"name": "message", "label": "Message"}, size]
    define(gateway, fields=fields)

    answer = gateway.call("POST", SUBMISSIONS, json_body={name: ["S", "M"]}, scopes=None)

    [error] = require_problem(answer, 422, "invalid-input")["errors"]
    assert (error["field"], error["code"]) == (name, "repeated")
