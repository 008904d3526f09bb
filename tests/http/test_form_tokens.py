"""Tokens and traps against robots."""

from tests.http.forms import ORIGIN, SUBMISSIONS, define, hidden, post_plain
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


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
    assert 'class="honeypot"' not in gateway.call("GET", "/f/contact", scopes=None).body
