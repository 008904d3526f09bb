"""The schemas of events in docs/events, as receivers validate by them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from succotash.domain.messages.events import VERSION

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "events"


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """The schema of a kind of message, or of `webhook`."""
    path = FOLDER / f"{kind.replace('.', '_')}.v{VERSION}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def check_event(kind: str, detail: Mapping[str, object]) -> None:
    """The detail is valid, and nothing in it is left out of its schema."""
    schema = schema_of(kind)
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(dict(detail))
    assert detail.keys() == schema["properties"].keys()


def check_webhook(body: Mapping[str, Any]) -> None:
    """A webhook's body is valid, with what it holds."""
    schema = schema_of("webhook")
    assert schema["properties"]["data"] == {"$ref": f"campaign_message.v{VERSION}.json"}
    properties = {**schema["properties"], "data": schema_of(str(body["type"]))}
    whole = {**schema, "properties": properties}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(dict(body))
    check_event(str(body["type"]), body["data"])
