"""Submissions, the hosted page and the health of the service."""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.intake.attribution import ATTRIBUTION_FIELDS
from succotash.domain.intake.parking import QueuedSubmission
from succotash.domain.values import FormId, Json, SubmissionId, system_clock
from tests.events import sample
from tests.http.gateway import Answered, Gateway
from tests.http.test_edge import require_problem
from tests.strategies import MODEST

SUBMISSIONS = "/forms/contact/submissions"
FORM_TYPE = "application/x-www-form-urlencoded"
JSON = "application/json"
ORIGIN = "https://example.com"
BROWSER = {"accept": "text/html,application/xhtml+xml"}


def define(gateway: Gateway, form_id: str = "contact", **changes: Json) -> None:
    body = {
        "title": "Contact <us>",
        "fields": [
            {"name": "email", "label": "E-mail", "kind": "email", "required": True},
            {"name": "message", "label": "Message", "kind": "textarea"},
            {"name": "topics", "label": "Topics", "kind": "choices", "choices": ["a", "b", "c"]},
        ],
        "allowed_origins": [ORIGIN],
    }
    assert gateway.call("PUT", f"/forms/{form_id}", json_body=body | changes).status == 200


def post_plain(
    gateway: Gateway,
    fields: Mapping[str, str | list[str]],
    accept: str = "text/html",
    form_id: str = "contact",
) -> Answered:
    return gateway.call(
        "POST",
        f"/forms/{form_id}/submissions",
        body=urlencode(fields, doseq=True).encode(),
        headers={"content-type": FORM_TYPE, "accept": accept},
        scopes=None,
    )


def test_a_submission_becomes_a_scored_lead(gateway: Gateway) -> None:
    answer = gateway.send(sample("form_intake.submission"))

    assert answer.status == 201
    [lead] = gateway.call("GET", "/leads").json["leads"]
    assert lead["email"] == "ada@example.com"
    assert lead["source"] == "newsletter"
    assert lead["score"]["total"] > 0


def test_a_receipt_does_not_tell_what_became_of_the_submission(gateway: Gateway) -> None:
    path = "/forms/default/submissions"
    first = {"email": "ada@example.com", "message": "Hello"}
    quarantined = {"email": "bob@example.com", "_gotcha": "x"}

    answers = [
        gateway.call("POST", path, json_body=body, scopes=None)
        for body in (first, first, quarantined)
    ]

    stored = gateway.call("GET", path).json["submissions"]
    assert [each["state"] for each in reversed(stored)] == [
        "accepted",
        "duplicate",
        "quarantined",
    ]
    for answer in answers:
        assert answer.status == 201
        assert set(answer.json) == {"submission_id", "form_id", "submitted_at"}
        assert answer.headers == answers[0].headers
    by_page = [
        post_plain(gateway, fields, form_id="default") for fields in (first, first, quarantined)
    ]
    assert {(each.status, each.headers["Location"]) for each in by_page} == {
        (303, "../../f/default/thanks")
    }


@pytest.mark.parametrize("value", [["A", "B"], True, 5, 0.5])
@pytest.mark.parametrize("name", ["email", "first_name", "last_name", "company", "phone"])
def test_what_a_lead_keeps_of_its_person_is_text(name: str, value: Json, gateway: Gateway) -> None:
    body = {"email": "ada@example.com"} | {name: value}

    answer = gateway.call("POST", "/forms/default/submissions", json_body=body, scopes=None)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert [(each["field"], each["code"]) for each in errors] == [(name, "text")]
    assert gateway.call("GET", "/leads").json["leads"] == []


def test_a_submission_remembers_where_it_came_from(gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    event["headers"]["user-agent"] = "Agent\x07" + "x" * 1000

    submission_id = gateway.send(event).json["submission_id"]

    stored = gateway.call("GET", f"/submissions/{submission_id}").json
    assert stored["ip_address"] == "203.0.113.7"
    assert stored["user_agent"].startswith("Agentx")
    assert len(stored["user_agent"]) == 400


def test_a_sender_without_an_address_is_stored_without_one(gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    event["requestContext"]["http"]["sourceIp"] = "unknown"

    submission_id = gateway.send(event).json["submission_id"]

    assert gateway.call("GET", f"/submissions/{submission_id}").json["ip_address"] is None


def test_a_repeat_with_the_same_key_returns_the_first_answer(gateway: Gateway) -> None:
    event = sample("form_intake.submission")

    first, second = gateway.send(event), gateway.send(event)

    assert (second.status, second.json) == (201, first.json)
    assert gateway.call("GET", "/forms/default/submissions").json["submissions"][1:] == []


def test_a_key_used_with_another_body_is_refused(gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    gateway.send(event)

    answer = gateway.send(event | {"body": event["body"] + " "})

    require_problem(answer, 422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
def test_a_key_must_be_short_and_printable(key: str, gateway: Gateway) -> None:
    event = sample("form_intake.submission")
    event["headers"]["idempotency-key"] = key

    problem = require_problem(gateway.send(event), 422, "invalid-input")

    assert problem["errors"][0]["field"] == "Idempotency-Key"


def test_every_answer_that_breaks_a_rule_is_named_and_nothing_is_stored(gateway: Gateway) -> None:
    define(gateway)

    answer = gateway.call(
        "POST",
        SUBMISSIONS,
        json_body={"email": "nobody", "topics": "d", "colour": "red"},
        scopes=None,
    )

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert {each["field"]: each["code"] for each in errors} == {
        "email": "email",
        "topics": "choice",
        "colour": "unknown_field",
    }
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []


def test_answers_are_flat(gateway: Gateway) -> None:
    answers = {"email": "a@example.com", "who": {"name": "A"}, "list": [1], "long": ["x"] * 101}

    answer = gateway.call("POST", "/forms/default/submissions", json_body=answers, scopes=None)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert {each["field"]: each["code"] for each in errors} == {
        "who": "nested",
        "list": "nested",
        "long": "too_long",
    }


def test_numbers_and_lists_are_kept_as_sent(gateway: Gateway) -> None:
    answers = {"email": "a@example.com", "seats": 3, "rate": 0.5, "topics": ["a", "b"], "ok": True}

    answer = gateway.call("POST", "/forms/default/submissions", json_body=answers, scopes=None)

    stored = gateway.call("GET", f"/submissions/{answer.json['submission_id']}").json
    assert stored["answers"] == answers


def test_an_unknown_form_takes_no_submission(gateway: Gateway) -> None:
    answer = gateway.call("POST", "/forms/none/submissions", json_body={"email": "a@example.com"})

    require_problem(answer, 404, "not-found")


def test_another_content_type_is_refused_with_a_sentence(gateway: Gateway) -> None:
    headers = {"content-type": "text/plain"}

    answer = gateway.call("POST", "/forms/default/submissions", body=b"email=x", headers=headers)

    problem = require_problem(answer, 415, "unsupported-media-type")
    assert "application/json or application/x-www-form-urlencoded" in problem["detail"]


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


def deep(levels: int) -> bytes:
    return b'{"email":"a@example.com","x":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind", "said"),
    [
        (b'{"email":"\xff"}', JSON, 400, "not-utf-8", "the body"),
        (b'{"email":"a@example.com"', JSON, 400, "malformed-request", "line 1"),
        (b'{"email":"a@example.com","x":"\\u0000"}', JSON, 400, "nul-character", "NUL"),
        (b'{"email":"a@example.com","x":"\\ud800"}', JSON, 400, "lone-surrogate", "half"),
        (b'{"email":"a@example.com","email":"b@example.com"}', JSON, 400, "repeated-name", "once"),
        (b'{"email":"a@example.com","x":NaN}', JSON, 400, "unreadable-number", "NaN"),
        (b'{"email":"a@example.com","x":-Infinity}', JSON, 400, "unreadable-number", "Infinity"),
        (b'{"email":"a@example.com","x":1e999}', JSON, 400, "unreadable-number", "out of range"),
        (deep(20), JSON, 400, "too-deep", "20 levels"),
        (deep(30_000), JSON, 400, "too-deep", "20 levels"),
        (
            json.dumps({f"x{number}": 1 for number in range(201)}).encode(),
            JSON,
            400,
            "too-many-fields",
            "200 fields",
        ),
        (b"email=a%40example.com&_next=%0d%0a", FORM_TYPE, 400, "control-character", "_next"),
        (b"email=a%40example.com&email=b%40example.com", FORM_TYPE, 422, "invalid-input", "errors"),
        (b'{"x":"' + b"y" * 65_536 + b'"}', JSON, 413, "too-large", "64 KB"),
        (b'{"email":"a@example.com"}', "text/plain", 415, "unsupported-media-type", "takes"),
    ],
)
def test_what_cannot_be_read_as_one_thing_only_is_refused_and_nothing_stored(
    body: bytes, content_type: str, status: int, kind: str, said: str, gateway: Gateway
) -> None:
    define(gateway)

    answer = gateway.call(
        "POST", SUBMISSIONS, body=body, headers={"content-type": content_type}, scopes=None
    )

    assert said in require_problem(answer, status, kind)["detail"]
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        (b"email=%FF", FORM_TYPE, 400, "not valid UTF-8"),
        (b"email=a%40example.com&_next=%0d%0a", FORM_TYPE, 400, "control character"),
        (b"a=1&" * 20_000, FORM_TYPE, 413, "at most 64 KB"),
        (b"email=a@example.com", "text/plain", 415, "this address takes"),
        (b"--x", "multipart/form-data", 400, "boundary"),
    ],
)
def test_a_person_whose_post_cannot_be_read_sees_a_page(
    body: bytes, content_type: str, status: int, said: str, gateway: Gateway
) -> None:
    define(gateway)

    answer = gateway.call(
        "POST", SUBMISSIONS, body=body, headers=BROWSER | {"content-type": content_type}
    )

    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert said in answer.body
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []


def test_a_program_that_posts_json_gets_a_problem_whatever_it_accepts(gateway: Gateway) -> None:
    headers = BROWSER | {"content-type": "application/json"}

    answer = gateway.call("POST", SUBMISSIONS, body=b"{", headers=headers)

    require_problem(answer, 400, "malformed-request")


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


def test_a_form_that_asks_for_consent_keeps_what_was_agreed_to(gateway: Gateway) -> None:
    text = "I agree to <https://example.com/privacy?a=1&b=2>."
    define(gateway, consent_text=text)
    page = gateway.call("GET", "/f/contact", scopes=None).body
    address = "https://example.com/privacy?a=1&amp;b=2"
    assert f'&lt;<a href="{address}" target="_blank" rel="noopener">{address}</a>&gt;.' in page

    for unwilling in ({}, {"_consent": "no"}, {"_consent": False}, {"_consent": ["yes"]}):
        answer = gateway.call(
            "POST", SUBMISSIONS, json_body={"email": "a@example.com"} | unwilling, scopes=None
        )
        [error] = require_problem(answer, 422, "invalid-input")["errors"]
        assert error == {"field": "_consent", "code": "consent", "message": "is needed"}
    back = post_plain(gateway, {"email": "a@example.com"})
    assert '<a href="#field-_consent">Your consent is needed</a>' in back.body
    assert gateway.call("GET", SUBMISSIONS).json["submissions"] == []

    post_plain(gateway, {"email": "a@example.com", "_consent": "on"})
    define(gateway, consent_text="Another text.")
    gateway.call(
        "POST", SUBMISSIONS, json_body={"email": "b@example.com", "_consent": True}, scopes=None
    )
    define(gateway)
    post_plain(gateway, {"email": "c@example.com"})
    stored = gateway.call("GET", SUBMISSIONS).json["submissions"]
    assert [each["consent"] for each in stored] == [None, "Another text.", text]
    assert all("_consent" not in each["answers"] for each in stored)


def test_a_text_that_came_while_a_submission_waited_is_not_kept_as_agreed_to(
    gateway: Gateway,
) -> None:
    define(gateway, consent_text="A newer text.")
    waited = QueuedSubmission(
        SubmissionId("waited"),
        FormId("contact"),
        system_clock() - timedelta(hours=1),
        {"email": "a@example.com", "_consent": "yes"},
    )

    gateway.container.get_form_handler().take_queued(waited)

    stored = gateway.call("GET", "/submissions/waited").json
    assert (stored["state"], stored["consent"]) == ("accepted", None)


@pytest.mark.parametrize(("control", "kept"), [("yes", "I agree."), ("no", None)])
def test_a_submission_that_waited_in_vain_keeps_what_was_agreed_to(
    control: str, kept: str | None, gateway: Gateway
) -> None:
    define(gateway, consent_text="I agree.")
    waited = QueuedSubmission(
        SubmissionId("waited"),
        FormId("contact"),
        system_clock(),
        {"email": "no address", "_consent": control},
    )

    gateway.container.get_form_handler().take_queued(waited)

    stored = gateway.call("GET", "/submissions/waited").json
    assert (stored["state"], stored["consent"]) == ("quarantined", kept)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"email=%FF", "not-utf-8"),
        (b"email=\xff", "not-utf-8"),
        (b"email=%00", "nul-character"),
        (b"a=1&" * 201, "too-many-fields"),
    ],
)
def test_a_plain_body_that_cannot_be_read_is_refused(
    body: bytes, kind: str, gateway: Gateway
) -> None:
    answer = gateway.call(
        "POST", "/forms/default/submissions", body=body, headers={"content-type": FORM_TYPE}
    )

    require_problem(answer, 400, kind)


def test_a_person_gets_the_page_back_with_what_is_wrong(gateway: Gateway) -> None:
    define(gateway)

    answer = post_plain(gateway, {"email": "<nobody>", "message": "\n hi & bye", "x": "1"})

    assert answer.status == 422
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'value="&lt;nobody&gt;"' in answer.body
    assert "is not an e-mail address" in answer.body
    assert 'aria-invalid="true" aria-describedby="problem-email"' in answer.body
    assert ">\n\n hi &amp; bye</textarea>" in answer.body
    assert "x is no field of this form" in answer.body


def test_what_is_wrong_stands_before_the_form_with_links_to_its_fields(gateway: Gateway) -> None:
    define(gateway)

    page = post_plain(gateway, {"email": "nobody", "topics": "d", "x<": "1"})

    summary, form = page.body.split("<form", 1)
    assert 'role="alert" tabindex="-1" autofocus' in summary
    assert '<a href="#field-email">E-mail is not an e-mail address</a>' in summary
    assert '<a href="#field-topics">Topics is none of the choices</a>' in summary
    assert '<li class="error">x&lt; is no field of this form</li>' in summary
    assert 'id="field-email"' in form
    assert "autofocus" not in gateway.call("GET", "/f/contact", scopes=None).body


@pytest.mark.parametrize(
    ("kind", "rule", "parameters", "attributes"),
    [
        ("text", "length", {"min": 2, "max": 5}, ' minlength="2" maxlength="5"'),
        ("textarea", "length", {"max": 50}, ' maxlength="50"'),
        ("number", "range", {"min": -1, "max": 2.5}, ' min="-1" max="2.5"'),
        ("text", "regex", {"pattern": r"[A-Z]{2}-\d+"}, r' pattern="[A-Z]{2}-\d+"'),
        ("text", "required", {}, " required"),
    ],
)
def test_a_browser_is_told_the_rules_it_can_check(
    kind: str, rule: str, parameters: dict[str, Json], attributes: str, gateway: Gateway
) -> None:
    define(
        gateway,
        fields=[{"name": "asked", "label": "Asked", "kind": kind}],
        rules=[{"field": "asked", "kind": rule, "parameters": parameters}],
    )

    page = gateway.call("GET", "/f/contact", scopes=None).body

    [tag] = re.findall(r'<[^>]*id="field-asked"[^>]*>', page)
    assert attributes in tag
    assert tag.count("maxlength") <= 1


@pytest.mark.parametrize("pattern", ["(?i)ab", "[[:alpha:]]+", r"\pL+", "[^]a]", "[+--]", r"\s"])
def test_a_pattern_that_browsers_may_read_otherwise_stays_with_the_server(
    pattern: str, gateway: Gateway
) -> None:
    define(
        gateway,
        fields=[{"name": "asked", "label": "Asked", "kind": "text"}],
        rules=[{"field": "asked", "kind": "regex", "parameters": {"pattern": pattern}}],
    )

    assert "pattern=" not in gateway.call("GET", "/f/contact", scopes=None).body


@pytest.mark.parametrize(
    ("referrer", "is_kept"),
    [
        ('https://www.example.org/page?a="b', True),
        ("https://api.example/f/contact", False),
        ("javascript:alert(1)", False),
        ("https://[x", False),
        ("https://a.example/" + "x" * 2000, False),
    ],
)
def test_the_page_keeps_the_page_its_visitor_came_from(
    referrer: str, *, is_kept: bool, gateway: Gateway
) -> None:
    define(gateway)

    page = gateway.call("GET", "/f/contact", headers={"referer": referrer}, scopes=None)

    assert ('name="referrer"' in page.body) is is_kept
    if is_kept:
        assert hidden(page, "referrer") == referrer


def action_of(page: Answered) -> str:
    [action] = re.findall(r'<form method="post" action="([^"]*)">', page.body)
    return str(action)


@pytest.mark.parametrize("stage", ["", "/stage"])
def test_the_form_posts_to_its_own_address_from_wherever_it_is_shown(
    stage: str, gateway: Gateway
) -> None:
    define(gateway)
    wanted = f"https://api.example{stage}{SUBMISSIONS}"

    shown = gateway.call("GET", "/f/contact", scopes=None)
    returned = post_plain(gateway, {"email": "nobody"})

    assert urljoin(f"https://api.example{stage}/f/contact", action_of(shown)) == wanted
    assert urljoin(wanted, action_of(returned)) == wanted


def test_a_page_that_comes_back_keeps_where_the_visitor_came_from_and_goes(
    gateway: Gateway,
) -> None:
    define(gateway)
    going_along = {"utm_source": '"news"', "referrer": "https://a.example/", "_next": "https://b"}

    page = post_plain(gateway, going_along | {"email": "nobody", "_other": "x", "colour": "red"})

    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.body))
    assert hidden.pop("_token")
    assert {name: unescape(value) for name, value in hidden.items()} == going_along


def test_a_page_of_a_form_that_takes_anything_keeps_every_answer(gateway: Gateway) -> None:
    page = post_plain(
        gateway, {"email": "nobody", "topic": "tea", "long": "x" * 10_001}, form_id="default"
    )

    assert page.status == 422
    assert '<input type="hidden" name="topic" value="tea">' in page.body
    assert 'name="long"' not in page.body


def test_a_person_at_an_unknown_form_sees_a_page(gateway: Gateway) -> None:
    page = gateway.call("GET", "/f/unknown", headers=BROWSER, scopes=None)

    assert page.status == 404
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>There is no such form</h1>" in page.body
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_program_at_an_unknown_form_gets_a_problem(gateway: Gateway) -> None:
    require_problem(gateway.call("GET", "/f/unknown", scopes=None), 404, "not-found")


def test_the_page_asks_the_forms_questions_with_labels_and_runs_nothing(gateway: Gateway) -> None:
    define(gateway, allowed_redirects=["https://thanks.example/a", "https://thanks.example/b"])

    answer = gateway.call("GET", "/f/contact", scopes=None)

    assert answer.status == 200
    assert "<h1>Contact &lt;us&gt;</h1>" in answer.body
    assert '<label for="field-email">E-mail (required)</label>' in answer.body
    assert "<legend>Topics</legend>" in answer.body
    assert '<label for="field-topics.1">b</label>' in answer.body
    assert 'action="../forms/contact/submissions"' in answer.body
    assert "<script" not in answer.body
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("form-action 'self' https://thanks.example")


def test_the_page_passes_on_where_the_visitor_came_from(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/f/default", query='utm_source="><script>&mc_cid=7')

    assert 'name="utm_source" value="&quot;&gt;&lt;script&gt;"' in answer.body
    assert "mc_cid" not in answer.body


@pytest.mark.parametrize("name", sorted(ATTRIBUTION_FIELDS - {"referrer"}))
def test_the_page_passes_on_everything_that_tells_a_source(name: str, gateway: Gateway) -> None:
    page = gateway.call("GET", "/f/default", query=f"{name}=abc", scopes=None)

    assert hidden(page, name) == "abc"


def test_a_click_on_an_ad_goes_from_the_page_to_the_leads_source(gateway: Gateway) -> None:
    define(gateway)
    page = gateway.call("GET", "/f/contact", query="msclkid=abc&campaign_id=7", scopes=None)
    carried = {name: hidden(page, name) for name in ("msclkid", "campaign_id")}

    post_plain(gateway, carried | {"email": "a@example.com", "referrer": "https://www.bing.com/"})

    [stored] = gateway.call("GET", SUBMISSIONS).json["submissions"]
    assert stored["answers"] == {"email": "a@example.com"}
    assert stored["attribution"] == carried | {"referrer": "https://www.bing.com/"}
    [lead] = gateway.call("GET", "/leads").json["leads"]
    assert (lead["source"], lead["campaign"]) == ("bing", "7")


def test_the_page_says_thank_you(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/f/default/thanks", query="mc_cid=7", scopes=None)

    assert "Thank you" in answer.body
    assert "<form" not in answer.body


def test_a_page_of_an_allowed_origin_may_post(gateway: Gateway) -> None:
    define(gateway)

    preflight = gateway.call("OPTIONS", SUBMISSIONS, headers={"origin": ORIGIN}, scopes=None)
    answers = [
        gateway.call("POST", SUBMISSIONS, json_body=body, headers={"origin": ORIGIN}, scopes=None)
        for body in ({"email": "a@example.com"}, {"email": "nobody"})
    ]

    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"]
    assert [answer.status for answer in answers] == [201, 422]
    for answer in (preflight, *answers):
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://example.com.evil.example"},
        {"origin": "http://example.com"},
        {"origin": "https://EXAMPLE.com"},
    ],
)
@pytest.mark.parametrize("form_id", ["contact", "default", "unknown"])
def test_a_page_of_any_other_origin_gets_no_leave(
    headers: dict[str, str], form_id: str, gateway: Gateway
) -> None:
    define(gateway)
    path = f"/forms/{form_id}/submissions"

    answers = [
        gateway.call("OPTIONS", path, headers=headers, scopes=None),
        gateway.call("POST", path, json_body={"email": "a@example.com"}, headers=headers),
    ]

    for answer in answers:
        assert answer.headers["Vary"] == "Origin"
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_health_names_the_storage(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/health", scopes=None)

    assert (answer.status, answer.json) == (200, {"status": "ok", "storage": "memory"})


def hidden(page: Answered, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page.body)
    assert found is not None
    return unescape(found[1])


def states(gateway: Gateway, form_id: str = "contact") -> list[tuple[str, list[str]]]:
    found = gateway.call("GET", f"/forms/{form_id}/submissions").json["submissions"]
    return [(each["state"], each["spam_reasons"]) for each in reversed(found)]


def test_a_page_carries_a_token_that_tells_how_long_its_visitor_took(gateway: Gateway) -> None:
    define(gateway)
    page = gateway.call("GET", "/f/contact", scopes=None)
    fields = {"email": "ada@example.com", "_token": hidden(page, "_token")}

    assert post_plain(gateway, fields).status == 303

    [(state, [reason])] = states(gateway)
    assert state == "quarantined"
    assert reason.endswith("people take 2 s or more")


def test_a_page_that_comes_back_keeps_its_token_while_that_is_good(gateway: Gateway) -> None:
    define(gateway)
    token = hidden(gateway.call("GET", "/f/contact", scopes=None), "_token")
    back = post_plain(gateway, {"email": "nonsense", "_token": token})
    assert back.status == 422
    assert hidden(back, "_token") == token
    made_up = post_plain(gateway, {"email": "nonsense", "_token": "made.up"})
    assert hidden(made_up, "_token") not in {"made.up", ""}


def test_a_program_gets_a_token_for_its_page(gateway: Gateway) -> None:
    define(gateway)
    answer = gateway.call("GET", "/forms/contact/token", headers={"origin": ORIGIN}, scopes=None)
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.json["expires_in"] == 86_400
    body = {"email": "ada@example.com", "_token": answer.json["token"]}
    gateway.call("POST", SUBMISSIONS, json_body=body, scopes=None)
    [(_, [reason])] = states(gateway)
    assert reason.endswith("people take 2 s or more")


def test_a_form_that_is_not_there_has_no_token(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/forms/nowhere/token", scopes=None)
    require_problem(answer, 404, "not-found")


def test_a_token_that_was_made_up_is_a_reason(gateway: Gateway) -> None:
    define(gateway)
    body = {"email": "ada@example.com", "_token": "made.up"}
    answer = gateway.call("POST", SUBMISSIONS, json_body=body, scopes=None)
    assert answer.status == 201
    assert states(gateway) == [("quarantined", ["came with a form token that is not of this form"])]


def test_a_form_has_its_own_trap(gateway: Gateway) -> None:
    define(gateway, spam={"honeypot": "website"})
    page = gateway.call("GET", "/f/contact", scopes=None)
    assert '<input id="website" name="website" tabindex="-1"' in page.body

    post_plain(gateway, {"email": "ada@example.com", "website": ""})
    post_plain(gateway, {"email": "bob@example.com", "website": "http://robots.example"})

    assert [state for state, _ in states(gateway)] == ["accepted", "quarantined"]
    define(gateway, spam={"honeypot": ""})
    assert 'class="trap"' not in gateway.call("GET", "/f/contact", scopes=None).body
