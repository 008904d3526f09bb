"""The page that hosts a form."""

import re
from html import unescape
from urllib.parse import urljoin

import pytest

from succotash.domain.forms.attribution import ATTRIBUTION_FIELDS
from succotash.domain.values import Json
from tests.http.forms import BROWSER, SUBMISSIONS, define, hidden, post_plain
from tests.http.gateway import Answered, Gateway
from tests.http.problems import require_problem


def test_a_person_gets_the_page_back_with_what_is_wrong(gateway: Gateway) -> None:
    define(gateway)

    answer = post_plain(gateway, {"email": "<nobody>", "message": "\n hi & bye", "x": "1"})

    assert answer.status == 422
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'value="&lt;nobody&gt;"' in answer.body
    assert "Invalid e-mail address" in answer.body
    assert 'aria-invalid="true" aria-describedby="problem-email"' in answer.body
    assert ">\n\n hi &amp; bye</textarea>" in answer.body
    assert "x: Unknown field: x" in answer.body


def test_what_is_wrong_stands_before_the_form_with_links_to_its_fields(gateway: Gateway) -> None:
    define(gateway)

    page = post_plain(gateway, {"email": "nobody", "topics": "d", "x<": "1"})

    summary, form = page.body.split("<form", 1)
    assert 'role="alert" tabindex="-1" autofocus' in summary
    assert '<a href="#field-email">E-mail: Invalid e-mail address</a>' in summary
    assert '<a href="#field-topics">Topics: Must be one of the choices</a>' in summary
    assert '<li class="error">x&lt;: Unknown field: x&lt;</li>' in summary
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
    assert "<h1>Form not found</h1>" in page.body
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


def test_the_page_has_an_empty_icon_that_its_policy_allows(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/f/default", scopes=None)

    assert '<link rel="icon" href="data:,">' in answer.body
    assert "; img-src data:; " in answer.headers["Content-Security-Policy"]


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
