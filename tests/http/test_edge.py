"""What every address does with requests that are not as they should be."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import ltv_queries
from succotash.container import Container
from succotash.domain.values import SubmissionId
from succotash.http.requests import Route
from tests.builders import a_value
from tests.events import EVENTS, http_event, ids_in, sample
from tests.http.gateway import APIS, SCOPES, Gateway
from tests.http.problems import require_problem
from tests.http.routes import ROUTES, a_path
from tests.sample_answers import EXPECTED

PRIVATE = [route for route, _ in ROUTES if route.scope]
HTTP_EVENTS = sorted(
    path.stem for path in EVENTS.glob("*.json") if "requestContext" in sample(path.stem)
)


@pytest.mark.parametrize("name", HTTP_EVENTS)
def test_every_sample_event_is_answered(name: str, scored: Gateway) -> None:
    answer = scored.send(sample(name))

    assert answer.status == EXPECTED[name][0]


def test_every_route_has_a_sample_event_of_its_function() -> None:
    functions = {path.stem.partition(".")[0] for path in EVENTS.glob("*.json")}

    assert functions == {path.parent.name for path in (EVENTS.parent / "functions").glob("*/*.py")}
    assert functions >= {api.name for api in APIS}


@pytest.mark.parametrize("route", PRIVATE, ids=lambda each: f"{each.method} {each.path}")
def test_a_private_route_refuses_a_request_without_a_token(
    route: Route[Container], gateway: Gateway
) -> None:
    answer = gateway.call(route.method, a_path(route), scopes=None)

    require_problem(answer, 401, "missing-token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", PRIVATE, ids=lambda each: f"{each.method} {each.path}")
def test_a_private_route_refuses_a_token_with_every_other_scope(
    route: Route[Container], gateway: Gateway
) -> None:
    others = [scope for scope in SCOPES if scope != route.scope]

    problem = require_problem(
        gateway.call(route.method, a_path(route), scopes=others), 403, "missing-scope"
    )

    assert route.scope in problem["detail"]


def test_a_scope_may_stand_in_the_claims_behind_the_issuers_prefix() -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory", "SCOPE_PREFIX": "api/"})
    event = http_event("GET", "/ltv/segments")
    event["requestContext"]["authorizer"] = {
        "jwt": {"claims": {"scope": "api/ltv:write api/ltv:read"}, "scopes": None}
    }

    assert gateway.send(event).status == 200
    assert gateway.call("GET", "/ltv/segments", scopes=["ltv:read"]).status == 403


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%\ud800", "fe80::1"),
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:443", None),
        ("nobody", None),
        ("", None),
    ],
)
def test_an_address_is_kept_without_its_zone(
    given: str, kept: str | None, gateway: Gateway
) -> None:
    event = http_event("POST", "/forms/default/submissions", json_body={"email": "ada@example.com"})
    event["requestContext"]["http"]["sourceIp"] = given

    receipt = gateway.send(event)

    assert receipt.status == 201
    submission_id = SubmissionId(receipt.json["submission_id"])
    stored = gateway.container.storage.repositories.forms.get_form_submission(submission_id)
    assert stored.ip_address == kept


@pytest.mark.parametrize("name", HTTP_EVENTS)
def test_a_sample_event_names_its_route_and_ids_as_api_gateway_does(name: str) -> None:
    event = sample(name)
    method, _, path = event["routeKey"].partition(" ")
    routes = {f"{each.method} {each.path}" for each, _ in ROUTES}

    assert event["routeKey"] in routes
    assert event["requestContext"]["http"]["method"] == method
    assert event["requestContext"]["routeKey"] == event["routeKey"]
    assert event.get("pathParameters", {}) == ids_in(path, event["rawPath"])


@pytest.mark.parametrize(
    "customer_id",
    ["a/b", "/", "50%", "Zoë Müller", "a+b", "a b", "a%2Fb", "%41", "../vip", "a?b#c", "東"],
)
@pytest.mark.parametrize("shown", [str, partial(quote, safe="")], ids=["decoded", "encoded"])
def test_an_id_is_read_as_api_gateway_decoded_it_however_it_shows_the_path(
    customer_id: str, shown: Callable[[str], str], gateway: Gateway
) -> None:
    gateway.container.get_ltv_repository().save_customer_ltv(a_value(customer_id))
    key = "GET /ltv/customers/{customer_id}"
    event = http_event("GET", f"/ltv/customers/{shown(customer_id)}", scopes=["ltv:read"])
    event |= {"routeKey": key, "pathParameters": {"customer_id": customer_id}}

    answer = ltv_queries.api.on(gateway.container)(event, LambdaContext())

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["customer_id"] == customer_id


def test_a_route_that_the_function_does_not_have_is_a_fault_of_the_template() -> None:
    served = ltv_queries.api.on(Container({"SUCCOTASH_STORAGE": "memory"}))

    with pytest.raises(KeyError):
        served(http_event("GET", "/leads", route="/leads"), LambdaContext())


def test_answers_are_not_kept_by_caches(gateway: Gateway) -> None:
    for path in ("/leads", "/ltv/segments", "/ltv/customers/nobody", "/health"):
        assert gateway.call("GET", path).headers["Cache-Control"] == "no-store"


def test_a_wrong_setting_stops_the_call_with_a_sentence_that_names_it() -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "paper"})

    for path in ("/health", "/ltv/segments"):
        answer = gateway.call("GET", path)
        problem = require_problem(answer, 503, "misconfigured")
        assert "SUCCOTASH_STORAGE" in problem["detail"]
        assert "Retry-After" in answer.headers


def test_a_database_that_is_down_is_answered_with_when_to_try_again(tmp_path: Path) -> None:
    gateway = Gateway(
        {
            "SUCCOTASH_STORAGE": "postgres",
            "DB_HOST": str(tmp_path),  # a directory in which no server has its socket
            "DB_CONNECT_TIMEOUT": "1",
        }
    )

    answers = [
        gateway.call("GET", "/health"),
        gateway.call("GET", "/ltv/segments"),
        gateway.call("POST", "/forms/default/submissions", json_body={"email": "a@example.com"}),
    ]

    for answer in answers:
        require_problem(answer, 503, "storage-unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert str(tmp_path) not in answer.body


def test_the_request_id_tells_the_answer_apart(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/forms/nothing", request_id="JKJaXmPLvHcESHA=")

    assert answer.json["instance"] == "urn:succotash:request:JKJaXmPLvHcESHA="


def test_importing_the_functions_reads_no_setting() -> None:
    assert "settings" not in vars(Container())
    for api in APIS:
        api.on(Container({"SUCCOTASH_STORAGE": "nonsense"}))
