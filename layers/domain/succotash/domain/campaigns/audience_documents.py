"""Audiences as JSON: `{"all": [{"field": …, "operator": …, "value": …}, {"any": […]}]}`."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

from succotash.domain.campaigns.alternatives import AudienceField, Kind, Number
from succotash.domain.campaigns.audiences import (
    MOST_CUSTOMER_IDS,
    Audience,
    Condition,
    Group,
    Operator,
    Rule,
)
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import ID_LIMIT, CustomerId, Json, amount_violation, is_printable
from succotash.errors import InvalidInputError, Violation

DEEPEST = 5
MOST_CONDITIONS = 50
MOST_VALUES = 100
_ORDERED = (Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST)
_CLOSED_SETS: Mapping[AudienceField, Sequence[str]] = {
    AudienceField.RISK_LEVEL: tuple(RiskLevel),
    AudienceField.ENGAGEMENT_SEGMENT: tuple(EngagementSegment),
}
_LARGEST_COUNT = 2**31 - 1

type Document = Mapping[str, object]


def audience_of(document: object, path: str = "audience") -> Audience:
    """The audience that a document describes; InvalidInputError names what is wrong, and where."""
    if not isinstance(document, Mapping):
        raise _invalid(path, "audience", "Must be an object")
    if "customer_ids" in document:
        _only(document, path, {"customer_ids"})
        return Audience(customer_ids=_customer_ids(document["customer_ids"], path))
    rule = _rule(document, path, DEEPEST)
    if sum(1 for _ in _conditions(rule)) > MOST_CONDITIONS:
        raise _invalid(
            path, "audience_too_complex", f"Must have at most {MOST_CONDITIONS} conditions"
        )
    audience = Audience(rule)
    audience.alternatives()
    return audience


def audience_document(audience: Audience) -> dict[str, Json]:
    """Write an audience as the document that `audience_of` reads."""
    if audience.customer_ids is not None:
        return {"customer_ids": [*audience.customer_ids]}
    return {} if audience.rule is None else _rule_document(audience.rule)


def _rule_document(rule: Rule) -> dict[str, Json]:
    match rule:
        case Group(match, rules):
            return {match: [_rule_document(each) for each in rules]}
        case Condition(field, operator, values):
            plain = [str(each) if isinstance(each, Decimal) else each for each in values]
            value: Json = [*plain] if operator is Operator.IN else plain[0]
            return {"field": field, "operator": operator, "value": value}


def _conditions(rule: Rule) -> Iterator[Condition]:
    match rule:
        case Condition():
            yield rule
        case Group(rules=rules):
            for each in rules:
                yield from _conditions(each)


def _rule(document: object, path: str, depth: int) -> Rule:
    if not isinstance(document, Mapping):
        raise _invalid(path, "audience", "Must be an object")
    if depth == 0:
        raise _invalid(path, "audience_too_deep", f"Must be at most {DEEPEST} levels deep")
    if "all" in document:
        return _group("all", document, path, depth)
    if "any" in document:
        return _group("any", document, path, depth)
    return _condition(document, path)


def _group(match: Literal["all", "any"], document: Document, path: str, depth: int) -> Group:
    _only(document, path, {match})
    rules = document[match]
    inner = f"{path}.{match}"
    if not isinstance(rules, list) or not rules:
        raise _invalid(inner, "audience_group", "Must be a list of at least one condition")
    return Group(
        match,
        tuple(_rule(each, f"{inner}.{place}", depth - 1) for place, each in enumerate(rules)),
    )


def _condition(document: Document, path: str) -> Condition:
    _only(document, path, {"field", "operator", "value"})
    for name in ("field", "operator", "value"):
        if name not in document:
            raise _invalid(f"{path}.{name}", "missing", "Required")
    field = _member(AudienceField, document["field"], f"{path}.field", "unknown_audience_field")
    operator = _member(Operator, document["operator"], f"{path}.operator", "unknown_operator")
    if field.is_text and operator in _ORDERED:
        raise _invalid(f"{path}.operator", "operator_not_for_field", "Must be = or in for a text")
    value, inner = document["value"], f"{path}.value"
    if operator is not Operator.IN:
        return Condition(field, operator, (_value(field, value, inner),))
    if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
        raise _invalid(inner, "value_list", f"Must be a list of 1 to {MOST_VALUES} values")
    return Condition(
        field,
        operator,
        tuple(_value(field, each, f"{inner}.{place}") for place, each in enumerate(value)),
    )


def _member[T: (AudienceField, Operator)](kind: type[T], value: object, path: str, code: str) -> T:
    try:
        return kind(str(value))
    except ValueError:
        known = ", ".join(each.value for each in kind)
        raise _invalid(path, code, f"Must be one of {known}") from None


def _value(field: AudienceField, value: object, path: str) -> str | Number:
    if field.is_text:
        return _text(field, value, path)
    number = _number(value, path)
    match field.kind:
        case Kind.PROBABILITY:
            if not 0 <= number <= 1:
                raise _invalid(path, "probability", "Must lie between 0 and 1")
            return float(number)
        case Kind.AMOUNT:
            if violation := amount_violation(path, number):
                raise InvalidInputError([violation])
            return number
        case _:
            if number % 1 or not 0 <= number <= _LARGEST_COUNT:
                raise _invalid(path, "count", "Must be a whole number from 0 on")
            return int(number)


def _text(field: AudienceField, value: object, path: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= ID_LIMIT or not is_printable(value):
        raise _invalid(path, "text", f"Must be a text of 1 to {ID_LIMIT} characters")
    known = _CLOSED_SETS.get(field)
    if known is not None and value not in known:
        raise _invalid(path, "unknown_value", f"Must be one of {', '.join(known)}")
    return value


def _number(value: object, path: str) -> Decimal:
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and abs(number.adjusted()) < ID_LIMIT:
            return number
    raise _invalid(path, "number", "Must be a number")


def _customer_ids(value: object, path: str) -> tuple[CustomerId, ...]:
    inner = f"{path}.customer_ids"
    if not isinstance(value, list) or not 0 < len(value) <= MOST_CUSTOMER_IDS:
        raise _invalid(
            inner, "customer_ids", f"Must be a list of 1 to {MOST_CUSTOMER_IDS} customer ids"
        )
    for place, each in enumerate(value):
        if not isinstance(each, str) or not 0 < len(each) <= ID_LIMIT or not is_printable(each):
            raise _invalid(f"{inner}.{place}", "customer_id", "Invalid customer id")
    return tuple(dict.fromkeys(CustomerId(each) for each in value))


def _only(document: Document, path: str, known: set[str]) -> None:
    violations = [
        Violation.unknown_field(f"{path}.{name}", str(name)) for name in document.keys() - known
    ]
    if violations:
        raise InvalidInputError(violations)


def _invalid(path: str, code: str, message: str) -> InvalidInputError:
    return InvalidInputError.of(path, code, message)
