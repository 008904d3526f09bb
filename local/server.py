"""This machine's stand-in for API Gateway: the template's routes, answered by its functions.

SAM CLI's own code reads the template and builds the events; here stands what its events differ
in from the real ones, and the authorizer, which SAM CLI skips.
"""

import base64
import json
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any, Self, override

os.environ["SAM_CLI_TELEMETRY"] = "0"  # read when SAM CLI counts a request, which it would report

from flask import Flask, Response, g, request
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.apigw.local_apigw_service import LocalApigwService
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.serving import WSGIRequestHandler, make_server

from local.demo import Answer, Call
from local.functions import Event, LocalFunction, LocalFunctions
from local.sign_in import DevelopmentSignIn
from local.tokens import LocalIssuer
from local.uploads import take_uploads
from succotash.domain.values import Json
from succotash.errors import MissingTokenError

HOST = "127.0.0.1"
LARGEST_PAYLOAD = 10 * 1024 * 1024
"""Bytes of a request that an HTTP API takes."""
TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})
"""Bodies that reach a function as text, besides text/*; all others arrive in base64."""
MESSAGES = {
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.FORBIDDEN: "Forbidden",
    HTTPStatus.NOT_FOUND: "Not Found",
    HTTPStatus.METHOD_NOT_ALLOWED: "Not Found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large",
}
"""The messages of API Gateway itself."""


ISSUER = {"Issuer": "https://issuer.succotash.local/", "Audience": "succotash"}
"""Parameters of the template: tokens of this machine."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The parts of the template that the local run needs."""

    api: Any
    """SAM CLI's reading of the routes."""
    functions: tuple[LocalFunction, ...]
    issuer: str
    audience: str
    scopes: Mapping[str, frozenset[str] | None]
    """The scopes by route key, such as `GET /leads`: any one of them admits; None is public."""

    @classmethod
    def read(cls, template: Path, parameters: Mapping[str, str] | None = None) -> Self:
        """Read a template with its parameters' defaults, or these values, and this issuer."""
        stacks, _ = SamLocalStackProvider.get_stacks(
            str(template), parameter_overrides={**ISSUER, **(parameters or {})}
        )
        resources = stacks[0].resources
        [api] = [each for each in resources.values() if each["Type"].endswith("::HttpApi")]
        auth = api["Properties"]["Auth"]
        token = auth["Authorizers"][auth["DefaultAuthorizer"]]["JwtConfiguration"]
        return cls(
            api=ApiProvider(stacks, disable_authorizer=True).api,
            functions=tuple(
                LocalFunction(
                    each.name,
                    template.parent.resolve() / each.codeuri,
                    each.handler,
                    each.memory,
                    each.timeout,
                )
                for each in SamFunctionProvider(stacks).get_all()
            ),
            issuer=token["issuer"],
            audience=token["audience"][0],
            scopes=_scopes_of_routes(resources),
        )

    @property
    def all_scopes(self) -> frozenset[str]:
        """Every scope that some route asks for."""
        return frozenset().union(*(each for each in self.scopes.values() if each))


def _scopes_of_routes(resources: Mapping[str, Any]) -> dict[str, frozenset[str] | None]:
    found: dict[str, frozenset[str] | None] = {}
    for resource in resources.values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] != "HttpApi":
                continue
            route = event["Properties"]
            auth = route.get("Auth", {})
            is_public = auth.get("Authorizer") == "NONE"
            scopes = None if is_public else frozenset(auth.get("AuthorizationScopes", ()))
            found[f"{route['Method'].upper()} {route['Path']}"] = scopes
    return found


class RefusedError(Exception):
    """The authorizer does not admit a request."""

    def __init__(self, status: HTTPStatus, challenge: str) -> None:
        super().__init__(status.phrase)
        self.status = status
        self.challenge = challenge

    def answer(self) -> Event:
        """The answer of API Gateway instead of the function."""
        return {
            "statusCode": self.status,
            "headers": {"Content-Type": "application/json", "WWW-Authenticate": self.challenge},
            "body": json.dumps({"message": MESSAGES[self.status]}),
        }


class Gateway(LocalApigwService):  # type: ignore[misc]  # SAM CLI is not typed
    """The template's HTTP API on this machine."""

    def __init__(self, stack: Stack, issuer: LocalIssuer) -> None:
        self.functions = LocalFunctions(stack.functions)
        self._stack = stack
        self._issuer = issuer
        self._is_listening = False
        super().__init__(stack.api, lambda_runner=self, port=0, host=HOST)
        # SAM CLI decodes a body as text unless its type is binary; `invoke` undoes it for text.
        self.api.binary_media_types_set = {"*/*"}
        self.create()
        self.app: Flask = self._app
        self.app.config["MAX_CONTENT_LENGTH"] = LARGEST_PAYLOAD
        prefix = os.environ.get("SCOPE_PREFIX", "")
        DevelopmentSignIn(issuer, stack.all_scopes, prefix).serve_on(self.app)

    # What LocalApigwService asks of its runner of functions.

    def is_debugging(self) -> bool:
        """No: the server may have several threads."""
        return False

    def invoke(self, function_name: str, event: str, *, stdout: Any, **_: object) -> None:  # noqa: ANN401
        """Let the authorizer admit the request, and the function answer it."""
        try:
            admitted = self._authorize(as_api_gateway_sends(json.loads(event)))
        except RefusedError as error:
            stdout.write_str(json.dumps(error.answer()))
            return
        stdout.write_str(self.functions.invoke(function_name, json.dumps(admitted)))

    def _authorize(self, event: Event) -> Event:
        """The event with the token's claims, where the route asks for some."""
        asked = self._stack.scopes[event["routeKey"]]
        if asked is None:
            return event
        token = event["headers"].get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "Bearer")
        try:
            claims = self._issuer.verify(token)
        except MissingTokenError as error:
            challenge = f'Bearer scope="" error="invalid_token" error_description="{error}"'
            raise RefusedError(HTTPStatus.UNAUTHORIZED, challenge) from None
        carried = asked & frozenset(str(claims.get("scope", "")).split())
        if asked and not carried:
            challenge = f'Bearer scope="{" ".join(sorted(asked))}" error="insufficient_scope"'
            raise RefusedError(HTTPStatus.FORBIDDEN, challenge)
        jwt = {
            "claims": {name: str(value) for name, value in claims.items()},
            "scopes": sorted(carried) or None,
        }
        context = event["requestContext"] | {"authorizer": {"jwt": jwt}}
        return event | {"requestContext": context}

    # Where API Gateway and SAM CLI answer differently.

    @override
    def _get_current_route(self, flask_request: object) -> Any:
        try:
            return super()._get_current_route(flask_request)
        except KeyError:  # Flask lets HEAD pass where GET may; API Gateway has no such route
            raise NotFound from None

    @override
    def _construct_error_handling(self) -> None:
        self._app.register_error_handler(HTTPException, _gateway_answer)
        self._app.before_request(self._note_time)
        self._app.after_request(self._log_access)

    def _note_time(self) -> None:
        g.started = time.perf_counter()

    def _log_access(self, response: Response) -> Response:
        """Route and status; neither path nor query, address nor agent: those can name a person."""
        if self._is_listening:
            route = request.url_rule.rule if request.url_rule else "(no route)"
            elapsed = (time.perf_counter() - g.started) * 1000
            line = f"{request.method} {route} {response.status_code} {elapsed:.0f} ms"
            print(line, file=sys.stderr, flush=True)
        return response

    def take_uploads(self, folder: Path) -> None:
        """Take files that are sent past the API into the folder, in place of S3."""
        take_uploads(self.app, folder)

    def issue_token(self) -> str:
        """A token that opens every route."""
        return self._issuer.issue(self._stack.all_scopes)

    def is_developer(self, authorization: str) -> bool:
        """Whether a header holds a token of this machine."""
        try:
            self._issuer.verify(authorization.removeprefix("Bearer "))
        except MissingTokenError:
            return False
        return True

    def call(self, token: str) -> Call:
        """Requests from within this process that take the way of any other."""

        def call(
            method: str,
            path: str,
            body: Json = None,
            *,
            headers: Mapping[str, str] | None = None,
        ) -> Answer:
            answer = self.app.test_client().open(
                path,
                method=method,
                headers={"Authorization": f"Bearer {token}"} | dict(headers or {}),
                json=body,
            )
            return Answer(answer.status_code, answer.get_json(silent=True))

        return call

    @contextmanager
    def listening(self, listener: socket.socket) -> Iterator[None]:
        """Serve what comes to this socket from a thread, until the block ends."""
        self.port = listener.getsockname()[1]
        server = make_server(
            HOST,
            self.port,
            self.app,
            threaded=True,
            request_handler=SilentRequestHandler,
            fd=listener.fileno(),
        )
        thread = Thread(target=server.serve_forever, name="gateway", daemon=True)
        thread.start()
        self._is_listening = True
        try:
            yield
        finally:
            self._is_listening = False
            server.shutdown()
            thread.join()
            server.server_close()


class SilentRequestHandler(WSGIRequestHandler):
    """Leaves the access log to the application, which knows the route."""

    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing here: the line would show path and query."""


def as_api_gateway_sends(event: Event) -> Event:
    """SAM CLI's event with what the real one has otherwise; its body comes in base64."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    context = event["requestContext"]
    now = datetime.now(UTC)
    request_id = str(uuid.uuid4())
    sender = {"userAgent": headers.get("user-agent", "")}
    headers["x-forwarded-for"] = context["http"]["sourceIp"]
    headers["x-amzn-trace-id"] = f"Root=1-{int(now.timestamp()):08x}-{uuid.uuid4().hex[:24]}"
    completed = event | _body(event.get("body") or "", headers.get("content-type", ""))
    completed["headers"] = headers
    completed["requestContext"] = context | {
        "requestId": request_id,
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": round(now.timestamp() * 1000),
        "http": context["http"] | sender,
    }
    return {name: value for name, value in completed.items() if value not in (None, {}, [])}


def _body(encoded: str, content_type: str) -> Event:
    """Text as it is, everything else in base64; no body at all without one."""
    if not encoded:
        return {"body": None, "isBase64Encoded": False}
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in TEXT_TYPES or media_type.startswith("text/"):
        try:
            return {"body": base64.b64decode(encoded).decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass  # bytes that are no text stay in base64
    return {"body": encoded, "isBase64Encoded": True}


def _gateway_answer(error: HTTPException) -> tuple[dict[str, str], int]:
    """API Gateway's own answer; a function that raised was logged with its trace by Flask."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        status = HTTPStatus.NOT_FOUND
    return {"message": MESSAGES.get(status, "Internal Server Error")}, status
