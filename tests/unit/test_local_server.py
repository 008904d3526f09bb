import base64
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import TypeAdapter

from local import openapi
from local.demo import Answer
from local.server import ISSUER, Gateway, Stack, as_api_gateway_sends
from local.tokens import LocalIssuer

# SAM CLI calls much that the libraries under it deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  ScopePrefix: { Type: String, Default: "" }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Token
        Authorizers:
          Token:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: { issuer: "https://issuer.example/", audience: [succotash] }
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      CodeUri: code
      Handler: local_server_example.handler
      MemorySize: 256
      Timeout: 29
      Events:
        Open:
          Type: HttpApi
          Properties:
            { ApiId: !Ref Api, Method: POST, Path: "/open/{name}", Auth: { Authorizer: NONE } }
        Read:
          Type: HttpApi
          Properties:
            ApiId: !Ref Api
            Method: GET
            Path: /things
            Auth: { Authorizer: Token, AuthorizationScopes: [!Sub "${ScopePrefix}things:read"] }
        Fail:
          Type: HttpApi
          Properties: { ApiId: !Ref Api, Method: GET, Path: /fail }
"""
MODULE = """
import json

def handler(event, context):
    if event["rawPath"] == "/fail":
        raise LookupError("nothing here")
    body = json.dumps(event)
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stack")
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "code").mkdir()
    (folder / "code" / "local_server_example.py").write_text(MODULE)
    return folder


@pytest.fixture(scope="module")
def stack(folder: Path) -> Stack:
    return Stack.read(folder / "template.yaml", {"ScopePrefix": "shop/"})


@pytest.fixture(scope="module")
def issuer(stack: Stack, folder: Path) -> LocalIssuer:
    return LocalIssuer.kept_in(folder / "keys", issuer=stack.issuer, audience=stack.audience)


@pytest.fixture(scope="module")
def gateway(stack: Stack, issuer: LocalIssuer) -> Gateway:
    return Gateway(stack, issuer)


@pytest.fixture
def connection(gateway: Gateway) -> Iterator[HTTPConnection]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with gateway.listening(listener):
            connection = HTTPConnection("127.0.0.1", gateway.port, timeout=10)
            yield connection
            connection.close()


def ask(
    connection: HTTPConnection, method: str, path: str, body: bytes = b"", /, **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body or None, named)
    response = connection.getresponse()
    text = response.read()
    return Answer(response.status, json.loads(text) if text else dict(response.getheaders()))


def bearer(token: str) -> str:
    return f"Bearer {token}"


def test_the_template_says_which_scopes_a_route_asks_for(stack: Stack) -> None:
    assert stack.scopes == {
        "POST /open/{name}": None,
        "GET /things": frozenset({"shop/things:read"}),
        "GET /fail": frozenset(),
    }
    assert stack.all_scopes == {"shop/things:read"}


def test_tokens_of_this_machine_open_the_routes_of_the_project(tmp_path: Path) -> None:
    stack = Stack.read(ROOT / "template.yaml")
    issuer = LocalIssuer.kept_in(tmp_path, issuer=stack.issuer, audience=stack.audience)
    gateway = Gateway(stack, issuer)

    assert stack.audience == ISSUER["Audience"]
    assert gateway.is_developer(bearer(gateway.issue_token()))


def test_a_request_without_a_token_is_unauthorized(connection: HTTPConnection) -> None:
    for token in ("", "Bearer", "Bearer x", "Basic eA=="):
        answer = ask(connection, "GET", "/things", Authorization=token)
        assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})


INVALID = 'Bearer scope="" error="invalid_token" error_description="the token {}"'


@pytest.mark.parametrize(
    ("token", "status", "challenge"),
    [
        (None, 401, "Bearer"),
        ("", 401, "Bearer"),
        ("x", 401, INVALID.format("is not valid")),
        ("another audience's", 401, INVALID.format("does not have a valid audience")),
        ("without scope", 403, 'Bearer scope="shop/things:read" error="insufficient_scope"'),
    ],
)
def test_who_is_not_admitted_is_answered_as_api_gateway_does_and_the_document_says(
    token: str | None, status: int, challenge: str, connection: HTTPConnection, issuer: LocalIssuer
) -> None:
    tokens = {
        "another audience's": LocalIssuer(issuer.issuer, "other", issuer.key).issue([]),
        "without scope": issuer.issue([]),
    }
    headers = {} if token is None else {"Authorization": bearer(tokens.get(token, token))}

    connection.request("GET", "/things", headers=headers)
    response = connection.getresponse()

    body = json.loads(response.read())
    assert response.status == status
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["WWW-Authenticate"] == challenge
    described = openapi.document()
    [reference] = described["paths"]["/leads"]["get"]["responses"][str(status)].values()
    told = described["components"]["responses"][reference.rpartition("/")[2]]
    assert told["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/GatewayRefusal"
    }
    assert TypeAdapter(openapi.GatewayRefusal).validate_python(body) == body
    assert "WWW-Authenticate" in told["headers"]


def test_a_token_without_the_scope_is_forbidden(
    connection: HTTPConnection, issuer: LocalIssuer
) -> None:
    token = bearer(issuer.issue(["things:read", "shop/things:write"]))

    answer = ask(connection, "GET", "/things", Authorization=token)

    assert (answer.status, answer.body) == (403, {"message": "Forbidden"})


def test_the_function_gets_the_claims_as_text_and_the_scopes_that_count(
    connection: HTTPConnection, issuer: LocalIssuer
) -> None:
    token = bearer(issuer.issue(["shop/things:read", "shop/other"]))

    event = ask(connection, "GET", "/things", Authorization=token).body

    found = event["requestContext"]["authorizer"]["jwt"]
    assert found["scopes"] == ["shop/things:read"]
    assert found["claims"]["scope"] == "shop/other shop/things:read"
    assert all(isinstance(claim, str) for claim in found["claims"].values())


def test_a_public_route_needs_no_token_and_knows_its_sender(connection: HTTPConnection) -> None:
    event = ask(connection, "POST", "/open/a?x=1&x=2", b"{}", User_Agent="a browser").body

    context = event["requestContext"]
    assert "authorizer" not in context
    assert context["http"]["userAgent"] == "a browser"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert event["rawQueryString"] == "x=1&x=2"
    assert event["pathParameters"] == {"name": "a"}


@pytest.mark.parametrize("name", ["50%", "Zoë Müller", "a+b", "a b", "a%2Fb", "%41", "a?b#c", "東"])
def test_an_id_arrives_decoded_once_with_the_key_of_its_route(
    name: str, connection: HTTPConnection
) -> None:
    event = ask(connection, "POST", f"/open/{quote(name)}", b"{}").body

    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /open/{name}"
    assert event["pathParameters"] == {"name": name}


def test_text_arrives_as_text_and_everything_else_in_base64(connection: HTTPConnection) -> None:
    def sent(body: bytes, content_type: str) -> tuple[Any, bool]:
        event = ask(connection, "POST", "/open/a", body, Content_Type=content_type).body
        return event.get("body"), event["isBase64Encoded"]

    form = "application/x-www-form-urlencoded"
    assert sent('{"a": "ä"}'.encode(), "application/json; charset=utf-8") == ('{"a": "ä"}', False)
    assert sent(b"hello", "text/plain") == ("hello", False)
    assert sent(b"a=b", form) == (base64.b64encode(b"a=b").decode(), True)
    assert sent(b"\xff\x00", "application/json") == (base64.b64encode(b"\xff\x00").decode(), True)
    assert sent(b"", form) == (None, False)


def test_header_names_arrive_in_lower_case(connection: HTTPConnection) -> None:
    event = ask(connection, "POST", "/open/a", b"{}", Idempotency_Key="K").body

    assert event["headers"]["idempotency-key"] == "K"
    assert all(name == name.lower() for name in event["headers"])


def test_every_request_has_an_id_and_a_time_of_its_own(connection: HTTPConnection) -> None:
    contexts = [ask(connection, "POST", "/open/a", b"{}").body["requestContext"] for _ in "ab"]

    assert contexts[0]["requestId"] != contexts[1]["requestId"]
    age = datetime.now(UTC).timestamp() - contexts[0]["timeEpoch"] / 1000
    assert 0 <= age < 10


def test_what_a_request_does_not_have_is_left_out() -> None:
    sent = as_api_gateway_sends(
        {
            "headers": {"Host": "x"},
            "cookies": [],
            "queryStringParameters": {},
            "stageVariables": None,
            "body": "",
            "rawQueryString": "",
            "isBase64Encoded": True,
            "requestContext": {"http": {"sourceIp": "127.0.0.1"}},
        }
    )

    assert sent.keys() == {"headers", "rawQueryString", "isBase64Encoded", "requestContext"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("DELETE", "/things"), ("PUT", "/open/a"), ("POST", "/open/a%2Fb")],
)
def test_an_address_that_is_no_route_is_not_found(
    connection: HTTPConnection, method: str, path: str
) -> None:
    answer = ask(connection, method, path)

    assert (answer.status, answer.body) == (404, {"message": "Not Found"})


def test_head_is_no_route_as_in_api_gateway(connection: HTTPConnection) -> None:
    assert ask(connection, "HEAD", "/things").status == 404


def test_a_payload_over_ten_megabytes_does_not_reach_a_function(
    connection: HTTPConnection,
) -> None:
    answer = ask(connection, "POST", "/open/a", b" " * (10 * 1024 * 1024 + 1))

    assert (answer.status, answer.body) == (413, {"message": "Request Entity Too Large"})


def test_a_function_that_raises_is_an_internal_error_and_the_next_request_works(
    connection: HTTPConnection, issuer: LocalIssuer
) -> None:
    token = bearer(issuer.issue([]))

    answer = ask(connection, "GET", "/fail", Authorization=token)

    assert (answer.status, answer.body) == (500, {"message": "Internal Server Error"})
    assert ask(connection, "POST", "/open/a", b"{}").status == 200


def test_the_access_log_names_the_route_and_nobody(
    connection: HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    ask(connection, "POST", "/open/ada%40example.com?email=ada@example.com", b"{}")
    ask(connection, "GET", "/ada@example.com")

    log = capfd.readouterr().err
    assert "POST /open/<name> 200" in log
    assert "ada" not in log


def test_calls_from_this_process_take_the_same_way(gateway: Gateway, issuer: LocalIssuer) -> None:
    call = gateway.call(issuer.issue(["shop/things:read"]))

    assert call("GET", "/things").status == 200
    event = call("POST", "/open/a", {"a": 1}, headers={"Idempotency-Key": "K"}).body
    assert json.loads(event["body"]) == {"a": 1}
    assert event["headers"]["idempotency-key"] == "K"
    assert gateway.call(issuer.issue([]))("GET", "/things").status == 403
