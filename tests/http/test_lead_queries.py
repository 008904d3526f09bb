"""Forms, submissions, leads and people, for those who work with them."""

import json
from functools import partial
from typing import Any

import pytest

from succotash.domain.values import Json
from tests.events import sample
from tests.http.gateway import Answered, Gateway
from tests.http.problems import require_problem

FORM: dict[str, Any] = {"title": "Contact"}


def submit(gateway: Gateway, email: str, **answers: Json) -> dict[str, Any]:
    body = {"email": email, **answers}
    answer = gateway.call("POST", "/forms/default/submissions", json_body=body, scopes=None)
    receipt: dict[str, Any] = answer.json
    return receipt


def path_of_a_lead(gateway: Gateway) -> str:
    submission_id = submit(gateway, "a@example.com")["submission_id"]
    return f"/leads/{gateway.call('GET', f'/submissions/{submission_id}').json['lead_id']}"


def test_a_form_is_defined_and_read_back(gateway: Gateway) -> None:
    put = gateway.send(sample("lead_queries.put_form"))

    assert put.status == 200
    assert gateway.call("GET", "/forms/newsletter").json == put.json
    assert put.json["rules"][0]["parameters"] == {"max": 80}
    ids = [each["form_id"] for each in gateway.call("GET", "/forms").json["forms"]]
    assert ids == ["default", "newsletter"]


def test_a_form_says_whom_it_tells_and_whom_it_asks(gateway: Gateway) -> None:
    asked = {
        "notify": ["owner@example.com"],
        "digest": False,
        "confirms": True,
        "double_opt_in": True,
        "consent_text": "I agree.",
    }
    put = gateway.call("PUT", "/forms/contact", json_body=FORM | asked)
    assert put.json.items() >= asked.items()
    again = gateway.call("PUT", "/forms/contact", json_body=FORM).json
    assert (again["notify"], again["digest"]) == ([], True)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"title": ""}, "title", "string_too_short"),
        ({"title": None}, "title", "string_type"),
        ({"fields": {"name": "a"}}, "fields", "list_type"),
        ({"fields": [{"name": "a"}]}, "fields.0.label", "required"),
        ({"fields": [{"name": "_a", "label": "A"}]}, "fields.0.name", "string_pattern_mismatch"),
        ({"fields": [{"name": "utm_source", "label": "A"}]}, "fields.0.name", "reserved"),
        ({"fields": [{"name": "a", "label": "A", "kind": "date"}]}, "fields.0.kind", "enum"),
        (
            {"fields": [{"name": "a", "label": "A", "required": "yes"}]},
            "fields.0.required",
            "bool_type",
        ),
        (
            {"fields": [{"name": "a", "label": "A"}, {"name": "a", "label": "B"}]},
            "fields",
            "repeated",
        ),
        (
            {"fields": [{"name": "a", "label": "A", "kind": "choice"}]},
            "fields.a.choices",
            "choices",
        ),
        (
            {"fields": [{"name": "a", "label": "A", "kind": "choices"}]},
            "fields.a.choices",
            "choices",
        ),
        ({"consent_text": "x" * 2001}, "consent_text", "string_too_long"),
        ({"spam": {"honeypot": "_consent"}}, "spam.honeypot", "reserved"),
        ({"rules": [{"field": "a", "kind": "magic"}]}, "rules.0.kind", "enum"),
        (
            {"rules": [{"field": "a", "kind": "regex", "parameters": {"pattern": "("}}]},
            "rules.a.regex.pattern",
            "pattern",
        ),
        (
            {"rules": [{"field": "a", "kind": "range", "parameters": {"min": 5, "max": 1.5}}]},
            "rules.a.range.max",
            "range_reversed",
        ),
        (
            {"rules": [{"field": "a", "kind": "length", "parameters": {"min": None}}]},
            "rules.a.length.min",
            "number",
        ),
        (
            {"rules": [{"field": "a", "kind": "matches", "parameters": {"field": "a"}}]},
            "rules.a.matches.field",
            "field",
        ),
        (
            {
                "fields": [{"name": "a", "label": "A"}],
                "rules": [{"field": "a", "kind": "matches", "parameters": {"field": "b"}}],
            },
            "rules.a.matches.field",
            "unknown_field",
        ),
        ({"notify": ["nobody"]}, "notify.0", "email"),
        ({"notify": [" owner@example.com"]}, "notify.0", "email"),
        ({"notify": ["a@example.com\r\nBcc: b@example.com"]}, "notify.0", "email"),
        ({"notify": ["ü@example.com"]}, "notify.0", "email"),
        ({"notify": ["a@example.com"] * 21}, "notify", "too_long"),
        ({"confirms": "yes"}, "confirms", "bool_type"),
        ({"allowed_origins": ["*"]}, "allowed_origins.0", "address"),
        ({"allowed_origins": ["https://a.example/"]}, "allowed_origins.0", "origin"),
        ({"allowed_origins": ["https://A.example"]}, "allowed_origins.0", "origin"),
        ({"allowed_origins": ["http://a.example"]}, "allowed_origins.0", "address"),
        ({"allowed_origins": ["https://a.example:port"]}, "allowed_origins.0", "address"),
        ({"allowed_origins": ["https://a.example;x"]}, "allowed_origins.0", "address"),
        ({"allowed_redirects": ["/thanks"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a;script-src'*'/x"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a,b.example/"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a b.example/"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ['https://a".example/']}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a.example/'b"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a.exa\tmple/"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["http://a.example/"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["javascript:alert(1)"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a@b.example/"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a.example/ b"]}, "allowed_redirects.0", "address"),
        ({"allowed_redirects": ["https://a.example/\\b"]}, "allowed_redirects.0", "address"),
        ({"duplicate_window_seconds": -1}, "duplicate_window_seconds", "greater_than_equal"),
        ({"duplicate_window_seconds": True}, "duplicate_window_seconds", "int_type"),
        ({"duplicate_window_seconds": 1.5}, "duplicate_window_seconds", "int_type"),
        ({"region": "us"}, "region", "string_pattern_mismatch"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_and_changes_nothing(
    change: dict[str, Any], field: str, code: str, gateway: Gateway
) -> None:
    answer = gateway.call("PUT", "/forms/contact", json_body=FORM | change)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert [(each["field"], each["code"]) for each in errors] == [(field, code)]
    assert gateway.call("GET", "/forms/contact").status == 404


@pytest.mark.parametrize("form_id", ["Contact", "a b", "-a", "x" * 65, "é"])
def test_a_forms_id_is_a_slug(form_id: str, gateway: Gateway) -> None:
    require_problem(gateway.call("PUT", f"/forms/{form_id}", json_body=FORM), 422, "invalid-input")


def test_the_reserved_id_cannot_be_defined(gateway: Gateway) -> None:
    answer = gateway.call("PUT", "/forms/analytics", json_body=FORM)

    [error] = require_problem(answer, 422, "invalid-input")["errors"]
    assert (error["field"], error["code"]) == ("form_id", "reserved")


def test_origins_may_be_on_this_machine(gateway: Gateway) -> None:
    origins = ["http://localhost:8080", "http://127.0.0.1:3000", "http://[::1]:3000"]

    answer = gateway.call("PUT", "/forms/contact", json_body=FORM | {"allowed_origins": origins})

    assert answer.json["allowed_origins"] == origins


def test_a_quarantined_submission_is_listed_and_released_once(gateway: Gateway) -> None:
    submission_id = submit(gateway, "a@example.com", _gotcha="x")["submission_id"]
    path = "/forms/default/submissions"

    listed = gateway.call("GET", path, query="state=quarantined").json["submissions"]
    released = gateway.call("POST", f"/submissions/{submission_id}/release")
    again = gateway.call("POST", f"/submissions/{submission_id}/release")

    assert [each["submission_id"] for each in listed] == [submission_id]
    assert (released.status, released.json["state"]) == (200, "accepted")
    assert gateway.call("GET", f"/leads/{released.json['lead_id']}").status == 200
    require_problem(again, 409, "conflict")


def test_lists_page_by_cursor_without_gap_or_repeat(gateway: Gateway) -> None:
    for number in range(5):
        submit(gateway, f"p{number}@example.com")

    for path, name, key in (
        ("/leads", "leads", "email"),
        ("/forms/default/submissions", "submissions", "submission_id"),
    ):
        whole = [each[key] for each in gateway.call("GET", path).json[name]]
        paged: list[str] = []
        query: dict[str, str] = {"limit": "2"}
        while True:
            page = gateway.call("GET", path, query=query).json
            paged += [each[key] for each in page[name]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert paged == whole
        assert len(whole) == 5


def test_leads_are_found_by_status_source_and_score(gateway: Gateway) -> None:
    submit(gateway, "a@example.com", utm_source="newsletter", company="Acme")
    submit(gateway, "b@example.com")

    def emails(query: str) -> list[str]:
        return [each["email"] for each in gateway.call("GET", "/leads", query=query).json["leads"]]

    assert emails("source=newsletter") == ["a@example.com"]
    assert emails("status=contacted") == []
    assert emails("min_score=100") == []
    assert emails("status=new&min_score=0") == ["b@example.com", "a@example.com"]


def test_a_lead_moves_along_the_funnel_and_not_back(gateway: Gateway) -> None:
    path = path_of_a_lead(gateway)

    moved = gateway.call("PATCH", path, json_body={"status": "qualified"})
    back = gateway.call("PATCH", path, json_body={"status": "new"})

    assert (moved.status, moved.json["status"]) == (200, "qualified")
    require_problem(back, 409, "illegal-transition")
    assert gateway.call("GET", path).json["status"] == "qualified"


@pytest.mark.parametrize("body", [{}, {"status": "won"}, {"status": "new", "email": "x"}])
def test_a_lead_takes_nothing_but_a_known_status(body: Json, gateway: Gateway) -> None:
    path = path_of_a_lead(gateway)

    require_problem(gateway.call("PATCH", path, json_body=body), 422, "invalid-input")


def test_analytics_count_what_was_submitted(gateway: Gateway) -> None:
    submit(gateway, "a@example.com")

    answer = gateway.call("GET", "/forms/analytics", query="start=2020-01-01T00:00:00Z")
    before = gateway.call("GET", "/forms/analytics", query="end=2020-01-01T00:00:00%2B01:00")

    assert answer.json["submission_metrics"]["total_submissions"] == 1
    assert before.json["submission_metrics"]["total_submissions"] == 0


def test_analytics_of_one_source_and_of_no_known_form(gateway: Gateway) -> None:
    submit(gateway, "a@example.com", utm_source="newsletter")
    submit(gateway, "b@example.com")

    answer = gateway.call("GET", "/forms/analytics", query="source=newsletter&form_id=default")
    unknown = gateway.call("GET", "/forms/analytics", query="form_id=nowhere")

    assert answer.json["conversion_funnel"]["stages"][0]["reached"] == 1
    assert answer.json["lead_metrics"]["new_leads"] == 1
    require_problem(unknown, 404, "not-found")


def test_a_person_is_exported_and_erased_by_e_mail(gateway: Gateway) -> None:
    submit(gateway, "Ada@Example.com", message="hello")
    body = {"email": "ada@example.com"}

    exported = gateway.call("POST", "/people/export", json_body=body)
    erased = gateway.call("POST", "/people/erasures", json_body=body)
    after = gateway.call("POST", "/people/export", json_body=body)

    assert exported.json["submissions"][0]["answers"]["message"] == "hello"
    assert erased.json["erased_rows"]["leads"] == 1
    assert erased.json["erased_elsewhere"] == {}
    assert erased.json["unfinished"] == []
    assert all(each.keys() == {"what", "why"} for each in erased.json["kept"])
    assert (after.json["lead"], after.json["submissions"]) == (None, [])


def test_what_is_no_e_mail_belongs_to_nobody(gateway: Gateway) -> None:
    for path in ("/people/export", "/people/erasures"):
        answer = gateway.call("POST", path, json_body={"email": "nobody"})
        require_problem(answer, 422, "invalid-input")


def test_the_document_is_served_without_a_token(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/openapi.json", scopes=None)

    assert json.loads(answer.body)["openapi"].startswith("3.1")
    assert answer.headers["Cache-Control"].startswith("public")


SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/turnstile/contact-AbCdEf"


def test_a_form_says_how_it_tells_people_from_robots_and_how_long_it_keeps(
    gateway: Gateway,
) -> None:
    spam = {
        "honeypot": "website",
        "minimum_seconds": 0,
        "links_tolerated": 9,
        "per_address_hourly": 0,
        "per_form_hourly": 7,
        "blocks_disposable": False,
        "requires_token": True,
        "turnstile_secret_arn": SECRET,
    }
    body = {"title": "Guarded", "spam": spam, "retention_days": 30}
    put = gateway.call("PUT", "/forms/guarded", json_body=body)
    assert put.status == 200
    got = gateway.call("GET", "/forms/guarded").json
    assert (got["spam"], got["retention_days"]) == (spam, 30)

    gateway.call("PUT", "/forms/guarded", json_body={"title": "Guarded"})
    plain = gateway.call("GET", "/forms/guarded").json
    assert plain["spam"]["honeypot"] == "_gotcha"
    assert plain["retention_days"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"spam": {"honeypot": "_token"}}, "spam.honeypot"),
        ({"spam": {"honeypot": "_next"}}, "spam.honeypot"),
        ({"spam": {"honeypot": "utm_source"}}, "spam.honeypot"),
        ({"spam": {"honeypot": "no name"}}, "spam.honeypot"),
        ({"spam": {"honeypot": "email"}, "fields": [{"name": "email", "label": "E"}]},
         "spam.honeypot"),
        ({"spam": {"minimum_seconds": -1}}, "spam.minimum_seconds"),
        ({"spam": {"turnstile_secret_arn": "0x000secret"}}, "spam.turnstile_secret_arn"),
        ({"spam": {"requires_token": "yes"}}, "spam.requires_token"),
        ({"spam": {"unknown": 1}}, "spam.unknown"),
        ({"retention_days": 0}, "retention_days"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(
    gateway: Gateway, changes: dict[str, object], field: str
) -> None:
    answer = gateway.call("PUT", "/forms/guarded", json_body={"title": "Guarded"} | changes)
    assert answer.status == 422
    assert [each["field"] for each in answer.json["errors"]] == [field]


class TestStatesOfAForm:
    """What two people who change a form at the same time are told."""

    def put(self, gateway: Gateway, title: str, if_match: str | None = None) -> Answered:
        headers = {} if if_match is None else {"If-Match": if_match}
        return gateway.call(
            "PUT", "/forms/contact", json_body=FORM | {"title": title}, headers=headers
        )

    def tag(self, gateway: Gateway) -> str:
        return gateway.call("GET", "/forms/contact").headers["ETag"]

    def test_the_state_that_was_read_is_replaced_once(self, gateway: Gateway) -> None:
        self.put(gateway, "One")
        read = self.tag(gateway)
        assert self.tag(gateway) == read
        assert self.put(gateway, "Two", read).status == 200

        require_problem(self.put(gateway, "Three", read), 412, "precondition-failed")
        assert gateway.call("GET", "/forms/contact").json["title"] == "Two"
        assert self.put(gateway, "Three", f'"other", {self.tag(gateway)}').status == 200

    def test_any_state_is_one_that_is_there(self, gateway: Gateway) -> None:
        require_problem(self.put(gateway, "One", "*"), 412, "precondition-failed")
        self.put(gateway, "One")
        assert self.put(gateway, "Two", "*").status == 200
        weak = f"W/{self.tag(gateway)}"
        require_problem(self.put(gateway, "Three", weak), 412, "precondition-failed")

    def test_what_is_there_is_not_made_again(self, gateway: Gateway) -> None:
        new = {"If-None-Match": "*"}
        made = gateway.call("PUT", "/forms/contact", json_body=FORM, headers=new)
        assert made.status == 200
        again = gateway.call("PUT", "/forms/contact", json_body=FORM, headers=new)
        require_problem(again, 412, "already-exists")
        assert gateway.call("GET", "/forms/contact").json == made.json

    def test_a_state_that_is_named_may_be_the_one_not_to_replace(self, gateway: Gateway) -> None:
        self.put(gateway, "One")
        known = {"If-None-Match": f"W/{self.tag(gateway)}"}
        put = partial(gateway.call, "PUT", "/forms/contact", json_body=FORM, headers=known)
        require_problem(put(), 412, "already-exists")
        self.put(gateway, "Two")
        assert put().status == 200

    def test_who_names_no_state_replaces_whatever_is_there(self, gateway: Gateway) -> None:
        self.put(gateway, "One")
        assert self.put(gateway, "Two").status == 200
