"""The Python client's types, made from openapi.yaml.

`python -m local.client_models` writes them; `--check` says whether they are current.
"""

import argparse
import io
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "openapi.yaml"
MODELS = ROOT / "client" / "succotash_client" / "models.py"
HEADER = '''"""Types of what the API takes and answers. Generated from openapi.yaml: do not edit.

Instants and dates are ISO 8601 texts, amounts decimal texts, as JSON has them.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None
'''
JSON = {"Json-Input", "Json-Output"}
"""Schemas of any JSON value."""
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
WIDTH = 88

type Schema = Mapping[str, Any]


def models(document: Schema) -> str:
    """The module's text, formatted."""
    schemas: Schema = document["components"]["schemas"]
    names = sorted(schemas, key=lambda name: (_is_called(schemas[name]), name))
    written = [HEADER, *(_definition(name, schemas[name]) for name in names), ""]
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "100", "-"]
    text = "\n\n".join(each for each in written if each)
    return subprocess.run(  # noqa: S603 - ruff, on text from here
        command, input=text, capture_output=True, check=True, text=True
    ).stdout


def _definition(name: str, schema: Schema) -> str:
    if name in JSON:
        return ""
    if "properties" not in schema:
        return f"type {name} = {_type(schema)}"
    required = set(schema.get("required", ()))
    if _is_called(schema):
        typed = (
            f"{field!r}: {_required(described, is_required=field in required)}"
            for field, described in schema["properties"].items()
        )
        return f"{name} = TypedDict({name!r}, {{{', '.join(typed)}}})"
    fields = [
        line
        for field, described in schema["properties"].items()
        for line in _field(field, described, is_required=field in required)
    ]
    words = schema.get("description", f"The body {name}.")
    return "\n".join([f"class {name}(TypedDict):", *_docstring(words), "", *fields])


def _is_called(schema: Schema) -> bool:
    """Whether a field's name is none of Python's, so that a class cannot hold it."""
    fields = schema.get("properties", ())
    return any(iskeyword(each) or not each.isidentifier() for each in fields)


def _field(name: str, schema: Schema, *, is_required: bool) -> Iterator[str]:
    yield f"    {name}: {_required(schema, is_required=is_required)}"
    if words := schema.get("description"):
        yield from _docstring(words)


def _required(schema: Schema, *, is_required: bool) -> str:
    typed = _type(schema)
    return typed if is_required else f"NotRequired[{typed}]"


def _docstring(words: str) -> Iterator[str]:
    paragraphs = [textwrap.fill(each, WIDTH) for each in words.replace("\\", "\\\\").split("\n\n")]
    closing = "\n" if sum(map(len, paragraphs)) > WIDTH else ""
    text = f'"""{"\n\n".join(paragraphs)}{closing}"""'
    yield textwrap.indent(text, "    ")


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": reference}:
            name = str(reference).rpartition("/")[2]
            return "Json" if name in JSON else name
        case {"anyOf": choices} | {"oneOf": choices}:
            types = dict.fromkeys(_type(each) for each in choices)
            return " | ".join(
                each for each in types if not (each.startswith("Literal") and "str" in types)
            )
        case {"const": value}:
            return f"Literal[{value!r}]"
        case {"enum": values}:
            return f"Literal[{', '.join(map(repr, values))}]"
        case {"type": "array"}:
            return f"list[{_type(schema.get('items', {}))}]"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"dict[str, {_type(values)}]"
        case {"type": "object"}:
            return "dict[str, Json]"
        case {"type": kind}:
            return SCALARS[kind]
        case _:
            return "Json"


def main() -> int:
    """1 where the types are checked and not those of the document."""
    parser = argparse.ArgumentParser(description="Write or check the Python client's types.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    checks = parser.parse_args().check
    text = models(YAML(typ="safe").load(io.StringIO(DOCUMENT.read_text(encoding="utf-8"))))
    if not checks:
        MODELS.write_text(text, encoding="utf-8")
        return 0
    if MODELS.read_text(encoding="utf-8") != text:
        place = MODELS.relative_to(ROOT)
        print(f"{place} is not current: run python -m local.client_models", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
