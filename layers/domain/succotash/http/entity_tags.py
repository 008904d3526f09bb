"""Entity tags: what a read tells of its answer, and a write may ask for (RFC 9110, 8.8.3)."""

import hashlib
from collections.abc import Collection, Mapping

from pydantic_core import to_json

from succotash.application.preconditions import Precondition
from succotash.errors import AlreadyExistsError, PreconditionFailedError

ANY = "*"
CONDITIONS: Mapping[str, str] = {
    "If-Match": "The tag that it was read with: 412 where what is stored is another by now.",
    "If-None-Match": "With *: 412 where it exists already.",
}
"""The headers of a write that may also make what was not there, with their purposes."""


def entity_tag(answer: object) -> str:
    """The strong tag of an answer in JSON."""
    return f'"{hashlib.sha256(to_json(answer, inf_nan_mode="null")).hexdigest()[:32]}"'


def precondition(headers: Mapping[str, str]) -> Precondition | None:
    """The condition that a write's headers, by lower-case name, set; None where they set none."""
    wanted, refused = headers.get("if-match"), headers.get("if-none-match")
    if wanted is None and refused is None:
        return None

    def require(stored: object | None) -> None:
        if wanted is not None and not _is_named(stored, _tags(wanted)):
            raise PreconditionFailedError
        # Here a weak tag names what the strong one does (RFC 9110, 13.1.2).
        if refused is not None and _is_named(stored, _tags(refused.replace("W/", ""))):
            raise AlreadyExistsError

    return require


def _is_named(stored: object | None, tags: Collection[str]) -> bool:
    """Whether the tags name what is stored; none names what is not there."""
    return stored is not None and (ANY in tags or entity_tag(stored) in tags)


def _tags(header: str) -> set[str]:
    return {each.strip() for each in header.split(",")}
