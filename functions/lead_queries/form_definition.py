"""The body that defines a form."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from succotash.domain.attribution import CONTROL_PREFIX, is_attribution
from succotash.domain.forms import FieldKind, Form, FormField, RuleKind, ValidationRule
from succotash.domain.validation import canonical_email
from succotash.domain.values import FormId, Json, RuleId
from succotash.errors import InvalidInputError
from succotash.http.fields import LAX, Closed, Line, plain

DAY_SECONDS = 24 * 3600
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
"""Nothing else may stand in a policy, which separates by blanks, semicolons and commas."""


def _split(address: str) -> SplitResult:
    """The parts of an https address, or of an http one on this machine."""
    try:
        parts = urlsplit(address)
        is_open = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in LOCAL_NAMES
        )
        _ = parts.port  # reading it checks it
    except ValueError:
        raise PydanticCustomError("address", "is not an address") from None
    if not is_open or parts.username is not None or not address.isascii():
        raise PydanticCustomError("address", "must be https, or http on localhost")
    if not _HOST.fullmatch(parts.netloc):
        raise PydanticCustomError("address", "names no host")
    return parts


def _origin(address: str) -> str:
    parts = _split(address)
    if address != f"{parts.scheme}://{parts.netloc}" or address != address.lower():
        raise PydanticCustomError(
            "origin", "must be an exact origin in lower case, such as https://example.com"
        )
    return address


def _redirect(address: str) -> str:
    _split(address)
    if any(each.isspace() or not each.isprintable() or each in "\\<>\"'" for each in address):
        raise PydanticCustomError("address", "contains a character that no address has")
    return address


def _field_name(name: str) -> str:
    if name.startswith(CONTROL_PREFIX) or is_attribution(name):
        raise PydanticCustomError("reserved", "is a reserved name")
    return name


def _email(address: str) -> str:
    """The address, if e-mails can be sent to it."""
    try:
        canonical_email(address)
    except InvalidInputError:
        raise PydanticCustomError("email", "is not an e-mail address") from None
    if not address.isascii() or address != address.strip():
        raise PydanticCustomError("email", "must be in ASCII, and without blanks around it")
    return address


FieldName = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"), AfterValidator(_field_name)
]
Address = Annotated[str, Field(max_length=500)]
Origin = Annotated[Address, AfterValidator(_origin)]
Redirect = Annotated[Address, AfterValidator(_redirect)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Parameters = Annotated[Mapping[str, Json], BeforeValidator(plain)]


class FieldBody(Closed):
    """One question."""

    name: FieldName
    label: Line
    kind: Annotated[FieldKind, LAX] = FieldKind.TEXT
    required: bool = False
    choices: Annotated[tuple[Line, ...], LAX, Field(max_length=100)] = ()


class RuleBody(Closed):
    """One check of one field."""

    field: FieldName
    kind: Annotated[RuleKind, LAX]
    parameters: Parameters = Field(default_factory=dict)
    message: Annotated[str, Field(max_length=200)] = ""


class FormBody(Closed):
    """A form's definition, which replaces the one before."""

    title: Line
    fields: Annotated[tuple[FieldBody, ...], LAX, Field(max_length=100)] = ()
    rules: Annotated[tuple[RuleBody, ...], LAX, Field(max_length=200)] = ()
    allowed_origins: Annotated[tuple[Origin, ...], LAX, Field(max_length=20)] = ()
    allowed_redirects: Annotated[tuple[Redirect, ...], LAX, Field(max_length=20)] = ()
    duplicate_window_seconds: Annotated[int, Field(ge=0, le=30 * DAY_SECONDS)] = DAY_SECONDS
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "US"
    notify: Annotated[tuple[Email, ...], LAX, Field(max_length=20)] = ()
    confirms: bool = False
    double_opt_in: bool = False

    def form(self, form_id: FormId) -> Form:
        """The form itself."""
        return Form(
            form_id=form_id,
            title=self.title,
            fields=tuple(
                FormField(each.name, each.label, each.kind, each.required, each.choices)
                for each in self.fields
            ),
            allowed_origins=self.allowed_origins,
            allowed_redirects=self.allowed_redirects,
            duplicate_window=timedelta(seconds=self.duplicate_window_seconds),
            region=self.region,
            notify=self.notify,
            confirms=self.confirms,
            double_opt_in=self.double_opt_in,
        )

    def validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        """Its rules, which get their ids when they are stored."""
        return [
            ValidationRule(
                RuleId(""), form_id, each.field, each.kind, each.parameters, each.message
            )
            for each in self.rules
        ]
