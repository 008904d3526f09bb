"""API Gateway for tests: the real handlers on storage in memory, called with real events."""

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

import connectors
import event_intake
import form_intake
import lead_queries
import ltv_queries
import retention_analysis
from local.background_workers import DEVELOPMENT_SECRETS
from succotash.container import Container
from succotash.http.api import Api
from tests.events import Event, http_event, ids_in, matched

APIS: tuple[Api[Container], ...] = (
    form_intake.api,
    lead_queries.api,
    event_intake.api,
    ltv_queries.api,
    retention_analysis.api,
    connectors.api,
)
SCOPES = sorted({route.scope for api in APIS for route in api.routes if route.scope})
TOKEN = "Bearer verified"
ENVIRONMENT: Mapping[str, str] = {
    "SUCCOTASH_STORAGE": "memory",
    "MAIL_FROM": "Succotash <succotash@localhost>",
    "WEBHOOK_SECRETS": "whsec_a2V5LW9mLXdlYmhvb2tzLXRoYXQtbm9ib2R5LWtub3dz",
    "CONNECTOR_SECRETS": json.dumps(DEVELOPMENT_SECRETS),
}
"""A deployment that sends e-mails and webhooks, hears of shops, and has no bus."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as API Gateway passes it on."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        return json.loads(self.body)


class Gateway:
    """Sends each event to the function whose route it is."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        containers: Mapping[str, Container] | None = None,
        *,
        container: Container | None = None,
    ) -> None:
        """`containers` are those of functions, by name, that have one of their own."""
        self.container = container or Container(environment or ENVIRONMENT)
        own = containers or {}
        self._functions = {api.name: api.on(own.get(api.name, self.container)) for api in APIS}
        routes = [(api.name, route) for api in APIS for route in api.routes]
        rules = {(route.path, route.method, name) for name, route in routes}
        rules |= {(route.path, "OPTIONS", name) for name, route in routes if route.origins}
        self._rules = sorted(rules, key=lambda rule: rule[0].count("{"))

    def send(self, event: Event) -> Answered:
        """Answer an event; what is no route reaches no function."""
        http = event["requestContext"]["http"]
        found = [
            (path, name)
            for path, method, name in self._rules
            if method == http["method"] and ids_in(path, http["path"]) is not None
        ]
        if not found:
            message = json.dumps({"message": "Not Found"})
            return Answered(404, {"content-type": "application/json"}, message)
        path, name = found[0]
        answer = self._functions[name](matched(event, path), LambdaContext())
        assert set(answer) <= {"statusCode", "headers", "cookies", "body", "isBase64Encoded"}
        headers, body = dict(answer["headers"]), answer["body"]
        if answer["isBase64Encoded"]:
            assert headers.pop("Content-Encoding") == "gzip"
            body = gzip.decompress(base64.b64decode(body)).decode()
        return Answered(int(answer["statusCode"]), headers, body)

    def call(self, method: str, path: str, **given: Any) -> Answered:  # noqa: ANN401 - of http_event
        """Answer a request with a token that carries every scope, unless told otherwise."""
        return self.send(http_event(method, path, **({"scopes": SCOPES} | given)))

    def wsgi(
        self, environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        """The same as a WSGI application; only TOKEN is a verified token."""
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }
        length = int(environ.get("CONTENT_LENGTH") or 0)
        answer = self.send(
            http_event(
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
                query=environ.get("QUERY_STRING", ""),
                body=environ["wsgi.input"].read(length) if length else None,
                headers=headers,
                scopes=SCOPES if headers.get("authorization") == TOKEN else None,
            )
        )
        status = HTTPStatus(answer.status)
        start(f"{status.value} {status.phrase}", list(answer.headers.items()))
        return [answer.body.encode()]
