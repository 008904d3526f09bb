"""Routes of a function: declared once by its handlers, served to API Gateway, and documented.

A handler's signature is its contract. After the parts it works with (the container) it takes, by
name, the ids of its path, and `query`, `body` and `call` where it wants them; their annotations
say what is read, and the returned annotation what is answered.
"""

import base64
import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Concatenate

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic_core import to_json

from succotash.errors import (
    NAME_SHOWN,
    InvalidInputError,
    NotFoundError,
    SettingsError,
    SuccotashError,
    Violation,
)
from succotash.http.invocations import WrongSettings, invocation
from succotash.http.problems import (
    PROBLEM_JSON,
    UNEXPECTED,
    Problem,
    problem_of,
)
from succotash.http.reading import (
    JSON_TYPE,
    read_model,
    read_object,
    read_query,
    read_text,
)
from succotash.http.requests import (
    BODY_LIMIT,
    Call,
    Event,
    Parts,
    Reply,
    Route,
    http_request_id,
    is_possible_id,
)

type Answer = dict[str, Any]
"""What API Gateway makes its response of: `statusCode`, `headers`, `body`."""

PREFLIGHT_SECONDS = 600
NOT_CACHED = {"Cache-Control": "no-store"}


class Api[P: Parts]:
    """The routes of one function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.routes: list[Route[P]] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        scope: str | None,
        status: HTTPStatus = HTTPStatus.OK,
        takes: Mapping[str, object] | None = None,
        answers: Mapping[str, object] | None = None,
        limit: int = BODY_LIMIT,
        origins: Callable[[P, Mapping[str, str]], Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        gives: Mapping[str, str] | None = None,
        also: Mapping[HTTPStatus, str] | None = None,
    ) -> Callable[[Callable[Concatenate[P, ...], object]], Callable[Concatenate[P, ...], object]]:
        """Declare a handler; its docstring's first line is the operation's summary.

        `takes` and `answers` are needed only where the signature cannot say it: bodies that the
        handler reads itself, answers in another content type.
        """

        def declare(
            endpoint: Callable[Concatenate[P, ...], object],
        ) -> Callable[Concatenate[P, ...], object]:
            annotations = endpoint.__annotations__
            body = {JSON_TYPE: annotations["body"]} if "body" in annotations else {}
            self.routes.append(
                Route(
                    method,
                    path,
                    endpoint,
                    scope,
                    status,
                    takes or body,
                    answers or {JSON_TYPE: annotations["return"]},
                    limit,
                    origins,
                    headers or {},
                    gives or {},
                    also or {},
                )
            )
            return endpoint

        return declare

    def on(self, parts: P) -> "Served[P]":
        """These routes, served with these parts."""
        return Served(self, parts)


class Served[P: Parts]:
    """A Lambda handler for the events of an HTTP API, payload format 2.0.

    API Gateway has matched the path: the event names its route and holds the ids, decoded once.
    """

    def __init__(self, api: Api[P], parts: P) -> None:
        self._name = api.name
        self._parts = parts
        self._logger = Logger(service=api.name)
        self._wrong_settings = WrongSettings(self._logger)
        self._routes = {route.key: route for route in api.routes}
        self._preflights: dict[str, list[Route[P]]] = {}
        for route in api.routes:
            if route.origins is not None:
                self._preflights.setdefault(f"OPTIONS {route.path}", []).append(route)

    def __call__(self, event: Event, _: LambdaContext) -> Answer:
        """Answer one request of a route that API Gateway has."""
        key = event["routeKey"]
        with invocation(self._name, http_request_id(event)):
            if key in self._preflights:
                return self._permit(event, self._preflights[key])
            return self._respond(Call.of(event, self._routes[key]))

    def _respond(self, call: Call) -> Answer:
        started = time.perf_counter()
        answer = self._answer(call)
        answer["headers"].update(self._cross_origin_headers(call))
        self._logger.info(
            "answered",
            correlation_id=call.request_id,
            route=call.route.key,
            status=answer["statusCode"],
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
        )
        return answer

    def _permit(self, event: Event, routes: Sequence[Route[P]]) -> Answer:
        """Tell a browser which methods of an address the page that asks may call."""
        headers: dict[str, str] = {}
        for route in routes:
            granted = self._cross_origin_headers(Call.of(event, route))
            headers.update(granted)
            if "Access-Control-Allow-Origin" in granted:
                headers["Access-Control-Allow-Methods"] = route.method
                headers["Access-Control-Allow-Headers"] = "content-type, idempotency-key"
                headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return _answer(HTTPStatus.NO_CONTENT, headers)

    def _answer(self, call: Call) -> Answer:
        try:
            return _success(call, self._perform(call))
        except SettingsError as error:
            self._wrong_settings.tell(error, call.request_id)
            return _refusal(problem_of(error), call.request_id)
        except SuccotashError as error:
            problem = problem_of(error)
            if problem.kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self._log_failure(error, call.request_id)
            return _refusal(problem, call.request_id)
        except Exception as error:  # noqa: BLE001 - whatever happens, the caller gets an answer
            self._log_failure(error, call.request_id)
            return _refusal(Problem(UNEXPECTED), call.request_id)

    def _perform(self, call: Call) -> object:
        route = call.route
        if route.scope is not None:
            call.require_scope(route.scope, self._parts.settings.scope_prefix)
        wanted = route.endpoint.__annotations__
        given: dict[str, object] = {}
        for name, value in call.ids.items():
            if not is_possible_id(value):
                raise NotFoundError(name.removesuffix("_id"))
            given[name] = read_model(route.id_model(name), value, name)
        query = read_query(call.event.get("rawQueryString", ""))
        if "query" in wanted:
            given["query"] = read_model(wanted["query"], query)
        elif query:
            raise InvalidInputError([Violation.unknown_field(name[:NAME_SHOWN]) for name in query])
        if "body" in wanted:
            call.read_media_type()
            given["body"] = read_model(wanted["body"], read_object(read_text(call.read_body())))
        if "call" in wanted:
            given["call"] = call
        return route.endpoint(self._parts, **given)

    def _cross_origin_headers(self, call: Call) -> dict[str, str]:
        """Leave for the page that calls, if its origin is one the route's owner named."""
        if call.route.origins is None:
            return {}
        headers = {"Vary": "Origin"}
        origin = call.headers.get("origin")
        if origin is not None and call.has_possible_ids:
            with suppress(SuccotashError):  # whose origins cannot be known, none may read
                named = call.named_origins or [call.route.origins(self._parts, call.ids)]
                if origin in named[-1]:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = "Retry-After"
        return headers

    def _log_failure(self, error: Exception, request_id: str) -> None:
        """Class and places of a failure, and what an error of ours says.

        The text of any other may quote what somebody sent.
        """
        chain: list[str] = []
        cause: BaseException | None = error
        while cause is not None:
            chain.append(type(cause).__name__)
            chain.extend(
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(cause.__traceback__)
            )
            cause = cause.__cause__ or cause.__context__
        reason = str(error) if isinstance(error, SuccotashError) else None
        self._logger.error("failed", correlation_id=request_id, stack=chain, reason=reason)


def _success(call: Call, result: object) -> Answer:
    reply = result if isinstance(result, Reply) else Reply(result, call.route.status)
    match reply.body:
        case None:
            body = ""
        case str():
            body = reply.body
        case bytes() if "Content-Encoding" in reply.headers:
            body = base64.b64encode(reply.body).decode()
        case bytes():
            body = reply.body.decode()
        case _:
            body = to_json(reply.body, inf_nan_mode="null").decode()
    content_type = {"Content-Type": reply.content_type} if body else {}
    answer = _answer(reply.status, {**NOT_CACHED, **content_type, **reply.headers}, body)
    return answer | {"isBase64Encoded": "Content-Encoding" in reply.headers}


def _refusal(problem: Problem, request_id: str) -> Answer:
    headers = {**NOT_CACHED, "Content-Type": PROBLEM_JSON, **problem.headers}
    body = json.dumps(problem.body(request_id))  # in ASCII, so that no text is beyond it
    return _answer(problem.kind.status, headers, body)


def _answer(status: HTTPStatus, headers: dict[str, str], body: str = "") -> Answer:
    return {
        "statusCode": status.value,
        "headers": headers,
        "body": body,
        "isBase64Encoded": False,
    }
