"""The API's description, made from the routes that serve it.

`python -m local.openapi` writes it; `python -m local.openapi --check` says whether it is current.
Either fails where a number has no description. A field is described by the docstring that follows
it in its class.
"""

import argparse
import importlib
import io
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from ruamel.yaml import YAML

from local.field_descriptions import DescribedSchemas
from succotash.application.batches import ViolationView
from succotash.domain.values import ID_LIMIT
from succotash.http.api import Api
from succotash.http.fields import Amount
from succotash.http.problems import PROBLEM_JSON
from succotash.http.reading import JSON_TYPE
from succotash.http.requests import Route

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = (
    "form_intake",
    "lead_queries",
    "event_intake",
    "ltv_queries",
    "retention_analysis",
    "connectors",
)
YAML_DOCUMENT = ROOT / "openapi.yaml"
JSON_DOCUMENT = ROOT / "functions" / "lead_queries" / "openapi.json"
"""Shipped with the function that serves it."""
REF = "#/components/schemas/{model}"

type Schema = dict[str, Any]
type _Key = tuple[int, JsonSchemaMode]


class Problem(TypedDict):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    """The HTTP status code."""
    instance: str
    detail: NotRequired[str]
    errors: NotRequired[list[ViolationView]]


class GatewayRefusal(TypedDict):
    """The answer of API Gateway where it lets no request through to a function."""

    message: str


def apis() -> dict[str, Api[Any]]:
    """Every function's routes, by the function's name."""
    for name in FUNCTIONS:
        folder = str(ROOT / "functions" / name)
        if folder not in sys.path:
            sys.path.append(folder)
    return {name: importlib.import_module(name).api for name in FUNCTIONS}


def document() -> Schema:
    """The description, OpenAPI 3.1."""
    routes = [(name, route) for name, api in apis().items() for route in api.routes]
    schemas = _Schemas([route for _, route in routes])
    paths: Schema = {}
    for name, route in sorted(routes, key=lambda each: each[1].path):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(name, route, schemas)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Succotash",
            "version": project["version"],
            "description": project["description"],
        },
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {
                "Problem": {
                    "description": "A problem.",
                    "content": {PROBLEM_JSON: {"schema": schemas.of(Problem, "serialization")}},
                },
                "Unauthorized": _refusal(
                    "The token is missing or not valid: API Gateway's own answer, or a problem "
                    "from a function that is called in another way.",
                    schemas,
                ),
                "Forbidden": _refusal(
                    "The token lacks the operation's scope: API Gateway's own answer, or a problem "
                    "from a function that is called in another way.",
                    schemas,
                ),
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The roles of an operation are scopes of the token, behind the "
                    "deployment's scope prefix.",
                }
            },
        },
    }


def undescribed_numbers(described: Schema) -> list[str]:
    """Find the numbers that the document does not describe, such as `Model.field`."""
    schemas = described["components"]["schemas"]
    fields = [
        (f"{name}.{field}", schema)
        for name, model in schemas.items()
        for field, schema in model.get("properties", {}).items()
    ]
    parameters = [
        (f"{method.upper()} {path} {each['name']}", each | each["schema"])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        for each in operation.get("parameters", ())
    ]
    return sorted(
        place
        for place, schema in [*fields, *parameters]
        if _is_number(schema) and not schema.get("description", "").strip()
    )


def _is_number(schema: Schema) -> bool:
    """Whether a value is a number, a decimal in a text, or a list or mapping of these."""
    if schema.get("type") in {"number", "integer"} or schema.get("pattern") in DECIMAL_PATTERNS:
        return True
    parts = [*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")]
    return any(_is_number(part) for part in parts if isinstance(part, dict))


def _decimal_patterns() -> set[str]:
    """The patterns of a decimal's text, as bodies take it and answers give it."""
    taken = TypeAdapter(Amount).json_schema()["anyOf"][0]["pattern"]
    return {taken, TypeAdapter(Decimal).json_schema(mode="serialization")["pattern"]}


DECIMAL_PATTERNS = _decimal_patterns()


class _Schemas:
    """Every schema of the routes, generated together so that they share their parts."""

    def __init__(self, routes: Sequence[Route[Any]]) -> None:
        self._keys: dict[_Key, object] = {}
        for route in routes:
            for taken in route.takes.values():
                self._keys[id(taken), "validation"] = taken
            for answered in route.answers.values():
                self._keys[id(answered), "serialization"] = answered
        for answered in (Problem, GatewayRefusal):
            self._keys[id(answered), "serialization"] = answered
        inputs: list[tuple[_Key, JsonSchemaMode, TypeAdapter[Any]]] = [
            (key, key[1], TypeAdapter(model)) for key, model in self._keys.items()
        ]
        self._by_key, definitions = TypeAdapter.json_schemas(
            inputs, ref_template=REF, schema_generator=DescribedSchemas
        )
        self.components: Schema = dict(sorted(definitions.get("$defs", {}).items()))

    def of(self, model: object, mode: JsonSchemaMode) -> Schema:
        """The schema of a model, or a reference to it."""
        return dict(self._by_key[(id(model), mode), mode])


def _refusal(description: str, schemas: _Schemas) -> Schema:
    """The response to a request that its token does not admit."""
    return {
        "description": description,
        "headers": {
            "WWW-Authenticate": {
                "description": "A challenge as RFC 6750 has it, which says what is missing.",
                "schema": {"type": "string"},
            }
        },
        "content": {
            JSON_TYPE: {"schema": schemas.of(GatewayRefusal, "serialization")},
            PROBLEM_JSON: {"schema": schemas.of(Problem, "serialization")},
        },
    }


def _query_parameters(model: object) -> Iterator[Schema]:
    """A parameter for each field of a query model. What may be None may be left out."""
    described = TypeAdapter(model).json_schema(schema_generator=DescribedSchemas)
    definitions = described.get("$defs", {})
    for name, field in described["properties"].items():
        variants = [each for each in field.get("anyOf", [field]) if each != {"type": "null"}]
        schema: Schema = {}
        for variant in variants:
            schema |= definitions[variant["$ref"].rpartition("/")[2]] if "$ref" in variant else {}
            schema |= {key: each for key, each in variant.items() if key not in ("$ref", "title")}
        if field.get("default") is not None:
            schema["default"] = field["default"]
        parameter: Schema = {"name": name, "in": "query"}
        if description := field.get("description", schema.pop("description", None)):
            parameter["description"] = description
        yield parameter | {"required": name in described.get("required", ()), "schema": schema}


def _operation(function: str, route: Route[Any], schemas: _Schemas) -> Schema:
    operation: Schema = {
        "operationId": route.name,
        "summary": (route.endpoint.__doc__ or "").strip().partition("\n")[0],
        "tags": [function],
    }
    if parameters := list(_parameters(route)):
        operation["parameters"] = parameters
    if route.takes:
        operation["requestBody"] = {
            "required": True,
            "content": {
                kind: {"schema": schemas.of(model, "validation")}
                for kind, model in route.takes.items()
            },
        }
    operation["responses"] = _responses(route, schemas)
    operation["security"] = [{"token": [route.scope]}] if route.scope else []
    return operation


def _parameters(route: Route[Any]) -> Iterator[Schema]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            yield {
                "name": part.strip("{}"),
                "in": "path",
                "required": True,
                "schema": {"minLength": 1, "maxLength": ID_LIMIT, **_id_schema(route, part)},
            }
    if route.query:
        yield from _query_parameters(route.query)
    for name, purpose in route.headers.items():
        yield {"name": name, "in": "header", "description": purpose, "schema": {"type": "string"}}


def _id_schema(route: Route[Any], part: str) -> Schema:
    return TypeAdapter(route.id_model(part.strip("{}"))).json_schema()


def _responses(route: Route[Any], schemas: _Schemas) -> Schema:
    problem = {"$ref": "#/components/responses/Problem"}
    responses: Schema = {
        str(route.status.value): {
            "description": route.status.phrase,
            "content": {
                kind: {"schema": schemas.of(model, "serialization")}
                for kind, model in route.answers.items()
            },
        }
    }
    if route.gives:
        responses[str(route.status.value)]["headers"] = {
            name: {"description": purpose, "schema": {"type": "string"}}
            for name, purpose in route.gives.items()
        }
    for status, purpose in route.also.items():
        responses[str(status.value)] = {"description": purpose}
    refused = [HTTPStatus.SERVICE_UNAVAILABLE]
    if "{" in route.path:
        refused += [HTTPStatus.NOT_FOUND]
    if route.takes:
        refused += [
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        ]
    if route.takes or route.query:
        refused += [HTTPStatus.UNPROCESSABLE_ENTITY]
    if "If-Match" in route.headers:
        refused += [HTTPStatus.PRECONDITION_FAILED]
    found = {str(status.value): problem for status in refused}
    if route.scope:
        found |= {
            "401": {"$ref": "#/components/responses/Unauthorized"},
            "403": {"$ref": "#/components/responses/Forbidden"},
        }
    responses |= dict(sorted(found.items()))
    for status, purpose in route.also.items():
        if str(status.value) in found:  # told by a page as well
            pages = {PROBLEM_JSON: {"schema": schemas.of(Problem, "serialization")}}
            pages |= {kind: {"schema": {"type": "string"}} for kind in route.answers}
            responses[str(status.value)] = {"description": purpose, "content": pages}
    responses["default"] = problem
    return responses


def rendered() -> Mapping[Path, str]:
    """The text of each file of the description."""
    described = document()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    buffer = io.StringIO()
    buffer.write("# Made by `python -m local.openapi` from the functions' routes.\n")
    # A copy through JSON has no shared parts, which YAML would write as anchors.
    yaml.dump(json.loads(json.dumps(described)), buffer)
    compact = json.dumps(described, separators=(",", ":"), ensure_ascii=False)
    return {YAML_DOCUMENT: buffer.getvalue(), JSON_DOCUMENT: compact + "\n"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with --check return 1 where they differ from the routes.

    Either returns 1 where a number has no description.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args(arguments).check
    stale = [
        path
        for path, text in rendered().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        name = path.relative_to(ROOT)
        if check:
            print(f"{name} is not current; write it with: python -m local.openapi")
        else:
            path.write_text(rendered()[path], encoding="utf-8")
            print(f"wrote {name}")
    undescribed = undescribed_numbers(document())
    for place in undescribed:
        print(f"{place} is a number without a description: write a docstring below the field")
    return 1 if undescribed or (check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
