"""The API's description: current, complete, and true of what is served."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from pydantic import TypeAdapter
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from local import openapi
from tests.http.gateway import APIS, TOKEN, Gateway

PROMISED = """
GET /health · GET /f/{form_id} · POST /forms/{form_id}/submissions · GET /openapi.json
GET /f/{form_id}/thanks · GET /f/{form_id}/confirm · POST /f/{form_id}/confirm
GET /forms/{form_id}/token
GET / · GET /assets/{file}
GET /forms forms:read
GET /forms/{form_id} forms:read
GET /forms/analytics forms:read
PUT /forms/{form_id} forms:write
GET /forms/{form_id}/submissions forms:read
GET /submissions/{submission_id} forms:read
POST /submissions/{submission_id}/release forms:write
GET /leads leads:read
GET /leads/{lead_id} leads:read
GET /leads/analytics leads:read
PATCH /leads/{lead_id} leads:write
GET /leads/scoring-rules leads:read
GET /leads/export leads:read
GET /forms/{form_id}/submissions/export forms:read
PUT /leads/scoring-rules leads:write
POST /leads/rescoring leads:write
GET /u/{token} · POST /u/{token}
GET /leads/{lead_id}/consents people:manage
PUT /leads/{lead_id}/consents people:manage
GET /customers/{customer_id}/consents people:manage
PUT /customers/{customer_id}/consents people:manage
POST /people/export people:manage
POST /people/erasures people:manage
POST /orders events:write
POST /activity events:write
GET /overview overview:read
GET /ltv/sources ltv:read
GET /acquisition-costs ltv:read
PUT /acquisition-costs/{month} ltv:write
GET /ltv/analysis ltv:read
GET /ltv/customers ltv:read
GET /ltv/customers/{customer_id} ltv:read
GET /ltv/segments ltv:read
GET /ltv/cohorts ltv:read
GET /ltv/distribution ltv:read
GET /ltv/cohorts/{cohort_id} ltv:read
PUT /ltv/segments/{segment_id} ltv:write
GET /retention/analytics retention:read
GET /retention/cohorts retention:read
POST /connectors/{system}
GET /retention/lifecycle retention:read
GET /retention/customers retention:read
GET /retention/customers/{customer_id} retention:read
GET /retention/campaigns retention:read
GET /retention/campaigns/{campaign_id} retention:read
GET /retention/campaigns/{campaign_id}/performance retention:read
GET /retention/model retention:read
GET /retention/receipts retention:read
POST /retention/campaigns retention:write
PATCH /retention/campaigns/{campaign_id} retention:write
DELETE /retention/campaigns/{campaign_id} retention:write
POST /retention/campaigns/{campaign_id}/preview retention:write
POST /retention/campaigns/{campaign_id}/dispatch retention:write
POST /retention/campaigns/{campaign_id}/outcomes retention:write
POST /customers/search retention:read
POST /scoring/runs scoring:run
GET /scoring/runs scoring:run
GET /scoring/runs/{run_id} scoring:run
POST /leads/search leads:read
GET /customers/export people:manage
POST /uploads events:write
GET /imports/{import_id} events:write
"""


def promised() -> set[tuple[str, str, str | None]]:
    found = re.findall(r"([A-Z]+) (/\S*)(?: (\w+:\w+))?", PROMISED)
    return {(method, path, scope or None) for method, path, scope in found}


@pytest.fixture(scope="module")
def document() -> Mapping[str, Any]:
    return openapi.document()


def test_the_files_are_current() -> None:
    assert openapi.main(["--check"]) == 0, "write them with: python -m local.openapi"


def test_the_document_is_valid(document: Mapping[str, Any]) -> None:
    validate(dict(document))


def test_every_number_has_a_description(document: Mapping[str, Any]) -> None:
    assert openapi.undescribed_numbers(dict(document)) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer"},
        {"type": "number", "description": " "},
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
        {"type": "object", "additionalProperties": {"type": "number"}},
        {"type": "array", "items": {"type": "integer"}},
        TypeAdapter(Decimal).json_schema(mode="serialization"),
    ],
)
def test_a_number_without_a_description_is_found(schema: openapi.Schema) -> None:
    described = {**schema, "description": "Its unit and meaning."}
    components = {"schemas": {"Model": {"properties": {"a": schema, "b": described}}}}

    assert openapi.undescribed_numbers({"components": components, "paths": {}}) == ["Model.a"]


def test_a_parameter_without_a_description_is_found() -> None:
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    paths = {"/leads": {"get": {"parameters": [limit]}}}

    found = openapi.undescribed_numbers({"components": {"schemas": {}}, "paths": paths})
    assert found == ["GET /leads limit"]


def test_every_promised_route_is_served_under_its_scope() -> None:
    served = {(route.method, route.path, route.scope) for api in APIS for route in api.routes}

    assert served == promised()


def test_every_operation_has_its_own_id_and_a_summary(document: Mapping[str, Any]) -> None:
    operations = [each for methods in document["paths"].values() for each in methods.values()]

    ids = [each["operationId"] for each in operations]
    assert len(set(ids)) == len(ids) == len(promised())
    assert all(each["summary"] for each in operations)


def test_every_private_operation_names_its_scope(document: Mapping[str, Any]) -> None:
    for method, path, scope in promised():
        security = document["paths"][path][method.lower()]["security"]
        assert security == ([{"token": [scope]}] if scope else [])


BATCHES = ("/orders", "/activity")

gateway = Gateway()


@schemathesis.serializer("application/x-ndjson")
def one_line(_: schemathesis.SerializationContext, value: object) -> bytes:
    return json.dumps(value).encode()


REFUSALS = ["400", "401", "403", "404", "409", "413", "415", "422"]
"""How what breaks the document may be answered; what is too large is not read at all."""
described = schemathesis.openapi.from_wsgi(
    "/openapi.json",
    gateway.wsgi,
    config=schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
    ),
)


@described.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_keep_what_the_document_promises(case: schemathesis.Case[Any]) -> None:
    excluded = [
        positive_data_acceptance,  # cursors and relations between fields are not in schemas
        unsupported_method,  # another function's methods share some paths
    ]
    if case.path in BATCHES or not case.operation.body:
        # A bad item of a batch is a result of its own; without a body, what is made wrong may be
        # no more than a header that nothing reads.
        excluded.append(negative_data_rejection)
    case.call_and_validate(headers={"Authorization": TOKEN}, excluded_checks=excluded)
