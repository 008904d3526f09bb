"""Who may call what."""

import pytest

import connectors
import event_intake
import form_intake
import lead_queries
import ltv_queries
import retention_analysis
from tests.template.stack import deployed_of, events, folder_of, globals_of_functions, written

PREFIX = {"Prefix": {"Fn::If": ["MakesIssuer", "succotash/", {"Ref": "ScopePrefix"}]}}


def scope_of(name: str) -> object:
    """How the template writes it."""
    return {"Fn::Sub": [f"${{Prefix}}{name}", PREFIX]}


PUBLIC = {
    ("GET", "/health"),
    ("GET", "/"),
    ("GET", "/assets/{file}"),
    ("POST", "/connectors/{system}"),
    ("GET", "/f/{form_id}"),
    ("GET", "/f/{form_id}/thanks"),
    ("GET", "/f/{form_id}/confirm"),
    ("POST", "/f/{form_id}/confirm"),
    ("GET", "/u/{token}"),
    ("POST", "/u/{token}"),
    ("GET", "/forms/{form_id}/token"),
    ("POST", "/forms/{form_id}/submissions"),
    ("OPTIONS", "/forms/{form_id}/submissions"),
    ("GET", "/openapi.json"),
}
PRIVATE = {
    "forms:read": {
        ("GET", "/forms"),
        ("GET", "/forms/{form_id}"),
        ("GET", "/forms/analytics"),
        ("GET", "/forms/{form_id}/submissions"),
        ("GET", "/forms/{form_id}/submissions/export"),
        ("GET", "/submissions/{submission_id}"),
    },
    "forms:write": {
        ("PUT", "/forms/{form_id}"),
        ("POST", "/submissions/{submission_id}/release"),
    },
    "leads:read": {
        ("GET", "/leads"),
        ("GET", "/leads/{lead_id}"),
        ("GET", "/leads/export"),
        ("GET", "/leads/analytics"),
        ("GET", "/leads/scoring-rules"),
        ("POST", "/leads/search"),
    },
    "leads:write": {
        ("PATCH", "/leads/{lead_id}"),
        ("PUT", "/leads/scoring-rules"),
        ("POST", "/leads/rescoring"),
    },
    "people:manage": {
        ("GET", "/leads/{lead_id}/consents"),
        ("PUT", "/leads/{lead_id}/consents"),
        ("GET", "/customers/{customer_id}/consents"),
        ("PUT", "/customers/{customer_id}/consents"),
        ("GET", "/customers/export"),
        ("POST", "/people/export"),
        ("POST", "/people/erasures"),
    },
    "events:write": {
        ("POST", "/orders"),
        ("POST", "/activity"),
        ("POST", "/uploads"),
        ("GET", "/imports/{import_id}"),
    },
    "ltv:read": {
        ("GET", "/ltv/analysis"),
        ("GET", "/ltv/customers"),
        ("GET", "/ltv/customers/{customer_id}"),
        ("GET", "/ltv/segments"),
        ("GET", "/ltv/cohorts"),
        ("GET", "/ltv/distribution"),
        ("GET", "/ltv/cohorts/{cohort_id}"),
        ("GET", "/ltv/sources"),
        ("GET", "/acquisition-costs"),
    },
    "ltv:write": {
        ("PUT", "/ltv/segments/{segment_id}"),
        ("PUT", "/acquisition-costs/{month}"),
    },
    "overview:read": {("GET", "/overview")},
    "retention:read": {
        ("GET", "/retention/analytics"),
        ("GET", "/retention/cohorts"),
        ("GET", "/retention/lifecycle"),
        ("GET", "/retention/customers"),
        ("GET", "/retention/customers/{customer_id}"),
        ("GET", "/retention/campaigns"),
        ("GET", "/retention/campaigns/{campaign_id}"),
        ("GET", "/retention/campaigns/{campaign_id}/performance"),
        ("GET", "/retention/model"),
        ("GET", "/retention/receipts"),
        ("POST", "/customers/search"),
    },
    "retention:write": {
        ("POST", "/retention/campaigns"),
        ("PATCH", "/retention/campaigns/{campaign_id}"),
        ("DELETE", "/retention/campaigns/{campaign_id}"),
        ("POST", "/retention/campaigns/{campaign_id}/preview"),
        ("POST", "/retention/campaigns/{campaign_id}/dispatch"),
        ("POST", "/retention/campaigns/{campaign_id}/outcomes"),
    },
    "scoring:run": {
        ("POST", "/scoring/runs"),
        ("GET", "/scoring/runs"),
        ("GET", "/scoring/runs/{run_id}"),
    },
}
SCOPES = {route: scope for scope, routes in PRIVATE.items() for route in routes}
APIS = (
    form_intake.api,
    lead_queries.api,
    event_intake.api,
    ltv_queries.api,
    retention_analysis.api,
    connectors.api,
)

ROUTES = {
    (route["Method"], route["Path"]): (function, route["Auth"])
    for function, route in events("HttpApi")
}


def test_no_route_is_declared_twice() -> None:
    assert len(ROUTES) == len(list(events("HttpApi")))


def test_the_public_routes_are_these() -> None:
    public = {route for route, (_, auth) in ROUTES.items() if auth == {"Authorizer": "NONE"}}
    assert public == PUBLIC


def test_the_private_routes_are_these() -> None:
    assert ROUTES.keys() - PUBLIC == SCOPES.keys()


@pytest.mark.parametrize(("method", "path"), sorted(SCOPES))
def test_a_private_route_asks_for_a_token_with_its_scope(method: str, path: str) -> None:
    scope = scope_of(SCOPES[method, path])
    _, auth = ROUTES[method, path]
    assert auth == {"Authorizer": "Token", "AuthorizationScopes": [scope]}


def test_a_route_that_says_nothing_about_access_is_private() -> None:
    assert written()["Resources"]["Api"]["Properties"]["Auth"]["DefaultAuthorizer"] == "Token"


CLIENTS = [{"Ref": "MachineClient"}, {"Ref": "CommandClient"}]
OUTSIDE_CLIENT = {"Ref": "SignInClientId"}
SIGN_IN_CLIENT = {
    "Fn::If": ["SignsInByPool", {"Ref": "DashboardClient"}, {"Ref": "SignInClientId"}]
}
POOL = {"Fn::Sub": "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${UserPool}"}


def test_the_authorizer_knows_issuer_and_audience_by_parameter() -> None:
    token = written()["Resources"]["Api"]["Properties"]["Auth"]["Authorizers"]["Token"]
    assert token["JwtConfiguration"] == {
        "issuer": {"Fn::If": ["MakesIssuer", POOL, {"Ref": "Issuer"}]},
        "audience": {
            "Fn::If": [
                "MakesIssuer",
                {"Fn::If": ["SignsIn", [*CLIENTS, SIGN_IN_CLIENT], CLIENTS]},
                {
                    "Fn::If": [
                        "SignsIn",
                        [{"Ref": "Audience"}, OUTSIDE_CLIENT],
                        [{"Ref": "Audience"}],
                    ]
                },
            ]
        },
    }


def test_the_pool_of_the_stack_has_every_scope_and_its_client_gets_them() -> None:
    server = deployed_of("AWS::Cognito::UserPoolResourceServer")["Scopes"]
    client = deployed_of("AWS::Cognito::UserPoolClient")["MachineClient"]
    named = {each["ScopeName"] for each in server["Scopes"]}
    assert named == set(SCOPES.values())
    assert set(client["AllowedOAuthScopes"]) == {f"{server['Identifier']}/{each}" for each in named}
    assert PREFIX["Prefix"]["Fn::If"][1] == f"{server['Identifier']}/"
    assert client["AllowedOAuthFlows"] == ["client_credentials"]


def test_functions_look_for_scopes_behind_the_prefix_that_the_authorizer_asks_for() -> None:
    variables = globals_of_functions()["Environment"]["Variables"]
    assert variables["SCOPE_PREFIX"] == PREFIX["Prefix"]


def test_every_route_that_is_deployed_has_the_access_that_is_written() -> None:
    api = deployed_of("AWS::ApiGatewayV2::Api")["Api"]
    found = {
        (method.upper(), path): operation.get("security")
        for path, operations in api["Body"]["paths"].items()
        for method, operation in operations.items()
    }
    wanted = {
        route: [{"Token": [scope_of(SCOPES[route])]}] if route in SCOPES else None
        for route in ROUTES
    }
    assert {route: security_of(by) for route, by in found.items()} == wanted


def security_of(written: object) -> object:
    """None for SAM's way of saying none."""
    return None if written == [{"NONE": []}] else written


def test_each_function_answers_just_the_routes_that_lead_to_it() -> None:
    answered = {
        (route.method, route.path): (api.name, route.scope) for api in APIS for route in api.routes
    }
    led = {
        route: (folder_of(function), SCOPES.get(route))
        for route, (function, _) in ROUTES.items()
        if route[0] != "OPTIONS"
    }
    assert answered == led


def test_the_api_leaves_cors_to_the_functions() -> None:
    for properties in deployed_of("AWS::ApiGatewayV2::Api").values():
        assert "CorsConfiguration" not in properties
        assert "x-amazon-apigateway-cors" not in properties["Body"]


def test_public_writes_are_throttled_by_themselves() -> None:
    [stage] = deployed_of("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == {"Ref": "RequestRate"}
    settings = stage["RouteSettings"]
    assert settings.keys() == {"POST /forms/{form_id}/submissions", "POST /connectors/{system}"}
    for route, limits in settings.items():
        assert tuple(route.split(" ")) in PUBLIC
        # CloudFormation hands a Ref in a property of type JSON on as a text, which is no number.
        assert {type(each) for each in limits.values()} == {int}


def test_no_warning_about_the_public_routes_fails_a_deployment() -> None:
    """SAM names a security scheme for them that it does not define."""
    api = deployed_of("AWS::ApiGatewayV2::Api")["Api"]
    assert "NONE" not in api["Body"]["components"]["securitySchemes"]
    assert not api.get("FailOnWarnings")


def test_the_access_log_names_nobody() -> None:
    [stage] = deployed_of("AWS::ApiGatewayV2::Stage").values()
    logged = stage["AccessLogSettings"]["Format"]
    for personal in ("identity", "path", "claims", "domain", "$context.authorizer.jwt"):
        assert personal not in logged
