"""Whole events with anything in them: every function answers, and blames the sender, not itself."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from succotash.application.paging import encode_cursor
from succotash.container import Container
from succotash.domain.repositories.storage import Storage
from succotash.http.requests import Route
from tests.containers import StorageContainer
from tests.events import Event
from tests.http.gateway import APIS, SCOPES

pytestmark = pytest.mark.long

ROUTES = [(api, route) for api in APIS for route in api.routes]
AWKWARD = (
    "",
    "\0",
    "\ud800",
    "\udfff\ud800",
    "a\nb",
    "\r\nset-cookie: a=b",
    "Zoë",
    "🦑",
    "%",
    "%ED%A0%80",
    "%FF",
    "..",
    "null",
    "x" * 300,
    "\u0301" * 300,
    "default",
    "c",
    "1998-01",
    "9999-12",
    "1998-Q1",
    "fe80::1%eth0",
    "fe80::1%\ud800",
    "::ffff:203.0.113.7",
    "203.0.113.7",
    "0x7f.1",
)
NUMBERS = ("0", "-1", "1e9999999999999999999", "9" * 400, "NaN", "-0", "٣", "1_0", "0.1", "5")
INSTANTS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59.999999Z",
    "1998-01-01T00:00:00+16:00",
    "1998-01-01T00:00:00",
    "1901-01-01",
    "2998-12-31",
    "1998-02-30",
)
PARAMETERS = (
    *("start", "end", "limit", "cursor", "state", "status", "source", "min_score", "form_id"),
    *("segment", "cohort_id", "by", "risk", "period", "mode", "origin", "brackets", "windows"),
    *("measure", "entry", "token", "utm_source", "gclid"),
)
HEADERS = (
    *("content-type", "origin", "referer", "accept", "user-agent", "idempotency-key", "cookie"),
    *("authorization", "host", "x-forwarded-for", "content-length"),
)
MEDIA_TYPES = (
    "application/json",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    'multipart/form-data; boundary="',
    "multipart/form-data; boundary=\ud800",
    "multipart/form-data; boundary*=utf-8''%ff",
    "application/json; charset=\ud800",
    "text/html",
)

texts = st.sampled_from(AWKWARD) | st.text(max_size=12)
cursors = st.builds(encode_cursor, st.sampled_from((*INSTANTS, *NUMBERS)) | texts, texts)
values = st.one_of(texts, st.sampled_from((*NUMBERS, *INSTANTS)), cursors)
queries = st.one_of(
    st.dictionaries(st.sampled_from(PARAMETERS), values, max_size=3).map(
        lambda given: "&".join(
            f"{name}={quote(value, errors='surrogatepass')}" for name, value in given.items()
        )
    ),
    st.text(st.sampled_from("a=&%;+\ud800\0ü9F"), max_size=12),
)
headers = st.dictionaries(
    st.sampled_from(HEADERS) | texts,
    st.one_of(values, st.sampled_from(MEDIA_TYPES), st.sampled_from(["text/html", "*/*"])),
    max_size=4,
)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), values),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(("email", "fields", "rules", "name", "title", "orders", "events"))
            | texts,
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
multiparts = st.lists(st.tuples(texts, texts), max_size=3).map(
    lambda pairs: (
        "".join(
            f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in pairs
        )
        + "--b--"
    )
)
bodies = st.one_of(
    st.none(),
    texts,
    queries,
    documents.map(json.dumps),
    documents.map(lambda each: json.dumps(each).replace('"9', "9").replace('999"', "999")),
    multiparts,
)
AUTHORIZERS: tuple[Mapping[str, Any] | None, ...] = (
    None,
    {},
    {"jwt": None},
    {"jwt": {}},
    {"jwt": {"claims": None, "scopes": None}},
    {"jwt": {"claims": {"scope": "\ud800 [", "scp": "[leads:read forms:read]"}}},
    {"lambda": {"a": 1}},
    {"iam": {"accessKey": "a"}},
)
authorizers = st.just({"jwt": {"claims": {}, "scopes": SCOPES}}) | st.sampled_from(AUTHORIZERS)


@st.composite
def events(draw: st.DrawFn, route: Route[Container]) -> Event:
    """An event of payload format 2.0 for the route, or nearly for it, with anything inside."""
    path = route.path
    ids = {name: draw(texts.filter(bool)) for name in route_ids(path)}
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    path = draw(st.sampled_from([path, path, path, path + "/", draw(texts)]))
    body, is_base64 = draw(bodies), draw(st.booleans())
    event: Event = {
        "version": "2.0",
        "routeKey": f"{route.method} {route.path}",
        "rawPath": path,
        "rawQueryString": draw(queries),
        "headers": draw(headers),
        "cookies": draw(st.lists(texts, max_size=2)),
        "queryStringParameters": draw(st.dictionaries(texts, texts, max_size=2)),
        "pathParameters": ids,
        "stageVariables": {},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example",
            "http": {
                "method": route.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": draw(texts),
                "userAgent": draw(texts),
            },
            "requestId": draw(texts),
            "stage": "$default",
            "time": "05/Mar/2026:09:30:15 +0000",
            "timeEpoch": 1772703015123,
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }
    names_its_type: bool = draw(st.booleans())
    if route.takes and names_its_type:
        event["headers"]["content-type"] = draw(st.sampled_from(sorted(route.takes)))
    is_true_to_it: bool = draw(st.booleans())
    if body is not None and is_base64 and is_true_to_it:
        event["body"] = base64.b64encode(body.encode(errors="surrogatepass")).decode()
    authorizer = draw(authorizers)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = authorizer
    # API Gateway leaves out what a request has none of.
    absent: set[str] = draw(
        st.sets(st.sampled_from(["headers", "cookies", "queryStringParameters", "body"]))
    )
    if not ids:
        absent.add("pathParameters")
    return {name: value for name, value in event.items() if name not in absent}


def route_ids(path: str) -> list[str]:
    return [each.partition("}")[0] for each in path.split("{")[1:]]


def require_blameless(answer: Mapping[str, Any]) -> None:
    """An answer below 500 that Lambda can hand to API Gateway."""
    assert answer["statusCode"] < 500, answer
    json.dumps(answer, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("api", "route"), ROUTES, ids=[f"{route.method} {route.path}" for _, route in ROUTES]
)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_event_of_api_gateways_shape_is_this_sides_fault(
    api: Any,  # noqa: ANN401 - an Api, which hides what it works with
    route: Route[Container],
    data: st.DataObject,
    storage: Storage,
) -> None:
    answer = api.on(StorageContainer(storage))(data.draw(events(route)), LambdaContext())

    require_blameless(answer)
