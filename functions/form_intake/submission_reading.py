"""Reads submissions: as JSON, or as a plain page posts them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from succotash.application.intake.submission_intake import ClientInfo
from succotash.domain.values import Json, is_printable
from succotash.errors import NAME_SHOWN, Flaw, InvalidInputError, MalformedRequestError, Violation
from succotash.http.fields import json_of
from succotash.http.reading import (
    FORM_TYPE,
    JSON_TYPE,
    Parsed,
    read_object,
    read_pairs,
    read_text,
)
from succotash.http.requests import Call

NEXT = "_next"
"""The field in which a plain page says where to go after posting."""
KEY_LIMIT = 255
CHOICES_LIMIT = 100
MULTIPART_TYPE = "multipart/form-data"
"""Its reader is imported with the first such body: most pages post otherwise."""

type Answer = (
    str | int | float | bool | Annotated[list[str], Field(max_length=CHOICES_LIMIT)] | None
)
"""What one question may be answered with."""
type Answers = dict[str, Answer]


@dataclass(frozen=True, slots=True)
class SentForm:
    """A submission's fields, and what tells it from others."""

    fields: Mapping[str, Json]
    repeated: frozenset[str]
    """Names that came more than once; they hold lists."""
    is_plain: bool
    """Whether a page posted it without JavaScript."""
    body_digest: str
    key: str | None
    context: ClientInfo

    @classmethod
    def read(cls, call: Call) -> "SentForm":
        """Read a request; raises what is wrong with it."""
        content_type = call.read_media_type()
        body = call.read_body()
        repeated: frozenset[str] = frozenset()
        if content_type == FORM_TYPE:
            fields, repeated = _gather(read_pairs(read_text(body), "the body"))
        elif content_type == MULTIPART_TYPE:
            from succotash.http.multipart_forms import read_multipart

            fields, repeated = _gather(read_multipart(body, call.headers["content-type"]))
        else:
            fields = _flat(read_object(read_text(body)))
        _check_next(fields.get(NEXT))
        return cls(
            fields=fields,
            repeated=repeated,
            is_plain=content_type != JSON_TYPE,
            body_digest=hashlib.sha256(body).hexdigest(),
            key=_idempotency_key(call),
            context=ClientInfo(call.ip_address, call.user_agent),
        )


def _gather(pairs: list[tuple[str, str]]) -> tuple[dict[str, Json], frozenset[str]]:
    values: dict[str, list[Json]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    repeated = frozenset(name for name, given in values.items() if len(given) > 1)
    return {
        name: given if name in repeated else given[0] for name, given in values.items()
    }, repeated


def _flat(parsed: Mapping[str, Parsed]) -> dict[str, Json]:
    violations = []
    for name, value in parsed.items():
        place = name[:NAME_SHOWN]
        if isinstance(value, dict):
            violations.append(Violation(place, "nested", "Must not be an object"))
        elif isinstance(value, list):
            if not all(isinstance(each, str) for each in value):
                violations.append(Violation(place, "nested", "Must be a list of strings"))
            elif len(value) > CHOICES_LIMIT:
                violations.append(Violation(place, "too_long", f"At most {CHOICES_LIMIT} choices"))
    if violations:
        raise InvalidInputError(violations)
    return {name: json_of(value) for name, value in parsed.items()}


def _check_next(wanted: Json) -> None:
    """MalformedRequestError for an address that would end its header, whether it is allowed or not.

    None of a form's addresses has such characters: who sends them tries to write headers.
    """
    given = wanted if isinstance(wanted, list) else [wanted]
    for address in given:
        if isinstance(address, str) and not is_printable(address):
            raise MalformedRequestError(
                f"{NEXT} contains a control character", Flaw.CONTROL_CHARACTER
            )


def _idempotency_key(call: Call) -> str | None:
    key = call.headers.get("idempotency-key")
    if key is None:
        return None
    if not (1 <= len(key) <= KEY_LIMIT and key.isascii() and key.isprintable()):
        raise InvalidInputError.of(
            "Idempotency-Key",
            "idempotency_key",
            f"Must be 1 to {KEY_LIMIT} printable ASCII characters",
        )
    return key


TAKES: Mapping[str, object] = {
    JSON_TYPE: Answers,
    FORM_TYPE: Answers,
    MULTIPART_TYPE: Answers,
}
