"""Checking answers by a form's fields and rules."""

import hashlib
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from succotash.domain.consents.consents import PURPOSE
from succotash.domain.forms.attribution import CONSENT
from succotash.domain.forms.canonical_text import ANSWER_LIMIT, canonical_text
from succotash.domain.forms.forms import (
    RESERVED_FORM_IDS,
    FieldKind,
    Form,
    FormField,
    RuleKind,
    ValidationRule,
)
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.values import Json, RuleId
from succotash.errors import InvalidInputError, Violation

AGREEING = frozenset({"yes", "on", "true", "1"})
"""The values of a ticked box: the first by the hosted page, the second by most others."""
CONTACT_FIELDS = ("first_name", "last_name", "company", "phone")
"""The answers that a lead keeps of its person, besides the e-mail address."""


def fingerprint(form_id: str, answers: Mapping[str, Json]) -> str:
    """SHA-256 over the canonical answers: case, spacing and Unicode form do not matter."""

    def canonical(value: Json) -> Json:
        match value:
            case str():
                return canonical_text(value)
            case list():
                return [canonical(each) for each in value]
            case dict():
                return {name: canonical(each) for name, each in value.items()}
            case _:
                return value

    text = json.dumps([form_id, canonical(dict(answers))], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_definition(form: Form, rules: Sequence[ValidationRule]) -> list[Violation]:
    """Whatever makes no sense about a form and its rules; empty where all of it does."""
    known = {each.name for each in form.fields}
    violations = [problem for rule in rules for problem in check_rule(rule, known)]
    if form.form_id in RESERVED_FORM_IDS:
        violations.append(Violation("form_id", "reserved", "Reserved name"))
    violations.extend(
        Violation.unknown_field(f"rules.{rule.field_name}", rule.field_name)
        for rule in rules
        if known and rule.field_name not in known
    )
    if form.spam.honeypot in known:
        violations.append(Violation("spam.honeypot", "a_field", "Must not be a field of the form"))
    if len(known) != len(form.fields):
        violations.append(Violation("fields", "repeated", "Field names must be unique"))
    violations.extend(
        Violation(f"fields.{each.name}.choices", "choices", "Must be a list of choices")
        for each in form.fields
        if each.kind in (FieldKind.CHOICE, FieldKind.CHOICES) and not each.choices
    )
    violations.extend(_check_consent_fields(form))
    return violations


def _check_consent_fields(form: Form) -> Iterator[Violation]:
    purposes: set[str] = set()
    for each in form.fields:
        at = f"fields.{each.name}"
        if each.kind is not FieldKind.CONSENT:
            if each.purpose:
                yield Violation(f"{at}.purpose", "purpose", "Only a consent has a purpose")
            continue
        if not PURPOSE.fullmatch(each.purpose) or each.purpose in purposes:
            yield Violation(
                f"{at}.purpose",
                "purpose",
                "Must be lower-case letters, digits, _ and -, such as marketing",
            )
        purposes.add(each.purpose)
        if each.required:  # else it would not be given freely
            yield Violation(f"{at}.required", "required", "A consent must be optional")


def rules_of_fields(form: Form) -> list[ValidationRule]:
    """The rules that follow from a form's fields: required ones, and what each kind must be."""
    rules: list[ValidationRule] = []
    by_kind = {
        FieldKind.EMAIL: RuleKind.EMAIL,
        FieldKind.PHONE: RuleKind.PHONE,
        FieldKind.NUMBER: RuleKind.RANGE,
        FieldKind.CHOICE: RuleKind.CHOICE,
        FieldKind.CHOICES: RuleKind.CHOICE,
    }

    def add(asked: FormField, kind: RuleKind, parameters: Mapping[str, Json]) -> None:
        identity = RuleId(f"{form.form_id}.{asked.name}.{kind}")
        rules.append(ValidationRule(identity, form.form_id, asked.name, kind, parameters))

    for asked in form.fields:
        if asked.required:
            add(asked, RuleKind.REQUIRED, {})
        if kind := by_kind.get(asked.kind):
            choices: dict[str, Json] = {"choices": list(asked.choices)}
            add(asked, kind, choices if kind is RuleKind.CHOICE else {})
    return rules


def email_field(form: Form, rules: Sequence[ValidationRule]) -> str:
    """The field that holds the person's address: the first e-mail field, or `email`."""
    for each in form.fields:
        if each.kind is FieldKind.EMAIL:
            return each.name
    return next((rule.field_name for rule in rules if rule.kind is RuleKind.EMAIL), "email")


def check_answers(
    form: Form, rules: Sequence[ValidationRule], answers: Mapping[str, Json]
) -> list[Violation]:
    """All violations of the answers: at most one per field, in the rules' order.

    A form that names fields takes no others, and a list only where several may be chosen. What a
    lead keeps of its person is text. A rule other than `required` passes over an answer that is
    absent or blank.
    """
    found: dict[str, Violation] = {}
    known = {each.name: each.kind for each in form.fields}
    for name, value in answers.items():
        if known and name not in known:
            found[name] = Violation.unknown_field(name)
        elif _longest(value) > ANSWER_LIMIT:
            found[name] = Violation(name, "too_long", f"At most {ANSWER_LIMIT} characters")
        elif isinstance(value, list) and known.get(name, FieldKind.CHOICES) != FieldKind.CHOICES:
            found[name] = Violation(name, "repeated", "Only one answer is allowed")
    for name in (*CONTACT_FIELDS, email_field(form, rules)):
        if name not in found and not isinstance(answers.get(name), str | None):
            found[name] = Violation(name, "text", "Must be a string")
    for rule in rules:
        if rule.field_name in found:
            continue
        if problem := _problem(form, rule, answers):
            found[rule.field_name] = Violation(
                rule.field_name, rule.kind.value, rule.message or problem
            )
    return list(found.values())


def _longest(value: Json) -> int:
    """Characters of the longest text in an answer."""
    texts = value if isinstance(value, list) else [value]
    return max((len(each) for each in texts if isinstance(each, str)), default=0)


def check_repeated(form: Form, repeated: Collection[str]) -> list[Violation]:
    """Fields that came more than once and of which one answer is wanted."""
    choices = {each.name for each in form.fields if each.kind is FieldKind.CHOICES}
    return [
        Violation(name, "repeated", "Must not be repeated")
        for name in sorted(repeated)
        if name not in choices
    ]


def agrees(given: Json) -> bool:
    """Whether this is what a box that is ticked sends."""
    return given is True or (isinstance(given, str) and given.strip().lower() in AGREEING)


def check_consent(form: Form, given: Json) -> list[Violation]:
    """The violation if a form requires consent to a text and the person did not give it."""
    if not form.consent_text:
        return []
    return [] if agrees(given) else [Violation(CONSENT, "consent", "Required")]


def check_rule(rule: ValidationRule, known: Collection[str]) -> Iterator[Violation]:
    """The violation of a rule's own parameters; `known` are the fields of a form that has any."""
    at = f"rules.{rule.field_name}.{rule.kind}"
    parameters = rule.parameters
    allowed: Mapping[RuleKind, frozenset[str]] = {
        RuleKind.REGEX: frozenset({"pattern"}),
        RuleKind.LENGTH: frozenset({"min", "max"}),
        RuleKind.RANGE: frozenset({"min", "max"}),
        RuleKind.CHOICE: frozenset({"choices"}),
        RuleKind.MATCHES: frozenset({"field"}),
    }
    for name in parameters:
        if name not in allowed.get(rule.kind, frozenset()):
            yield Violation(f"{at}.{name}", "unknown_parameter", f"Unknown parameter: {name}")
    match rule.kind:
        case RuleKind.REGEX:
            yield from _check_pattern(at, parameters.get("pattern"))
        case RuleKind.LENGTH | RuleKind.RANGE:
            yield from _check_bounds(at, parameters)
        case RuleKind.CHOICE:
            choices = parameters.get("choices")
            if not (isinstance(choices, list) and choices):
                yield Violation(f"{at}.choices", "choices", "Must be a list of choices")
        case RuleKind.MATCHES:
            other = parameters.get("field")
            if not isinstance(other, str) or other == rule.field_name:
                yield Violation(f"{at}.field", "field", "Must be the name of another field")
            elif known and other not in known:
                yield Violation.unknown_field(f"{at}.field", other)
        case RuleKind.REQUIRED | RuleKind.EMAIL | RuleKind.PHONE:
            pass


def _check_bounds(at: str, parameters: Mapping[str, Json]) -> Iterator[Violation]:
    numbers: list[float] = []
    for name in ("min", "max"):
        bound = parameters.get(name, 0)
        is_number = not isinstance(bound, bool)
        if not (is_number and isinstance(bound, int | float) and -math.inf < bound < math.inf):
            yield Violation(f"{at}.{name}", "number", "Must be a number")
        elif name in parameters:
            numbers.append(bound)
    if numbers != sorted(numbers):
        yield Violation(f"{at}.max", "range_reversed", "Must not be less than min")


def _check_pattern(at: str, pattern: Json) -> Iterator[Violation]:
    import re2  # only forms with a pattern pay for it

    if not isinstance(pattern, str):
        yield Violation(f"{at}.pattern", "pattern", "Must be a pattern")
        return
    try:
        re2.compile(pattern, _quiet())
    except re2.error:
        yield Violation(f"{at}.pattern", "pattern", "Invalid pattern (RE2 syntax)")


def _quiet() -> object:
    """RE2 options that keep a user's pattern out of the process's standard error."""
    import re2  # only forms with a pattern pay for it

    options = re2.Options()
    options.log_errors = False
    return options


def _is_blank(value: Json) -> bool:
    return (
        value is None or value in ("", [], False) or (isinstance(value, str) and not value.strip())
    )


def _problem(form: Form, rule: ValidationRule, answers: Mapping[str, Json]) -> str | None:
    """The standard sentence where the rule is broken."""
    value = answers.get(rule.field_name)
    if _is_blank(value):
        return "Required" if rule.kind is RuleKind.REQUIRED else None
    match rule.kind:
        case RuleKind.REQUIRED:
            return None
        case RuleKind.EMAIL:
            return _email_problem(value)
        case RuleKind.PHONE:
            return _phone_problem(value, form.region)
        case RuleKind.REGEX:
            return _regex_problem(value, str(rule.parameters["pattern"]))
        case RuleKind.LENGTH:
            return _length_problem(value, rule.parameters)
        case RuleKind.RANGE:
            return _range_problem(value, rule.parameters)
        case RuleKind.CHOICE:
            choices = rule.parameters.get("choices")
            chosen = value if isinstance(value, list) else [value]
            known = isinstance(choices, list) and all(each in choices for each in chosen)
            return None if known else "Must be one of the choices"
        case RuleKind.MATCHES:
            other = str(rule.parameters["field"])
            return None if value == answers.get(other) else f"Must equal {other}"


def _email_problem(value: Json) -> str | None:
    if not isinstance(value, str):
        return "Invalid e-mail address"
    try:
        canonical_email(value)
    except InvalidInputError:
        return "Invalid e-mail address"
    return None


def _phone_problem(value: Json, region: str) -> str | None:
    import phonenumbers  # only forms that ask for a phone number pay for it

    try:
        number = phonenumbers.parse(str(value), region)
    except phonenumbers.NumberParseException:
        return "Invalid phone number"
    return None if phonenumbers.is_valid_number(number) else "Invalid phone number"


def _regex_problem(value: Json, pattern: str) -> str | None:
    import re2  # only forms with a pattern pay for it

    return None if re2.fullmatch(pattern, str(value), _quiet()) else "Invalid format"


def _length_problem(value: Json, parameters: Mapping[str, Json]) -> str | None:
    length = len(value) if isinstance(value, str | list) else len(str(value))
    least, most = _bounds(parameters)
    if least is not None and length < least:
        return f"At least {least:f} characters"
    return f"At most {most:f} characters" if most is not None and length > most else None


def _range_problem(value: Json, parameters: Mapping[str, Json]) -> str | None:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        return "Must be a number"
    if not number.is_finite():
        return "Must be a number"
    least, most = _bounds(parameters)
    if least is not None and number < least:
        return f"Must be at least {least:f}"
    return f"Must be at most {most:f}" if most is not None and number > most else None


def _bounds(parameters: Mapping[str, Json]) -> tuple[Decimal | None, Decimal | None]:
    least, most = parameters.get("min"), parameters.get("max")
    return (
        None if least is None else Decimal(str(least)),
        None if most is None else Decimal(str(most)),
    )
