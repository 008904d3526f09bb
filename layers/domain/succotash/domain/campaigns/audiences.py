"""Audiences: which customers a campaign is for, as conditions on what is known of each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from succotash.domain.campaigns.alternatives import (
    ANYBODY,
    Alternative,
    AudienceField,
    Number,
    Span,
    neighbour,
)
from succotash.domain.values import CustomerId
from succotash.errors import InvalidInputError

MOST_CUSTOMER_IDS = 10_000
MOST_ALTERNATIVES = 50
"""Ways to belong to an audience, once its groups are multiplied out."""


class Operator(StrEnum):
    """The operators of conditions."""

    GREATER = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    EQUAL = "="
    IN = "in"


@dataclass(frozen=True, slots=True)
class Condition:
    """One field compared with a value, or with several for `in`.

    A customer of whom the field is not known does not meet it.
    """

    field: AudienceField
    operator: Operator
    values: tuple[str | Number, ...]
    """More than one only for `in`."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that all, or any one of which, must hold."""

    match: Literal["all", "any"]
    rules: tuple["Rule", ...]


type Rule = Condition | Group


@dataclass(frozen=True, slots=True)
class Audience:
    """Customers who meet a rule, or those whose ids are listed."""

    rule: Rule | None = None
    customer_ids: tuple[CustomerId, ...] | None = None
    """Aliases too; None where a rule says who is meant."""

    def alternatives(self) -> list[Alternative]:
        """The rule in disjunctive normal form: somebody is meant who fits one of them.

        InvalidInputError where there are more than MOST_ALTERNATIVES.
        """
        if self.rule is None:
            return [ANYBODY]
        return [each for each in _alternatives(self.rule) if not each.is_empty()]


def everybody_of(audiences: Iterable[Audience]) -> Audience:
    """The audience of those who belong to all of these audiences, which rules describe."""
    rules = tuple(each.rule for each in audiences if each.rule is not None)
    return Audience(rules[0] if len(rules) == 1 else Group("all", rules))


def _alternatives(rule: Rule) -> list[Alternative]:
    match rule:
        case Condition():
            return list(_of_condition(rule))
        case Group("any", rules):
            found = [each for inner in rules for each in _alternatives(inner)]
            return _limited(found)
        case Group(_, rules):
            product = [ANYBODY]
            for inner in rules:
                parts = _alternatives(inner)
                if len(product) * len(parts) > MOST_ALTERNATIVES**2:
                    raise _too_complex()
                both = (one.and_also(other) for one in product for other in parts)
                product = _limited([each for each in both if not each.is_empty()])
            return product


def _limited(found: Sequence[Alternative]) -> list[Alternative]:
    different = list(dict.fromkeys(found))
    if len(different) > MOST_ALTERNATIVES:
        raise _too_complex()
    return different


def _too_complex() -> InvalidInputError:
    return InvalidInputError.of(
        "audience",
        "audience_too_complex",
        f"Must come to at most {MOST_ALTERNATIVES} alternatives when its groups are multiplied out",
    )


def _of_condition(condition: Condition) -> Iterator[Alternative]:
    if condition.field.is_text:
        texts = frozenset(str(each) for each in condition.values)
        yield Alternative(texts={condition.field: texts})
        return
    for value in condition.values:
        if not isinstance(value, str):
            yield Alternative(spans={condition.field: _span(condition, value)})


def _span(condition: Condition, value: Number) -> Span:
    field = condition.field
    match condition.operator:
        case Operator.GREATER:
            return Span(neighbour(field, value, 1), None)
        case Operator.AT_LEAST:
            return Span(value, None)
        case Operator.LESS:
            return Span(None, neighbour(field, value, -1))
        case Operator.AT_MOST:
            return Span(None, value)
        case Operator.EQUAL | Operator.IN:
            return Span(value, value)
