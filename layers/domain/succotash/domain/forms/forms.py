"""Forms: what they ask for, and how answers are checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from succotash.domain.forms.attribution import HONEYPOT
from succotash.domain.values import FormId, Json, RuleId

DEFAULT_FORM = FormId("default")
"""The form that exists in every storage from the start."""
QUARANTINE_KEPT = timedelta(days=90)
"""The time for which a form without a retention period keeps its quarantine."""
RESERVED_FORM_IDS = frozenset({"analytics"})
"""Words that stand in the place of a form id in an address."""


class FieldKind(StrEnum):
    """The kinds of fields, and how a page shows them."""

    TEXT = "text"
    TEXTAREA = "textarea"
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    """Any number of them."""
    CHECKBOX = "checkbox"
    HIDDEN = "hidden"
    CONSENT = "consent"
    """A box to tick or leave, by which a person agrees to what its label says."""


class RuleKind(StrEnum):
    """The kinds of checks of an answer.

    REGEX: by `pattern`. LENGTH, RANGE: from `min` to `max`, either of which may be missing.
    CHOICE: one of `choices`. MATCHES: the same as the answer to `field`. Others have no parameters.
    """

    REQUIRED = "required"
    EMAIL = "email"
    PHONE = "phone"
    REGEX = "regex"
    LENGTH = "length"
    RANGE = "range"
    CHOICE = "choice"
    MATCHES = "matches"


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    purpose: str = ""
    """The purpose of a consent; empty for every other kind."""


@dataclass(frozen=True, slots=True)
class SpamSettings:
    """A form's protection against spam. A submission that fails is quarantined, never refused."""

    honeypot: str = HONEYPOT
    """A field of the page that people do not see; empty for none."""
    minimum_seconds: int = 2
    """Between the page and its post, where a form token tells."""
    links_tolerated: int = 3
    """In all answers together."""
    per_address_hourly: int = 60
    """Submissions from one address, to any form; 0 for no limit."""
    per_form_hourly: int = 1000
    """Submissions to this form; 0 for no limit."""
    blocks_disposable: bool = True
    """Whether e-mail addresses to throw away are suspect."""
    requires_token: bool = False
    """Whether a form token must come along."""
    turnstile_secret_arn: str | None = None
    """The secret of Cloudflare Turnstile in Secrets Manager, where the page has its challenge."""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The settings that were kept; what another release has more or less is passed over."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in document.items() if name in known})


@dataclass(frozen=True, slots=True)
class Form:
    """A form's definition. Without fields it takes any answers; with fields, only theirs."""

    form_id: FormId
    title: str
    fields: tuple[FormField, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    """Exact origins whose pages may post with JavaScript."""
    allowed_redirects: tuple[str, ...] = ()
    """Addresses a plain page may be sent to after posting; the first is the default."""
    duplicate_window: timedelta = timedelta(hours=24)
    region: str = "US"
    """ISO 3166 code by which phone numbers without a country code are read."""
    notify: tuple[str, ...] = ()
    """E-mail addresses of the form's owners, who are told of every accepted submission."""
    digest: bool = True
    """Whether they are told, once a day, of those in quarantine."""
    confirms: bool = False
    """Whether the person who wrote is told that it arrived."""
    double_opt_in: bool = False
    """Whether a submission waits until its person follows the link they are sent."""
    spam: SpamSettings = SpamSettings()
    retention: timedelta | None = None
    """The time for which submissions are kept; None keeps them, except those in quarantine."""
    consent_text: str = ""
    """The text that a person must agree to; empty asks for nothing."""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """One check of one field of one form. Rules apply by position, then id."""

    rule_id: RuleId
    form_id: FormId
    field_name: str
    kind: RuleKind
    parameters: Mapping[str, Json] = field(default_factory=dict)
    message: str = ""
    """Shown instead of the standard sentence when not empty."""
    position: int = 0
