"""The texts of a campaign's message, with named fields: `{{ first_name | there }}`.

The language has fields and nothing else, so a template can neither read what it is not given nor
run for long. Authors of templates may write any HTML; what fields hold is never taken for it.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from succotash.errors import InvalidInputError, Violation

LONGEST_SUBJECT = 200
LONGEST_BODY = 100_000
LONGEST_DEFAULT = 100
_FIELD = re.compile(r"\{\{\s*(\w+)\s*(?:\|([^{}|]*))?\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


class MessageField(StrEnum):
    """The fields of a recipient that a message can name."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    COMPANY = "company"
    UNSUBSCRIBE_URL = "unsubscribe_url"


LINKS = frozenset({MessageField.UNSUBSCRIBE_URL})
"""Fields that hold an address of ours, and may stand in an attribute."""

type FieldValues = Mapping[MessageField, str | None]


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as its recipient gets it."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A subject and a body as text and, where wanted, as HTML."""

    subject: str
    text: str
    html: str | None = None

    def violations(self, path: str = "message") -> list[Violation]:
        """All violations, by field."""
        parts = [(f"{path}.subject", self.subject), (f"{path}.text", self.text)]
        if self.html is not None:
            parts.append((f"{path}.html", self.html))
        found = [each for where, text in parts for each in _violations(where, text)]
        if any(each in self.subject for each in "\r\n"):
            found.append(Violation(f"{path}.subject", "control_character", "Must be one line"))
        if self.html is not None and not found:
            found += _misplaced(f"{path}.html", self.html)
        return found

    def check(self) -> None:
        """InvalidInputError with everything wrong with it."""
        if violations := self.violations():
            raise InvalidInputError(violations)

    def render(self, values: FieldValues) -> Rendered:
        """Write the message to one recipient; a field without a value shows its default."""
        return Rendered(
            " ".join(_filled(self.subject, values).split()),
            _filled(self.text, values),
            None if self.html is None else _filled(self.html, values, escaped=True),
        )


def _filled(template: str, values: FieldValues, *, escaped: bool = False) -> str:
    def fill(found: re.Match[str]) -> str:
        default = (found[2] or "").strip()
        text = values.get(MessageField(found[1])) or default
        return html.escape(text, quote=True) if escaped else text

    return _FIELD.sub(fill, template)


def _violations(path: str, template: str) -> Iterator[Violation]:
    for found in _FIELD.finditer(template):
        if found[1] not in set(MessageField):
            known = ", ".join(MessageField)
            yield Violation(
                path,
                "unknown_template_field",
                f"Unknown field: {found[1][:LONGEST_DEFAULT]}. Must be one of {known}",
            )
        if len(found[2] or "") > LONGEST_DEFAULT:
            yield Violation(
                path, "template_default", f"Must have at most {LONGEST_DEFAULT} characters"
            )
    if _BRACES.search(_FIELD.sub("", template)):
        yield Violation(
            path, "template_syntax", "Must have fields written as {{ first_name | there }}"
        )


def _misplaced(path: str, template: str) -> list[Violation]:
    """Fields that stand where escaping does not keep them from being more than text."""
    # Reading HTML is for those who save a template; everybody else knows of templates only.
    from succotash.domain.campaigns.template_places import TemplatePlaces

    reader = TemplatePlaces(_FIELD)
    reader.feed(template)
    reader.close()
    within_text = sum(1 for _ in _FIELD.finditer("".join(reader.texts)))
    in_attributes = [
        found[1]
        for value in reader.attributes
        for found in _FIELD.finditer(value)
        if found[1] in LINKS
    ]
    if within_text + len(in_attributes) == sum(1 for _ in _FIELD.finditer(template)):
        return []
    return [
        Violation(
            path,
            "template_field_place",
            "Must have fields between tags only; a link may also be a whole quoted attribute",
        )
    ]
