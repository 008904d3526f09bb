"""The body that defines a form."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from succotash.domain.consents.consents import MARKETING
from succotash.domain.forms.attribution import CONSENT, CONTROL_PREFIX, TOKEN, is_attribution
from succotash.domain.forms.forms import (
    FieldKind,
    Form,
    FormField,
    RuleKind,
    SpamSettings,
    ValidationRule,
)
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.values import FormId, Json, RuleId
from succotash.errors import InvalidInputError
from succotash.http.fields import LAX, Closed, Line, Prose, json_of

DAY_SECONDS = 24 * 3600
OTHER_CONTROLS = frozenset({TOKEN, CONSENT, "_next"})
"""Fields of a page that mean something else than that a robot filled it in."""
ARN = r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$"
"""The ARN of a secret in Secrets Manager."""
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
        raise PydanticCustomError("address", "Invalid URL") from None
    if not is_open or parts.username is not None or not address.isascii():
        raise PydanticCustomError("address", "Must be https, or http on localhost")
    if not _HOST.fullmatch(parts.netloc):
        raise PydanticCustomError("address", "Must name a host")
    return parts


def _origin(address: str) -> str:
    parts = _split(address)
    if address != f"{parts.scheme}://{parts.netloc}" or address != address.lower():
        raise PydanticCustomError(
            "origin", "Must be an origin in lower case, such as https://example.com"
        )
    return address


def _redirect(address: str) -> str:
    _split(address)
    if any(each.isspace() or not each.isprintable() or each in "\\<>\"'" for each in address):
        raise PydanticCustomError("address", "Invalid URL")
    return address


def _field_name(name: str) -> str:
    if name.startswith(CONTROL_PREFIX) or is_attribution(name):
        raise PydanticCustomError("reserved", "Reserved name")
    return name


def _email(address: str) -> str:
    """The address, if e-mails can be sent to it."""
    try:
        canonical_email(address)
    except InvalidInputError:
        raise PydanticCustomError("email", "Invalid e-mail address") from None
    if not address.isascii() or address != address.strip():
        raise PydanticCustomError("email", "Must be ASCII, without spaces around it")
    return address


def _trap_name(name: str) -> str:
    if name in OTHER_CONTROLS or is_attribution(name):
        raise PydanticCustomError("reserved", "Reserved name")
    return name


SPAM = SpamSettings()
FieldName = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"), AfterValidator(_field_name)
]
Address = Annotated[str, Field(max_length=500)]
Origin = Annotated[Address, AfterValidator(_origin)]
Redirect = Annotated[Address, AfterValidator(_redirect)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Parameters = Annotated[Mapping[str, Json], BeforeValidator(json_of)]


class FieldBody(Closed):
    """One question."""

    name: FieldName
    label: Line
    kind: Annotated[FieldKind, LAX] = FieldKind.TEXT
    required: bool = False
    choices: Annotated[tuple[Line, ...], LAX, Field(max_length=100)] = ()
    purpose: Annotated[str, Field(max_length=50)] = ""
    """The purpose of a consent; marketing by default."""

    def field(self) -> FormField:
        """The field itself."""
        is_marketing = self.kind is FieldKind.CONSENT and not self.purpose
        purpose = MARKETING if is_marketing else self.purpose
        return FormField(self.name, self.label, self.kind, self.required, self.choices, purpose)


class RuleBody(Closed):
    """One check of one field."""

    field: FieldName
    kind: Annotated[RuleKind, LAX]
    parameters: Parameters = Field(default_factory=dict)
    message: Annotated[str, Field(max_length=200)] = ""


class SpamBody(Closed):
    """A form's protection against spam."""

    honeypot: Annotated[
        str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_-]{0,63})?$"), AfterValidator(_trap_name)
    ] = SPAM.honeypot
    minimum_seconds: Annotated[int, Field(ge=0, le=3600)] = SPAM.minimum_seconds
    """Seconds a person needs at least to fill the form in; 0 switches it off."""
    links_tolerated: Annotated[int, Field(ge=0, le=1000)] = SPAM.links_tolerated
    """Links in the answers that are no sign of spam yet."""
    per_address_hourly: Annotated[int, Field(ge=0, le=10_000)] = SPAM.per_address_hourly
    """Submissions of one IP address within an hour that are no sign of spam yet; 0 for no limit."""
    per_form_hourly: Annotated[int, Field(ge=0, le=100_000)] = SPAM.per_form_hourly
    """Submissions of the form within an hour that are no sign of spam yet; 0 for no limit."""
    blocks_disposable: bool = SPAM.blocks_disposable
    requires_token: bool = SPAM.requires_token
    turnstile_secret_arn: Annotated[str, Field(pattern=ARN, max_length=500)] | None = None

    def settings(self) -> SpamSettings:
        """The settings themselves."""
        return SpamSettings(**self.model_dump())


class FormBody(Closed):
    """A form's definition, which replaces the one before."""

    title: Line
    fields: Annotated[tuple[FieldBody, ...], LAX, Field(max_length=100)] = ()
    rules: Annotated[tuple[RuleBody, ...], LAX, Field(max_length=200)] = ()
    allowed_origins: Annotated[tuple[Origin, ...], LAX, Field(max_length=20)] = ()
    allowed_redirects: Annotated[tuple[Redirect, ...], LAX, Field(max_length=20)] = ()
    duplicate_window_seconds: Annotated[int, Field(ge=0, le=30 * DAY_SECONDS)] = DAY_SECONDS
    """For how many seconds the same answers count as a duplicate."""
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "US"
    notify: Annotated[tuple[Email, ...], LAX, Field(max_length=20)] = ()
    digest: bool = True
    confirms: bool = False
    double_opt_in: bool = False
    spam: SpamBody = SpamBody()
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """After how many days submissions are deleted; None keeps them."""
    consent_text: Prose = ""

    def form(self, form_id: FormId) -> Form:
        """The form itself."""
        return Form(
            form_id=form_id,
            title=self.title,
            fields=tuple(each.field() for each in self.fields),
            allowed_origins=self.allowed_origins,
            allowed_redirects=self.allowed_redirects,
            duplicate_window=timedelta(seconds=self.duplicate_window_seconds),
            region=self.region,
            notify=self.notify,
            digest=self.digest,
            confirms=self.confirms,
            double_opt_in=self.double_opt_in,
            spam=self.spam.settings(),
            retention=None if self.retention_days is None else timedelta(days=self.retention_days),
            consent_text=self.consent_text.strip(),
        )

    def validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        """Its rules, which get their ids when they are stored."""
        return [
            ValidationRule(
                RuleId(""), form_id, each.field, each.kind, each.parameters, each.message
            )
            for each in self.rules
        ]
