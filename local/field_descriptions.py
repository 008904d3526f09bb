"""Descriptions of the API's fields: the docstrings that follow them in their classes.

Pydantic reads such docstrings itself where a class asks for it, but when the class is made: each
cold start of a function would pay for it.
"""

import ast
import inspect
import re
import textwrap
from itertools import pairwise
from types import get_original_bases
from typing import override

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


def field_descriptions(model: type) -> dict[str, str]:
    """The docstrings that follow the fields of a class and its bases, in terms of JSON."""
    if model.__module__.partition(".")[0] in {"builtins", "typing", "pydantic"}:
        return {}
    found: dict[str, str] = {}
    for base in get_original_bases(model):
        if isinstance(base, type):
            found |= field_descriptions(base)
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, following in pairwise(body):
        match field, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = re.sub(r"\bNone\b", "null", " ".join(text.split()))
            case _:
                pass
    return found


class DescribedSchemas(GenerateJsonSchema):
    """Generates schemas whose fields carry the docstrings of the classes."""

    @override
    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return _with_descriptions(super().typed_dict_schema(schema), schema.get("cls"))

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _with_descriptions(super().model_schema(schema), schema["cls"])


def _with_descriptions(schema: JsonSchemaValue, model: type | None) -> JsonSchemaValue:
    described = {} if model is None else field_descriptions(model)
    properties = schema.get("properties", {})
    for name in described.keys() & properties.keys():
        properties[name] = properties[name] | {"description": described[name]}
    return schema
