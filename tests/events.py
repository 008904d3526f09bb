"""Events as API Gateway sends them: the samples of `events/`, and others made from them."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

EVENTS = Path(__file__).resolve().parent.parent / "events"

type Event = dict[str, Any]


def sample(name: str) -> Event:
    """A sample event, such as `ltv_queries.customer`."""
    event: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def http_event(
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | str = "",
    json_body: object = None,
    body: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    scopes: Sequence[str] | None = None,
    is_base64: bool | None = None,
    request_id: str = "request-1",
    route: str | None = None,
) -> Event:
    """A request; `scopes` None carries no token. Bytes are sent in base64 unless told otherwise.

    `route` is the path of the template that API Gateway has matched: without one, nothing has yet.
    """
    sent: dict[str, str] = {"host": "api.example", "user-agent": "tests"}
    if json_body is not None:
        body = json.dumps(json_body)
        sent["content-type"] = "application/json"
    encoded = isinstance(body, bytes) if is_base64 is None else is_base64
    if encoded and body is not None:
        raw = body.encode() if isinstance(body, str) else body
        body = base64.b64encode(raw).decode()
    context: Event = {
        "accountId": "123456789012",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.7",
            "userAgent": "tests",
        },
        "requestId": request_id,
        "stage": "$default",
    }
    if scopes is not None:
        context["authorizer"] = {
            "jwt": {"claims": {"scope": " ".join(scopes)}, "scopes": list(scopes)}
        }
    event: Event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query if isinstance(query, str) else urlencode(query),
        "headers": sent | dict(headers or {}),
        "requestContext": context,
        "isBase64Encoded": encoded,
    }
    if body is not None:
        event["body"] = body
    return event if route is None else matched(event, route)


def ids_in(route: str, path: str) -> dict[str, str] | None:
    """The ids that a path, decoded once, has where the route names them; None if it has others."""
    pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route)
    found = re.fullmatch(pattern, path, re.DOTALL)
    return found and found.groupdict()


def matched(event: Event, route: str) -> Event:
    """The event once API Gateway has found its route."""
    http = event["requestContext"]["http"]
    key, ids = f"{http['method']} {route}", ids_in(route, http["path"])
    assert ids is not None, f"{http['path']} is no path of {route}"
    parameters = {"pathParameters": ids} if ids else {}
    context = event["requestContext"] | {"routeKey": key}
    return event | {"routeKey": key, "requestContext": context} | parameters
