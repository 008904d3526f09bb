"""Entity tags: what a read tells of its answer, and a write may ask for (RFC 9110, 8.8.3)."""

import hashlib

from pydantic_core import to_json

ANY = "*"


def entity_tag(answer: object) -> str:
    """The strong tag of an answer in JSON."""
    return f'"{hashlib.sha256(to_json(answer, inf_nan_mode="null")).hexdigest()[:32]}"'


def is_matched(if_match: str, answer: object) -> bool:
    """Whether an If-Match header names this answer; a weak tag names none."""
    wanted = {each.strip() for each in if_match.split(",")}
    return wanted == {ANY} or entity_tag(answer) in wanted
