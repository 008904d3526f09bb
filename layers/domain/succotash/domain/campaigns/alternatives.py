"""Alternatives: the one form of audience that storages evaluate.

An audience in disjunctive normal form is a list of alternatives. Each allows, for every field, a
set of texts or a span of numbers with both ends included, so that one fixed statement evaluates
any audience by parameters alone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import override

from succotash.domain.values import MONEY_UNIT, Json

type Number = float | Decimal


class Kind(StrEnum):
    """The type of a field's values."""

    TEXT = "text"
    PROBABILITY = "probability"
    AMOUNT = "amount"
    COUNT = "count"


class AudienceField(StrEnum):
    """The fields that conditions test: of the current run, except for the lead's source."""

    RISK_LEVEL = "risk_level"
    ENGAGEMENT_SEGMENT = "engagement_segment"
    VALUE_SEGMENT = "value_segment"
    LEAD_SOURCE = "lead_source"
    COHORT = "cohort"
    CHURN_PROBABILITY = "churn_probability"
    VALUE_AT_RISK = "value_at_risk"
    PREDICTED_VALUE = "predicted_value"
    DAYS_INACTIVE = "days_inactive"
    """Days from the last purchase or activity to the run."""
    PURCHASES = "purchases"

    @property
    def kind(self) -> Kind:
        """The type of its values."""
        return _KINDS.get(self, Kind.TEXT)

    @property
    def is_text(self) -> bool:
        """Whether its values are texts, which are equal or not, and neither greater nor less."""
        return self.kind is Kind.TEXT


_KINDS: Mapping[AudienceField, Kind] = {
    AudienceField.CHURN_PROBABILITY: Kind.PROBABILITY,
    AudienceField.VALUE_AT_RISK: Kind.AMOUNT,
    AudienceField.PREDICTED_VALUE: Kind.AMOUNT,
    AudienceField.DAYS_INACTIVE: Kind.COUNT,
    AudienceField.PURCHASES: Kind.COUNT,
}


def neighbour(of: AudienceField, value: Number, direction: int) -> Number:
    """The next value that the field can have, above (1) or below (-1)."""
    match of.kind:
        case Kind.PROBABILITY:
            return math.nextafter(float(value), direction * math.inf)
        case Kind.AMOUNT:
            return Decimal(value) + direction * MONEY_UNIT
        case _:
            return value + direction


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`, both included; None is open."""

    low: Number | None
    high: Number | None

    def and_also(self, other: "Span") -> "Span":
        """The values that lie in both."""
        lows = [each for each in (self.low, other.low) if each is not None]
        highs = [each for each in (self.high, other.high) if each is not None]
        return Span(max(lows, default=None), min(highs, default=None))

    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low is not None and self.high is not None and self.low > self.high

    def includes(self, value: Number) -> bool:
        """Whether the number lies in it."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Alternative:
    """Allowed values by field; a field that it does not name may have any value."""

    texts: Mapping[AudienceField, frozenset[str]] = field(default_factory=dict)
    spans: Mapping[AudienceField, Span] = field(default_factory=dict)

    @override
    def __hash__(self) -> int:
        return hash((frozenset(self.texts.items()), frozenset(self.spans.items())))

    def and_also(self, other: "Alternative") -> "Alternative":
        """The alternative that customers fit who fit both."""
        texts, spans = dict(self.texts), dict(self.spans)
        for name, allowed in other.texts.items():
            texts[name] = texts[name] & allowed if name in texts else allowed
        for name, span in other.spans.items():
            spans[name] = spans[name].and_also(span) if name in spans else span
        return Alternative(texts, spans)

    def is_empty(self) -> bool:
        """Whether nobody can fit it."""
        return not all(self.texts.values()) or any(each.is_empty() for each in self.spans.values())

    def includes(self, facts: Mapping[AudienceField, str | Number | None]) -> bool:
        """Whether a customer of whom this is known fits it."""
        for name, allowed in self.texts.items():
            if facts.get(name) not in allowed:
                return False
        for name, span in self.spans.items():
            value = facts.get(name)
            if value is None or isinstance(value, str) or not span.includes(value):
                return False
        return True

    def document(self) -> dict[str, Json]:
        """The parameters of statements: sets by field, spans as `<field>_from` and `<field>_to`."""
        found: dict[str, Json] = {}
        for name in AudienceField:
            if name.is_text:
                allowed = self.texts.get(name)
                found[name] = None if allowed is None else [*sorted(allowed)]
            else:
                span = self.spans.get(name, Span(None, None))
                found[f"{name}_from"] = _json_number(span.low)
                found[f"{name}_to"] = _json_number(span.high)
        return found


ANYBODY = Alternative()


def hull(alternatives: Sequence[Alternative]) -> Alternative:
    """The narrowest alternative that every one of these lies within; ANYBODY of none."""
    if not alternatives:
        return ANYBODY
    texts = {
        name: frozenset[str]().union(*(each.texts[name] for each in alternatives))
        for name in alternatives[0].texts
        if all(name in each.texts for each in alternatives)
    }
    spans = {
        name: _covering([each.spans[name] for each in alternatives])
        for name in alternatives[0].spans
        if all(name in each.spans for each in alternatives)
    }
    return Alternative(texts, spans)


def _covering(spans: Sequence[Span]) -> Span:
    lows = [each.low for each in spans if each.low is not None]
    highs = [each.high for each in spans if each.high is not None]
    return Span(
        min(lows) if len(lows) == len(spans) else None,
        max(highs) if len(highs) == len(spans) else None,
    )


def _json_number(value: Number | None) -> Json:
    return str(value) if isinstance(value, Decimal) else value
