"""The table of scoring rules as JSON, which two storages keep."""

from collections.abc import Mapping

from succotash.domain.leads.scoring import Category, Criterion, ScoringRule
from succotash.domain.values import Json


def rule_document(rule: ScoringRule) -> dict[str, Json]:
    """A rule, with the parameters that it has."""
    document: dict[str, Json] = {
        "name": rule.name,
        "category": rule.category,
        "criterion": rule.criterion,
        "points": rule.points,
        "reason": rule.reason,
    }
    if rule.fields:
        document["fields"] = list(rule.fields)
    if rule.values:
        document["values"] = list(rule.values)
    if rule.at_most is not None:
        document["at_most"] = rule.at_most
    if rule.days is not None:
        document["days"] = rule.days
    return document


def rule_of(document: Mapping[str, Json]) -> ScoringRule:
    """The rule of its document."""
    match document:
        case {
            "name": str(name),
            "category": str(category),
            "criterion": str(criterion),
            "points": int(points),
            "reason": str(reason),
        }:
            return ScoringRule(
                name,
                Category(category),
                Criterion(criterion),
                points,
                reason,
                _texts(document.get("fields")),
                _texts(document.get("values")),
                _number(document.get("at_most")),
                _number(document.get("days")),
            )
        case _:
            raise TypeError("not a scoring rule")


def _texts(given: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in given) if isinstance(given, list) else ()


def _number(given: Json) -> int | None:
    return given if isinstance(given, int) else None
